"""The web server as the tests see it: started in milliseconds, watched, killed."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.folders import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0


class Server:
    """`with Server(home, settings) as server:` then `start()`, `kill()` as often as wanted."""

    def __init__(self, home: Path, settings: dict[str, str], workers: int = 2) -> None:
        self.port = free_port()
        self.log = home.with_name(f"{home.name}.log")
        own = {"HOME": str(home), "BIND": f"127.0.0.1:{self.port}", "TESTING": "1", "WORKERS": str(workers),
               "THREADS": "8", **settings}  # fmt: skip
        clean = {name: value for name, value in os.environ.items() if not name.startswith("INSPECT_APP_")}
        self._env = clean | {f"INSPECT_APP_{name}": value for name, value in own.items()}
        self._workers, self.group = workers, 0
        self._first: set[int] = set()

    def __enter__(self) -> Server:
        with self.log.open("ab") as log:
            self._warm = subprocess.Popen(
                [sys.executable, "-m", "tests.processes.warm"], cwd=ROOT, env=self._env, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        if self._said() != "warm":
            raise AssertionError(f"the server cannot be loaded:\n{self.log.read_text()[-4000:]}")
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._warm.communicate(timeout=PATIENCE)

    def _said(self) -> str:
        assert self._warm.stdout is not None
        return self._warm.stdout.readline().strip()

    def start(self, *, failpoint: str = "", offset: int = 0) -> None:
        """Start it and wait until it is ready. `offset`: seconds by which its clock runs ahead."""
        assert self._warm.stdin is not None
        self._warm.stdin.write(json.dumps({"failpoint": failpoint, "offset": offset}) + "\n")
        self._warm.stdin.flush()
        self.group = int(self._said())
        deadline = time.monotonic() + PATIENCE
        while not self._ready():
            if time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.005)
        self._first = set(self.workers())

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The program's own command on the same installation."""
        program = Path(sys.executable).with_name("inspect-app")
        run = [str(program), *arguments]
        return subprocess.run(run, env=self._env, text=True, capture_output=True, timeout=300, check=False)

    def _ready(self) -> bool:
        """`/healthz` of the granian master's every worker cannot be told apart: one answer and all workers there."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/healthz")
            return line.getresponse().status == 200 and len(self.workers()) == self._workers
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def workers(self) -> list[int]:
        """Process ids of the worker processes that live now."""
        try:
            told = Path(f"/proc/{self.group}/task/{self.group}/children").read_text()
        except OSError:
            return []
        return [int(word) for word in told.split() if _lives(int(word))]

    def lost_a_worker(self) -> bool:
        """Whether one of the workers that were there at the start is gone: it came to its fail-point."""
        return not self._first <= set(self.workers())

    def limit_files(self, most: int) -> None:
        """No process of the server writes a file beyond `most` bytes; -1: no limit. What a full disk looks like without root."""
        for pid in (self.group, *self.workers()):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))

    def kill(self) -> None:
        """SIGKILL to every process of the server; returns when all are gone."""
        deadline = time.monotonic() + PATIENCE
        while self.group:
            try:
                os.killpg(self.group, signal.SIGKILL)
            except ProcessLookupError:
                self.group = 0
                return
            if time.monotonic() > deadline:
                raise AssertionError("the server cannot be killed")
            time.sleep(0.001)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
