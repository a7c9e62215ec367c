"""Where things are, and how commands are started."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STATIC = ROOT / "static"
DIST = STATIC / "dist"


class Failed(SystemExit):
    """One clear sentence for a person, exit code 1."""

    def __init__(self, sentence: str) -> None:
        print(f"\n{sentence}", file=sys.stderr)
        super().__init__(1)


def tool(name: str) -> str:
    """Path of a program inside .venv."""
    return str(BIN / name)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment with .venv first on the path, so that `node` is the one from the wheel."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", **(extra or {})}


def call(command: Sequence[str], extra: Mapping[str, str] | None = None, cwd: Path = ROOT) -> int:
    """Run a command in the foreground and return its exit code."""
    return subprocess.run(command, cwd=cwd, env=environment(extra), check=False).returncode


def must(
    command: Sequence[str], sentence: str, extra: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> None:
    """Run a command; when it fails, say the sentence and stop."""
    if call(command, extra, cwd) != 0:
        raise Failed(sentence)


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over names and bytes, in a fixed order."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_stamped(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


@contextlib.contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Two set-ups of one work tree wait for each other."""
    folder = ROOT / ".dev"
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as file:
        if os.name == "posix":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
