"""Real web processes, several workers, many callers at the same moment: one row each, nothing missed, nothing repeated."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from inspect_app.audit.models import AuditLine
from inspect_app.inspections.models import OperationRow
from tests.support import databases, factories
from tests.support.tablet import Tablet
from tests.support.wire import Caller

PATIENCE = 90


@pytest.fixture
def product(settings: Any, db: Any, make_product: Callable[..., Any]) -> Any:
    db.session.remove()
    return make_product(
        DATABASE_URL=settings.database_url, STORAGE_URL=settings.storage_url, TESTING="1", WORKERS="2"
    ).start("web")


class Line:
    """A tablet's line to a real server; each has a connection of its own."""

    def __init__(self, port: int, tablet: Tablet) -> None:
        self.tablet, self.caller = tablet, Caller(port, tablet.headers["Authorization"])
        self.cursor: str | None = None
        self.seen: list[dict[str, Any]] = []

    def exchange(self, *operations: Any) -> Any:
        """The answer; a server that says that it is busy is asked again, as a tablet does."""
        body = {"schema": 1, "device": self.tablet.device, "cursor": self.cursor, "operations": operations}
        deadline = time.monotonic() + PATIENCE
        while True:
            status, answer = self.caller.post("/api/v1/sync", json.dumps(body).encode())
            if status == 200:
                return answer
            assert status == 503, answer
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def push(self, *operations: Any) -> Any:
        return self.exchange(*operations)["results"]

    def pull(self) -> bool:
        """One page; whether there is more."""
        return bool(self._taken()["more"])

    def epoch(self) -> str:
        """Read on; in which epoch the server says that it is."""
        return str(self._taken()["epoch"])

    def _taken(self) -> Any:
        answer = self.exchange()
        self.cursor = answer["cursor"]
        self.seen += answer["operations"]
        return answer


def team(count: int) -> list[Tablet]:
    """Tablets of one inspection: a leader, members."""
    people = [
        factories.account("leader", "inspector"),
        *(factories.account("inspector") for _ in range(count)),
    ]
    visit = factories.released_visit(factories.tender(), people[0], tuple(people[1:]))
    return [Tablet(None, person, visit.id) for person in people]


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    """What each answers when all begin at the same moment."""
    barrier = Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        barrier.wait(timeout=PATIENCE)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls, timeout=PATIENCE * 2))


def test_the_same_batch_in_flight_2_3_5_and_30_times_gives_the_same_results_and_one_row(
    product: Any, db: Any
) -> None:
    leader, member = team(1)
    for count in (2, 3, 5, 30):
        batch = [member.finding(str(place)) for place in range(4)]
        batch.append(member.operation("finding", batch[0]["entity_id"], {"text": "改"}))
        batch.append(member.operation("visit", member.inspection, {"points_agreed": True}))
        answers = together(
            [lambda batch=batch: Line(product.port, member).push(*batch) for _ in range(count)]  # type: ignore[misc]
        )
        assert answers == [answers[0]] * count
        told = [item["status"] for item in answers[0]]
        assert told == ["conflict", "applied", "applied", "applied", "conflict", "refused"]
    db.session.rollback()
    rows = db.session.query(OperationRow.n, OperationRow.id).order_by(OperationRow.n).all()
    assert [row.n for row in rows] == list(range(1, 4 * 5 + 1))
    assert leader.inspection == member.inspection


def test_readers_miss_and_repeat_nothing_while_writers_of_several_processes_run(
    product: Any, db: Any
) -> None:
    tablets = team(5)
    writers, readers = tablets[:4], [Line(product.port, tablet) for tablet in tablets[3:]]
    sent: list[str] = []
    left = [len(writers)]

    def write(tablet: Tablet) -> None:
        line = Line(product.port, tablet)
        for number in range(12):
            batch = [tablet.finding(f"{number}-{place}") for place in range(1 + number % 3)]
            line.push(*batch)
            sent.extend(item["id"] for item in batch)
        left[0] -= 1

    def read(line: Line) -> None:
        deadline = time.monotonic() + PATIENCE
        while left[0] and time.monotonic() < deadline:
            line.pull()
        while line.pull():
            continue

    together(
        [
            *(lambda tablet=tablet: write(tablet) for tablet in writers),  # type: ignore[misc]
            *(lambda line=line: read(line) for line in readers),  # type: ignore[misc]
        ]
    )
    for line in readers:
        line.pull()
        assert [item["n"] for item in line.seen] == list(range(1, len(sent) + 1))
        assert {item["id"] for item in line.seen} == set(sent)


def test_a_snapshot_put_back_under_the_running_server_begins_one_new_epoch_and_nothing_is_lost(
    product: Any, db: Any, settings: Any, tmp_path: Path
) -> None:
    leader, member = team(1)
    writer, reader = Line(product.port, member), Line(product.port, leader)
    early, late = member.finding("在快照裡"), member.finding("快照之後")
    writer.push(early)
    snapshot = Snapshot(settings.database_url, tmp_path)
    writer.push(late)
    reader.pull()
    writer.pull()
    before = reader.epoch()
    db.session.remove()
    db.engine.dispose()
    snapshot.put_back()
    after = reader.epoch()
    assert after != before
    assert [item["id"] for item in reader.seen[-1:]] == [early["id"]]
    assert reader.epoch() == writer.epoch() == after
    assert [item["status"] for item in writer.push(early, late)] == ["applied", "applied"]
    while reader.pull():
        continue
    assert {item["id"] for item in reader.seen} == {early["id"], late["id"]}
    assert [row.n for row in db.session.query(OperationRow.n).order_by(OperationRow.n)] == [1, 2]
    assert db.session.query(AuditLine).filter_by(action="sync.epoch_begun").count() == 1


class Snapshot:
    """The database as it was, and how somebody puts it back without telling the product."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._file = make_url(url), folder / "snapshot.sqlite3"
        self._copy = f"{self._url.database}_copy"
        if databases.KIND == "postgres":
            self._server = databases.PostgresServer.of_this_run()
            self._end_connections(str(self._url.database))
            self._server.execute(f"CREATE DATABASE {self._copy} TEMPLATE {self._url.database}")
        else:
            with sqlite3.connect(str(self._url.database)) as live, sqlite3.connect(self._file) as copy:
                live.backup(copy)

    def put_back(self) -> None:
        if databases.KIND == "postgres":
            self._server.execute(f"DROP DATABASE {self._url.database} WITH (FORCE)")
            self._server.execute(f"ALTER DATABASE {self._copy} RENAME TO {self._url.database}")
            return
        for name in ("", "-wal", "-shm"):
            Path(f"{self._url.database}{name}").unlink(missing_ok=True)
        self._file.rename(str(self._url.database))

    def _end_connections(self, name: str) -> None:
        """A template may have no users; those of the server come back by themselves."""
        wanted = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        self._server.execute(wanted)
