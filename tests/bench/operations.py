"""Batches of operations against raw drivers that write the same rows: one transaction per visit, durable."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import psycopg

from inspect_app.extensions import PRAGMAS
from inspect_app.ids import new_id
from tests.bench.measure import (
    Figures,
    Line,
    Table,
    at_least,
    measure,
    median,
    resident_mb,
    under,
)
from tests.bench.socketline import Came, SocketLine
from tests.bench.visits import Job, Place, body_of, place_on, visit_operations

ROUNDS = 5
CLIENTS = 8
VISITS = 80  # per round
RESIDENT_MB = 250

OPERATIONS = (
    "INSERT INTO operations (id, inspection_id, n, device_id, seq, entity, entity_id, body, content_hash, author_id, stamp,"
    " status, code, confidential_to, received_at) VALUES ({0},{0},{0},{0},{0},{0},{0},{0},{0},{0},{0},{0},{0},{0},{0})"
)
LOG = "UPDATE inspections SET log_n = log_n + {0} WHERE id = {0}"
AUDIT = (
    "INSERT INTO audit_lines (id, at, actor_id, actor_name, action, subject, detail, leaf)"
    " VALUES ({0},{0},{0},{0},{0},{0},{0},{0})"
)
Rows = tuple[list[tuple[Any, ...]], tuple[Any, ...], tuple[Any, ...]]


def rows_of(job: Job, findings: int = 30) -> Rows:
    """The rows that the product writes for one visit, ready for a driver."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    made = []
    for n, one in enumerate(visit_operations(job, findings), 1):
        body = orjson.dumps(one, option=orjson.OPT_SORT_KEYS).decode()
        made.append((one["id"], job.inspection, n, job.device, one["seq"], one["entity"], one["entity_id"], body,
                     hashlib.sha256(body.encode()).hexdigest(), job.account, one["hlc"], "applied", "", "", now))  # fmt: skip
    line = (new_id(), now, job.account, "領隊", "inspections.operations_taken", f"inspection:{job.inspection}",
            json.dumps({"device": job.device, "first": 1, "count": len(made)}), "0" * 64)  # fmt: skip
    return made, (len(made), job.inspection), line


class Sqlite:
    """Raw sqlite3 with the product's pragmas."""

    def __init__(self, url: str) -> None:
        self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in (*PRAGMAS, "busy_timeout=60000"):
            self.connection.execute(f"PRAGMA {pragma}")

    def write(self, visits: list[Rows]) -> None:
        run = self.connection.cursor()
        run.execute("BEGIN IMMEDIATE")
        _write(run, visits, "?")
        run.execute("COMMIT")


class Postgres:
    """Raw psycopg."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url.replace("+psycopg", ""))

    def write(self, visits: list[Rows]) -> None:
        with self.connection.transaction(), self.connection.cursor() as run:
            _write(run, visits, "%s")


def _write(run: Any, visits: list[Rows], mark: str) -> None:
    """Into the present transaction."""
    for operations, last, line in visits:
        run.executemany(OPERATIONS.format(mark), operations)
        run.execute(LOG.format(mark), last)
        run.execute(AUDIT.format(mark), line)


RAW: dict[str, Callable[[str], Any]] = {"sqlite": Sqlite, "postgres": Postgres}


def floor(kind: str, place: Place, groups: list[list[Job]], callers: int) -> Figures:
    """The same rows by the raw driver, a transaction for each group; as many connections as callers (SQLite has one writer at
    a time, whoever asks).
    """
    ready = [[rows_of(job, _findings(group)) for job in group] for group in groups]
    own = threading.local()

    def write(visits: list[Rows]) -> int:
        if not hasattr(own, "raw"):
            own.raw = RAW[kind](place.database_url)
        own.raw.write(visits)
        return 0

    return measure("floor", [partial(write, visits) for visits in ready], callers)


def _findings(group: list[Job]) -> int:
    """Of each visit; ten visits together stay within a batch's 500 operations."""
    return 30 if len(group) == 1 else 25


def pushed(place: Place, groups: list[list[Job]], callers: int) -> Figures:
    """One batch for each group of visits (of one person) by so many clients at once. The answers are looked at afterwards."""
    own, answers = threading.local(), list[Came]()

    def push(headers: str, body: bytes) -> int:
        if not hasattr(own, "line"):
            own.line = SocketLine(place.product.port)
        answers.append(own.line.call("POST /api/v1/sync", headers, body))
        return len(body)

    figures = measure("ours", [partial(push, *_request(group)) for group in groups], callers)
    for answer in answers:
        assert answer.status == 200, (answer.status, answer.content[:200])
        assert {item["status"] for item in orjson.loads(answer.content)["results"]} == {"applied"}
    assert len(answers) == len(groups)
    return figures


def _request(group: list[Job]) -> tuple[str, bytes]:
    headers = f"Content-Type: application/json\r\nAuthorization: Bearer {group[0].token}\r\n"
    return headers, body_of(group, _findings(group))


@contextmanager
def started(kind: str, visits: int, workers: int = 1) -> Iterator[Place]:
    with (
        tempfile.TemporaryDirectory(prefix="inspect-app-bench-") as folder,
        place_on(kind, Path(folder), visits, workers) as place,
    ):
        place.product.start("web")
        try:
            yield place
        finally:
            place.product.stop()


def table_on(kind: str) -> Table:
    wanted = {"sqlite": 0.3, "postgres": 0.5}[kind]
    table = Table(
        f"operations on {kind}: a visit with 30 findings in 60 operations, durable; medians of {ROUNDS} rounds"
    )
    with started(kind, (ROUNDS + 1) * (VISITS * 2 + 60) + ROUNDS * 630) as place:
        pushed(place, ones_of(place.take(60)), CLIENTS)
        floors, ours, alone, tens, raw_alone, raw_tens = [], [], [], [], [], []
        for _ in range(ROUNDS):
            floors.append(floor(kind, place, ones_of(place.take(VISITS)), CLIENTS))
            ours.append(pushed(place, ones_of(place.take(VISITS)), CLIENTS))
            alone.append(pushed(place, ones_of(place.take(30)), 1))
            tens.append(pushed(place, tens_of(place.take(200)), 1))
            raw_alone.append(floor(kind, place, ones_of(place.take(30)), 1))
            raw_tens.append(floor(kind, place, tens_of(place.take(200)), 1))
        assert place.product.process is not None
        memory = resident_mb(place.product.process.pid)
    ratios = [one.rate / raw.rate for one, raw in zip(ours, floors, strict=True)]
    middle = sorted(range(ROUNDS), key=ratios.__getitem__)[ROUNDS // 2]
    gained = _rate(raw_tens) * 10 / _rate(raw_alone)
    table.lines = [
        at_least(f"visits, {CLIENTS} clients", ours[middle].rate, floors[middle].rate, wanted),
        under(f"slowest of a hundred, {CLIENTS} clients", median([one.p99 for one in ours]), 100, " ms"),
        at_least("visits in batches of ten against single ones, 1 client", _rate(tens) * 10, _rate(alone), 3),
        Line("  what the raw driver gains by it (no aim)", "", "", f"{gained:.2f}"),
        under("resident, all processes", memory, RESIDENT_MB, " MB"),
    ]
    return table


def _rate(rounds: list[Figures]) -> float:
    return median([one.rate for one in rounds])


def ones_of(jobs: list[Job]) -> list[list[Job]]:
    return [[job] for job in jobs]


def tens_of(jobs: list[Job]) -> list[list[Job]]:
    return [jobs[at : at + 10] for at in range(0, len(jobs), 10)]
