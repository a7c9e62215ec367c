"""Small processes that develop photos, several at once. One that dies or hangs takes only its own photo with it."""

from __future__ import annotations

import json
import os
import subprocess  # nosec B404
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspect_app.photos.darkroom import hear
from inspect_app.photos.developing import Developed

PATIENCE = 60.0  # seconds for one photo


class Died(Exception):
    """The process ended in the middle of a photo: killed, out of memory, out of time."""


class Worker:
    """One process, started at once."""

    def __init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INSPECT_APP_")}
        self.process = subprocess.Popen(  # nosec B603
            [sys.executable, "-m", "inspect_app.photos.darkroom"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**kept, "MALLOC_ARENA_MAX": "1"},
        )  # fmt: skip

    def develop(self, path: Path) -> Developed:
        """Develop one file. Raises Died; the worker is of no use then."""
        given, answered = self.process.stdin, self.process.stdout
        assert given is not None
        assert answered is not None
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        try:
            given.write(json.dumps(str(path)).encode() + b"\n")
            given.flush()
            return hear(answered)
        except (EOFError, OSError):
            raise Died from None
        finally:
            alarm.cancel()

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        with self.process:  # closes the pipes and waits
            pass


class Pool:
    """At most `size` workers at once. Idle ones wait for more only inside `kept()`: memory is for those who work."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._places = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._keepers = 0

    def develop(self, path: Path) -> Developed:
        """Develop one file as soon as a worker is free. Raises Died."""
        with self._places:
            worker = self._take()
            try:
                found = worker.develop(path)
            except BaseException:
                worker.end()
                raise
            self._give_back(worker)
            return found

    def _take(self) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    return worker
                worker.end()
        return Worker()

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if self._keepers:
                return self._idle.append(worker)
        worker.end()
        return None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep workers between photos for as long as the block lasts."""
        with self._lock:
            self._keepers += 1
        try:
            yield
        finally:
            with self._lock:
                self._keepers -= 1
                over = [] if self._keepers else self._idle[:]
                self._idle = self._idle[len(over) :]
            for worker in over:
                worker.end()


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


POOL = Pool(processors())
