"""Many callers at once over real connections, what they had to wait, and tables that show a floor beside each figure."""

from __future__ import annotations

import http.client
import os
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path


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

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.count / self.seconds

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.waits, n=100)[98]

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.waits, n=100)
        moved = f"{self.moved / self.seconds / 1e6:7.1f} MB/s" if self.moved else " " * 12
        return f"{self.name:<34} {self.rate:8.0f}/s {moved}   p50 {cuts[49]:7.1f} ms   p99 {cuts[98]:7.1f} ms"


@dataclass(frozen=True)
class Line:
    """One line of a table. `wanted` says what was aimed at, `met` whether it was reached (None: only for information)."""

    what: str
    value: str
    floor: str = ""
    ratio: str = ""
    wanted: str = ""
    met: bool | None = None


@dataclass
class Table:
    """What was measured beside its floor; every ratio comes from one run."""

    title: str
    lines: list[Line] = field(default_factory=list)

    def __str__(self) -> str:
        head = Line("", "ours", "floor", "ratio", "wanted")
        shown = [f"\n{self.title}", *(self._row(line) for line in [head, *self.lines])]
        return "\n".join(shown)

    def _row(self, line: Line) -> str:
        mark = {None: "", True: "  ok", False: "  MISSED"}[line.met]
        return f"  {line.what:<44} {line.value:>12} {line.floor:>12} {line.ratio:>8}  {line.wanted}{mark}"


def at_least(what: str, ours: float, floor: float, wanted: float, unit: str = "/s") -> Line:
    """A rate as a share of its floor."""
    ratio = ours / floor
    return Line(
        what, f"{ours:.0f}{unit}", f"{floor:.0f}{unit}", f"{ratio:.2f}", f">= {wanted:g}", ratio >= wanted
    )


def at_most(what: str, ours: float, floor: float, wanted: float, unit: str = " ms") -> Line:
    """A time as a multiple of its floor."""
    ratio = ours / floor
    return Line(
        what, f"{ours:.2f}{unit}", f"{floor:.2f}{unit}", f"{ratio:.2f}", f"<= {wanted:g}", ratio <= wanted
    )


def under(what: str, ours: float, wanted: float, unit: str) -> Line:
    """A figure with a bound of its own."""
    return Line(what, f"{ours:.0f}{unit}", wanted=f"< {wanted:g}{unit}", met=ours < wanted)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def busy_seconds(work: Callable[[], object]) -> float:
    """How much processor time of this process `work` takes: a neighbour's load is not ours."""
    started = time.process_time()
    work()
    return time.process_time() - started


def median(values: list[float]) -> float:
    return statistics.median(values)


def resident_mb(pid: int) -> float:
    """Resident memory of a process and of all its descendants, in MB."""
    own = 0.0
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        own = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return 0.0
    return own + sum(resident_mb(child) for child in _children(pid))


def held_mb(pid: int) -> float:
    """Memory of a process and its descendants, in MB; pages that they share count once (PSS)."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        own = next(int(row.split()[1]) / 1024 for row in rows if row.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0.0
    return own + sum(map(held_mb, _children(pid)))


def processor_seconds(pid: int) -> float:
    """Processor time that a process and its living descendants have used."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(map(processor_seconds, _children(pid)))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


class Caller:
    """One keep-alive connection per thread, with a bearer token."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port, self.token = port, token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._own = threading.local()

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
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
