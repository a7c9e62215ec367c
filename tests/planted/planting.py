"""Plants a bug into a throw-away copy of the tree and runs what must catch it."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "dist", "instance", ".*cache*", "__pycache__", ".dev", ".hypothesis"
)
LINKED = (".venv", "static/node_modules", "static/dist")
PATIENCE = 600
SEED = "7"


@dataclass(frozen=True)
class Change:
    """One replacement; `old` stands exactly once in `file`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Bug:
    """One planted bug, what it breaks, and the command that must catch it."""

    name: str
    changes: tuple[Change, ...]
    breaks: str
    kind: str  # pytest, vitest, kills
    what: tuple[str, ...]
    database: str
    in_tests: bool

    @property
    def catcher(self) -> str:
        """The command as a person reads it."""
        words = {"pytest": "pytest", "vitest": "vitest run", "kills": "dev.py kills server --count"}[
            self.kind
        ]
        return f"{words} {' '.join(self.what)}" + (" (PostgreSQL)" if self.database == "postgres" else "")


@dataclass(frozen=True)
class Verdict:
    """Whether the command noticed, after how many seconds, with how much computing time."""

    caught: bool
    passed: bool
    seconds: float
    computing: float
    output: str


def bugs() -> list[Bug]:
    """What tests/planted/bugs.toml says."""
    with (ROOT / "tests/planted/bugs.toml").open("rb") as file:
        return [_bug(one) for one in tomllib.load(file)["bug"]]


def _bug(one: dict[str, Any]) -> Bug:
    kind = next(name for name in ("pytest", "vitest", "kills") if name in one)
    what = one[kind] if isinstance(one[kind], list) else [str(one[kind])]
    changes = tuple(Change(each["file"], each["old"], each["new"]) for each in (one, *one.get("also", ())))
    return Bug(
        one["name"],
        changes,
        one["breaks"],
        kind,
        tuple(what),
        one.get("database", "sqlite"),
        one.get("ci", False),
    )


def merged(some: list[Bug], kind: str) -> Bug | None:
    """One command for what all of a kind run, to see that it passes without any bug."""
    own = [bug for bug in some if bug.kind == kind]
    what = tuple(sorted({word for bug in own for word in bug.what}))
    return replace(own[0], what=what, database="sqlite") if own else None


@contextmanager
def copied_tree() -> Iterator[Path]:
    """A copy in which anything may be changed; what is installed is linked."""
    with TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT, symlinks=True)
        for name in LINKED:
            if (ROOT / name).exists():
                (copy / name).symlink_to(ROOT / name)
        yield copy


@contextmanager
def planted(copy: Path, bug: Bug) -> Iterator[None]:
    """The bug is in the copy for as long as this lasts."""
    before = {change.file: (copy / change.file).read_text("utf-8") for change in bug.changes}
    after = dict(before)
    for change in bug.changes:
        if after[change.file].count(change.old) != 1:
            raise AssertionError(f"{bug.name}: {change.file} does not hold exactly once:\n{change.old}")
        after[change.file] = after[change.file].replace(change.old, change.new)
    try:
        _write(copy, after)
        yield
    finally:
        _write(copy, before)


def _write(copy: Path, texts: dict[str, str]) -> None:
    """With a time of its own each, so that no compiled file of before is taken for it."""
    for name, text in texts.items():
        (copy / name).write_text(text, "utf-8")
        moment = time.time() + next(_moments)
        os.utime(copy / name, (moment, moment))


_moments = iter(range(10, 1_000_000, 10))


def run(copy: Path, bug: Bug) -> Verdict:
    """Run the bug's command in the copy, whether or not the bug is in it."""
    command, folder, sign = _command(copy, bug)
    begun, used = time.monotonic(), _computing()
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(copy, bug),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    output = done.stdout + done.stderr
    caught = done.returncode == 1 and sign in output
    return Verdict(caught, done.returncode == 0, time.monotonic() - begun, _computing() - used, output)


def _command(copy: Path, bug: Bug) -> tuple[list[str], Path, str]:
    """(command, folder, what its output says when a test failed, and not the machine)."""
    python = str(copy / ".venv/bin/python") if (copy / ".venv").exists() else sys.executable
    if bug.kind == "vitest":
        node = str(copy / ".venv/bin/node") if (copy / ".venv/bin/node").exists() else "node"
        return (
            [node, "node_modules/vitest/vitest.mjs", "run", "--bail=1", "--testTimeout=300000", *bug.what],
            copy / "static",
            "AssertionError",
        )
    if bug.kind == "kills":
        return (
            [
                python,
                "-m",
                "tests.processes",
                "--count",
                *bug.what,
                "--seed",
                SEED,
                "--database",
                bug.database,
            ],
            copy,
            "BROKEN",
        )
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    return [python, "-m", "pytest", *options, *bug.what], copy, " failed"


def _environment(copy: Path, bug: Bug) -> dict[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "INSPECT_APP_"))
    }
    return {
        **clean,
        "PYTHONPATH": str(copy),
        "TEST_DATABASE": bug.database,
        "TEST_STORAGE": "local",
        "NO_COLOR": "1",
    }


def _computing() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
