"""`dev.py lock`: make both locks anew. uv is used for this verb only, from a throw-away environment."""

from __future__ import annotations

import re
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.install import install_node_packages, install_python, npm
from tools.machine import ROOT, STATIC, Failed, must

COMPILE = [
    "pip",
    "compile",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-header",
    "--quiet",
]


def main(arguments: list[str]) -> int:
    """Pass --upgrade to take newer versions; without it only what *.in asks for changes."""
    with TemporaryDirectory() as folder:
        lock_python(Path(folder), arguments)
    install_python("dev")
    must(npm("install", "--package-lock-only"), "static/package-lock.json could not be made.", cwd=STATIC)
    for path in [*ROOT.glob("requirements/*.txt"), STATIC / "package-lock.json"]:
        refuse_hosts(path)
    install_node_packages()
    return 0


def lock_python(folder: Path, arguments: list[str]) -> None:
    venv.EnvBuilder(with_pip=True).create(folder / "uv")
    binaries = folder / "uv" / "bin"
    must([str(binaries / "pip"), "install", "--quiet", "uv"], "uv could not be installed.")
    for name, constraint in [("runtime", []), ("dev", ["-c", "requirements/runtime.txt"])]:
        files = ["-o", f"requirements/{name}.txt", f"requirements/{name}.in"]
        must(
            [str(binaries / "uv"), *COMPILE, *arguments, *constraint, *files],
            f"{name}.txt could not be made.",
        )


def refuse_hosts(path: Path) -> None:
    """A lock that names an index server ties the project to one network."""
    if re.search(r'"resolved"|--(extra-)?index-url|--find-links|@ https?://', path.read_text()):
        raise Failed(f"{path.name} names a registry: look at the settings of pip, uv or npm.")
