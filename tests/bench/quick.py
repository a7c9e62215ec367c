"""What needs no server: decoding and validating operations, JSON out, and a long pull beside the bare query."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson
import psycopg

from tests.bench.measure import Table, at_least, at_most, busy_seconds, median
from tests.bench.operations import ROUNDS, Postgres, Sqlite, rows_of
from tests.bench.visits import Job, application, place_on, visit_operations

COUNT = 500
PULLED = 10_000


def _batch() -> list[dict[str, Any]]:
    ids = [f"01900000-0000-7000-8000-{number:012x}" for number in range(3)]
    job = Job(ids[0], ids[1], "", ids[2])
    return [one for _ in range(9) for one in visit_operations(job)][:COUNT]


def decoding() -> Table:
    """Both read the same bytes into the same structs; ours then asks every question that a batch is asked about its form."""
    from inspect_app.domain.operations.validation import form
    from inspect_app.inspections.incoming import OperationIn, read_all

    operations = _batch()
    raws = [orjson.dumps(one) for one in operations]
    whole = b"[" + b",".join(raws) + b"]"
    decoder = msgspec.json.Decoder(list[OperationIn])

    def judged() -> None:
        assert not any(form(one) for one in decoder.decode(whole))

    def taken() -> None:
        assert not any(one is None or one.code for one in read_all(raws))

    floors, ours, whole_way = _rounds(lambda: decoder.decode(whole), judged, taken)
    table = Table(f"decoding {COUNT} operations; medians of {ROUNDS * 4} rounds")
    table.lines = [
        at_most("decoded and validated, against msgspec alone", ours, floors, 5),
        at_most("with canonical text and SHA-256 (no aim)", whole_way, floors, float("inf")),
    ]
    return table


def _rounds(*works: Callable[[], object]) -> list[float]:
    """The median of each in milliseconds of processor time, all in turn, so that a busy machine is busy for all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS * 4):
        for found, work in zip(times, works, strict=True):
            found.append(busy_seconds(work) * 1000)
    return [median(found) for found in times]


def json_out() -> Table:
    """An answer of 2,000 operations by the application's provider and by the one that Flask brings."""
    from flask import Flask
    from flask.json.provider import DefaultJSONProvider

    with tempfile.TemporaryDirectory() as folder:
        app = application(Path(folder), f"sqlite:///{folder}/x.sqlite3")
        ours: Flask = app
        answer = {"results": [], "operations": (_batch() * 4), "cursor": secrets.token_urlsafe(90)}
        flask, own = _rounds(lambda: DefaultJSONProvider(ours).dumps(answer), lambda: ours.json.dumps(answer))
    table = Table(f"JSON out, 2,000 operations; medians of {ROUNDS * 4} rounds")
    table.lines = [at_least("answers per second, against Flask's own", 1000 / own, 1000 / flask, 10)]
    return table


_TAIL = re.compile(rb'"cursor":"([^"]+)","more":(true|false)')
QUERY = "SELECT body, n, stamp, status, received_at FROM operations WHERE inspection_id = {0} AND n > {0} ORDER BY n"


def pull(kind: str = "sqlite") -> Table:
    """All of a log of 10,000 operations in pages, in process, beside one bare query and orjson."""
    with (
        tempfile.TemporaryDirectory(prefix="inspect-app-bench-") as folder,
        place_on(kind, Path(folder), 10) as place,
    ):
        (job,) = place.take(1)
        connection = _filled(kind, place.database_url, job)
        client = application(place.product.home, place.database_url).test_client()
        headers = {"Authorization": f"Bearer {job.token}"}

        def bare() -> None:
            rows = connection.execute(
                QUERY.format("?" if kind == "sqlite" else "%s"), (job.inspection, 0)
            ).fetchall()
            orjson.dumps(
                [
                    {"operation": orjson.Fragment(body), "n": n, "stamp": stamp, "status": status, "received": str(at)}
                    for body, n, stamp, status, at in rows
                ]
            )  # fmt: skip

        def ours() -> None:
            cursor, more = None, True
            while more:
                body = {"schema": 1, "device": job.device, "cursor": cursor, "inspections": [job.inspection]}
                answer = client.post("/api/v1/sync", json=body, headers=headers)
                found = _TAIL.search(answer.data)  # what a client pays for reading is not the server's
                assert found is not None, answer.data[:200]
                cursor, more = found[1].decode(), found[2] == b"true"

        floor, own = _rounds(bare, ours)
        connection.close()
    table = Table(f"pull of {PULLED} new operations on {kind}, in process; medians of {ROUNDS * 4} rounds")
    table.lines = [at_most("all pages, against one bare query and orjson", own, floor, 2)]
    return table


def _filled(kind: str, url: str, job: Job) -> Any:
    """The log of one inspection with 10,000 operations; answers a bare connection."""
    raw: Any = {"sqlite": Sqlite, "postgres": Postgres}[kind](url)
    written = 0
    while written < PULLED:
        rows, _, line = rows_of(job)
        numbered = [(*row[:2], written + place, *row[3:]) for place, row in enumerate(rows, 1)]
        numbered = numbered[: PULLED - written]
        raw.write([(numbered, (len(numbered), job.inspection), line)])
        written += len(numbered)
    connection: Any = raw.connection
    if isinstance(connection, psycopg.Connection):
        connection.autocommit = True
    return connection
