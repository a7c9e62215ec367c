"""`dev.py lint`: every check that needs no running program. All run; one failure fails the whole."""

from __future__ import annotations

from tools.install import npm, set_up
from tools.machine import ROOT, STATIC, call, tool

PYTHON = ["inspect_app", "migrations", "tests", "tools", "dev.py"]


def main(arguments: list[str]) -> int:
    """`--fix` lets ruff and biome repair what they can."""
    set_up("dev")
    fix = "--fix" in arguments
    results = {name: check(name, command) for name, command in python_checks(fix).items()}
    results |= {
        name: check(name, npm("exec", "--", *command), in_static=True)
        for name, command in web_checks(fix).items()
    }
    failed = [name for name, passed in results.items() if not passed]
    print(f"\nlint: {'failed: ' + ', '.join(failed) if failed else 'clean'}")
    return 1 if failed else 0


def python_checks(fix: bool) -> dict[str, list[str]]:
    present = [path for path in PYTHON if (ROOT / path).exists()]
    python = [tool("python"), "-m"]
    return {
        "ruff check": [*python, "ruff", "check", *(["--fix"] if fix else []), *present],
        "ruff format": [*python, "ruff", "format", *([] if fix else ["--check"]), *present],
        "mypy": [*python, "mypy"],
        "import-linter": [tool("lint-imports")],
        "bandit": [*python, "bandit", "-q", "-ll", "-c", "pyproject.toml", "-r", "inspect_app"],
    }


def web_checks(fix: bool) -> dict[str, list[str]]:
    return {
        "biome": ["biome", "check", *(["--write"] if fix else []), "."],
        "vue-tsc": ["vue-tsc", "--build"],
    }


def check(name: str, command: list[str], in_static: bool = False) -> bool:
    print(f"\n== {name} ==", flush=True)
    return call(command, cwd=STATIC if in_static else ROOT) == 0
