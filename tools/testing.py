"""`dev.py test`, `dev.py e2e`, `dev.py freeze`: the parts of a test run and their closing lines."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.browser import ensure_browser
from tools.install import npm, set_up
from tools.machine import ROOT, STATIC, call, must, tool


@dataclass(frozen=True)
class Part:
    """One run of pytest: which tests, on which database and storage, on how many processes.

    `selection` says which tests run; `places` and `mark` only spare reading files that hold none of them, which takes
    every process ten seconds: the folders that are read, beside every file that names the mark.
    """

    name: str
    selection: str
    places: tuple[str, ...] = ()
    mark: str = ""
    database: str = "sqlite"
    storage: str = "local"
    processes: int = 2


@dataclass(frozen=True)
class Count:
    """What a part closed with; whatever is not passed (failed, in error, skipped) is a failure of the run."""

    passed: int
    failed: int


EVERYWHERE = "not pure and not mail and not browser"
WITHOUT = ("tests", "--ignore=tests/domain", "--ignore=tests/vectors", "--ignore=tests/e2e")
PARTS = [
    Part("pure", "pure", ("tests/domain", "tests/rules", "tests/vectors"), mark="pure"),
    Part("sqlite", EVERYWHERE, WITHOUT),
    Part("postgres", EVERYWHERE, WITHOUT, database="postgres"),
    Part("s3", "s3", mark="s3", storage="s3", processes=0),
    Part("mail", "mail", mark="mail", processes=0),
    Part("browser", "browser", ("tests/e2e",), mark="browser", processes=0),
]
NAMED = ("sqlite", "postgres", "s3", "mail", "browser")


def main(arguments: list[str]) -> int:
    """All parts, or those of `--part NAME` (repeatable; also `pure`, `interface`); the rest goes to pytest."""
    wanted, extra = split(arguments)
    set_up("dev")
    if "browser" in wanted:
        ensure_browser()
    counts = {name: run(name, extra) for name in wanted}
    return close(counts)


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    everything = ["interface", *(part.name for part in PARTS)]
    chosen, extra, waiting = [], [], list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word == "--part" and waiting:
            chosen.append(waiting.pop(0))
        else:
            extra.append(word)
    unknown = sorted(set(chosen) - set(everything))
    if unknown:
        raise SystemExit(f"No part is called {', '.join(unknown)}; there are {', '.join(everything)}.")
    return chosen or everything, extra


def run(name: str, extra: Sequence[str]) -> Count:
    print(f"\n== {name} ==", flush=True)
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        if name == "interface":
            count = run_vitest(Path(folder) / "result.json")
        else:
            count = run_pytest(
                next(part for part in PARTS if part.name == name), extra, Path(folder) / "result.xml"
            )
    print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    return count


def run_pytest(part: Part, extra: Sequence[str], result: Path) -> Count:
    processes = ["-n", str(part.processes), "--dist", "worksteal"] if part.processes else []
    command = [
        tool("python"),
        "-m",
        "pytest",
        "-q",
        "-m",
        part.selection,
        *processes,
        f"--junit-xml={result}",
        *([] if any((ROOT / word.split("::")[0]).exists() for word in extra) else places_of(part)),
        *extra,
    ]
    code = call(command, {"TEST_DATABASE": part.database, "TEST_STORAGE": part.storage})
    return read_junit(result, code)


def places_of(part: Part) -> list[str]:
    """What pytest is to read, where nobody said so."""
    files = sorted((ROOT / "tests").rglob("test_*.py")) if part.mark else []
    named = [path.relative_to(ROOT).as_posix() for path in files if f"mark.{part.mark}" in path.read_text()]
    return [*part.places, *(path for path in named if not path.startswith(part.places or "-"))]


def read_junit(result: Path, code: int) -> Count:
    """A run that ended badly without saying why counts as one failure; a part without any test does, too."""
    if not result.exists():
        return Count(0, 1)
    suites = list(ElementTree.parse(result).getroot().iter("testsuite"))

    def told(*kinds: str) -> int:
        return sum(int(suite.get(kind, "0")) for suite in suites for kind in kinds)

    bad = told("failures", "errors", "skipped")
    return Count(told("tests") - bad, bad or (1 if code else 0))


def run_vitest(result: Path) -> Count:
    reporters = ["--reporter=default", "--reporter=json", f"--outputFile.json={result}"]
    code = call(npm("exec", "--", "vitest", "run", *reporters), cwd=STATIC)
    if not result.exists():
        return Count(0, 1)
    told = json.loads(result.read_text())
    return Count(
        told["numPassedTests"], (told["numTotalTests"] - told["numPassedTests"]) or (1 if code else 0)
    )


def close(counts: dict[str, Count]) -> int:
    """The closing lines: one per real part, then the total alone on the last line."""
    print()
    for name in [
        *(name for name in counts if name not in NAMED),
        *(name for name in NAMED if name in counts),
    ]:
        told = f", {counts[name].failed} failed" if counts[name].failed else ""
        print(f"{name}: {counts[name].passed} passed{told}")
    passed, failed = (sum(getattr(count, kind) for count in counts.values()) for kind in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


def e2e(arguments: list[str]) -> int:
    """The browser tests alone; with --screens [DIR] pictures of every screen instead."""
    set_up("dev")
    ensure_browser()
    if "--screens" in arguments:
        at = arguments.index("--screens")
        return call([tool("python"), "-m", "tests.e2e.screens", *arguments[:at], *arguments[at + 1 :]])
    return call([tool("python"), "-m", "pytest", "-q", "-m", "browser", "tests/e2e", *arguments])


def freeze(arguments: list[str]) -> int:
    """Public answers are a promise: freeze them on purpose, and look at the difference before you commit it."""
    set_up("dev")
    must([tool("python"), "-m", "tests.support.contracts"], "The answers of /api/v1 could not be written.")
    return 0
