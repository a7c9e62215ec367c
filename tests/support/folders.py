"""One folder per test run, shared by all workers of the run; what is costly is made once in it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

RUN_FOLDER = "INSPECT_TEST_RUN_FOLDER"


def make_run_folder() -> Path:
    """Called by the run's first process; its workers inherit the environment variable."""
    folder = Path(tempfile.mkdtemp(prefix="inspect-app-test-"))
    folder.chmod(0o755)
    os.environ[RUN_FOLDER] = str(folder)
    return folder


def run_folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


def remove_run_folder(folder: Path) -> None:
    """At the end of the run, by its first process: ends the shared PostgreSQL, then removes everything."""
    pid_file = folder / "postgres" / "postmaster.pid"
    if pid_file.exists():
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
        deadline = time.monotonic() + 10
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(name: str) -> Iterator[Path]:
    """Hold a lock among the workers of this run; gives the run's folder."""
    with (run_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield run_folder()


def make_once(name: str, make: Callable[[Path], None]) -> Path:
    """A file or folder of the run, made by whichever worker comes first."""
    with locked(name) as folder:
        target = folder / name
        if not target.exists():
            unfinished = folder / f"{name}.unfinished"
            make(unfinished)
            unfinished.rename(target)
        return target


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
