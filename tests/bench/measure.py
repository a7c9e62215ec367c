"""Many callers at once over real connections, and what they had to wait."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes


@dataclass(frozen=True)
class Figures:
    """`count` calls in `seconds`, `moved` bytes; waiting times in milliseconds."""

    name: str
    count: int
    seconds: float
    moved: int
    waits: list[float]

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.waits, n=100)
        rate = f"{self.count / self.seconds:8.0f}/s"
        moved = f"{self.moved / self.seconds / 1e6:7.1f} MB/s" if self.moved else " " * 12
        return f"{self.name:<34} {rate} {moved}   p50 {cuts[49]:7.1f} ms   p99 {cuts[98]:7.1f} ms"


class Caller:
    """One keep-alive connection per thread, with a bearer token."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._own = threading.local()

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=60
            )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, {**self._headers, **named})
        came = connection.getresponse()
        return Answer(came.status, came.headers, came.read())


def measure(name: str, jobs: list[Callable[[], int]], callers: int) -> Figures:
    """Run every job once on `callers` threads; a job answers the bytes it moved."""
    waits: list[float] = []

    def timed(job: Callable[[], int]) -> int:
        started = time.perf_counter()
        moved = job()
        waits.append((time.perf_counter() - started) * 1000)
        return moved

    started = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        moved = sum(pool.map(timed, jobs))
    return Figures(name, len(jobs), time.perf_counter() - started, moved, waits)
