"""Sixteen clients of which one in ten drops its line in mid-body and one in ten sends the same twice at once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import psycopg

from tests.bench.measure import Caller, Figures, Line, Table, measure, median
from tests.bench.operations import ROUNDS, floor, ones_of, started
from tests.bench.visits import Job, Place, body_of
from tests.support.wire import send_part

CLIENTS = 16
VISITS = 80  # per round
SLOWER_MS = 250


def dropping(kind: str = "sqlite") -> Table:
    """Nothing lost, doubled or crashed, and the slowest answer near the floor's."""
    table = Table(f"dropping on {kind}: {CLIENTS} clients, 1 in 10 cut in mid-body, 1 in 10 retrying at once")
    with started(kind, (ROUNDS + 1) * VISITS * 2) as place:
        _round(place, place.take(VISITS))
        beyond, taken = [], []
        for _ in range(ROUNDS):
            raw = floor(kind, place, ones_of(place.take(VISITS)), CLIENTS)
            jobs = place.take(VISITS)
            beyond.append(max(_round(place, jobs).waits) - max(raw.waits))
            taken += jobs
        counts = _counts(kind, place.database_url)
        process = place.product.process
        alive = process is not None and process.poll() is None
    whole = sum(counts.get(job.inspection) == 60 for job in taken)
    slowest = median(beyond)
    table.lines = [
        Line("visits whole in the log, each once", f"{whole}", f"{len(taken)}", met=whole == len(taken)),
        Line("the server's process lives", "yes" if alive else "no", met=alive),
        Line(
            "slowest answer beyond the floor's slowest",
            f"{slowest:.0f} ms",
            wanted=f"< {SLOWER_MS} ms",
            met=slowest < SLOWER_MS,
        ),
    ]
    return table


def _round(place: Place, jobs: list[Job]) -> Figures:
    """Every visit is sent to its end by somebody; how long each real answer took."""
    line = Caller(place.product.port)
    calls = [partial(_CLIENTS[at % 10], line, job) for at, job in enumerate(jobs)]
    return measure("dropping", calls, CLIENTS)


def _post(line: Caller, job: Job, body: bytes) -> list[dict[str, Any]]:
    answer = line.call(
        "POST", "/api/v1/sync", body, Content_Type="application/json", Authorization=f"Bearer {job.token}"
    )
    assert answer.status == 200, (answer.status, answer.content[:200])
    told: list[dict[str, Any]] = orjson.loads(answer.content)["results"]
    assert {item["status"] for item in told} == {"applied"}
    return told


def _plain(line: Caller, job: Job) -> int:
    _post(line, job, body_of([job]))
    return 0


def _dropping(line: Caller, job: Job) -> int:
    """Cut in the middle, then sent again."""
    body = body_of([job])
    headers = {"Authorization": f"Bearer {job.token}", "Content-Type": "application/json"}
    address = f"http://127.0.0.1:{line.port}/api/v1/sync"
    send_part(address, "POST", headers, body[: len(body) // 2], len(body))
    _post(line, job, body)
    return 0


def _retrying(line: Caller, job: Job) -> int:
    """The same twice at once, and a third time afterwards: three equal answers."""
    body, told = body_of([job]), []
    twin = threading.Thread(target=lambda: told.append(_post(Caller(line.port), job, body)))
    twin.start()
    told.append(_post(line, job, body))
    twin.join()
    assert told[0] == told[1] == _post(line, job, body)
    return 0


_CLIENTS: list[Callable[[Caller, Job], int]] = [_plain] * 8 + [_dropping, _retrying]


def _counts(kind: str, url: str) -> dict[str, int]:
    """{inspection: operations in its log}."""
    query = "SELECT inspection_id, count(*) FROM operations GROUP BY inspection_id"
    if kind == "postgres":
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            return dict(connection.execute(query).fetchall())
    with sqlite3.connect(url.removeprefix("sqlite:///")) as local:
        return dict(local.execute(query).fetchall())
