"""Every committed line gets its place in the chain, once, in one order, whoever writes and however late it commits."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from inspect_app import audit
from inspect_app import clock as product_clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.audit import anchor, chaining, lines
from inspect_app.audit.models import APPEND_ONLY, AuditLine, ChainLink, WaitingLine
from inspect_app.domain.canonical import canonical
from inspect_app.domain.merkle import START, leaf_hash, link_hash
from inspect_app.evidence import heads
from inspect_app.evidence.models import TimeStamp
from inspect_app.evidence.verification import verify
from inspect_app.jobs import runner
from inspect_app.transaction import in_transaction, transaction
from tests.support.tampering import past_the_program


def write(count: int, name: str = "test.done") -> None:
    for number in range(count):
        with transaction():
            audit.record(SYSTEM, name, f"thing:{number}", number=number)


def test_lines_are_chained_in_their_order_and_only_once(db: Any, clock: Any) -> None:
    write(3)
    assert (chaining.chain_waiting(), chaining.chain_waiting()) == (3, 0)
    write(2)
    assert chaining.chain_waiting() == 2
    rows = db.session.execute(
        select(ChainLink.position, ChainLink.line_n, ChainLink.hash, AuditLine.leaf)
        .join(AuditLine, AuditLine.n == ChainLink.line_n)
        .order_by(ChainLink.position)
    ).all()
    previous = START
    for position, row in enumerate(rows):
        previous = link_hash(previous, row.line_n, bytes.fromhex(row.leaf))
        assert (row.position, row.hash) == (position, previous.hex())
    assert len(rows) == 5
    assert anchor.read() == anchor.Anchor(5, rows[-1].hash, "2026-11-23T01:00:00.000000Z")


def test_a_leaf_is_the_hash_of_everything_that_the_row_says(db: Any, clock: Any) -> None:
    with transaction():
        audit.record(SYSTEM, "test.done", "thing:1", text="查核", share=0.5, big=2**60, day=None)
    row = db.session.scalar(select(AuditLine))
    db.session.refresh(row)
    assert lines.as_json(row) == {
        "id": row.id, "at": "2026-11-23T01:00:00.000000Z", "actor": SYSTEM.id, "name": "系統", "action": "test.done",
        "subject": "thing:1", "detail": {"text": "查核", "share": "0.5", "big": str(2**60), "day": None},
    }  # fmt: skip
    assert row.leaf == leaf_hash(canonical(lines.as_json(row)).encode()).hex() == lines.leaf_of(row).hex()


def test_lines_in_more_than_one_batch_are_chained_in_one_run(db: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(chaining, "BATCH", 4)
    write(10)
    assert chaining.chain_waiting() == 10
    assert (verify().as_dict()["ok"], verify().lines) == (True, 10)


def test_a_line_that_commits_late_is_never_passed_over(app: Any) -> None:
    """Many writers at once, some that hold their transaction open, some that take it back, while the sequencer runs."""
    from inspect_app.extensions import db

    stop, begun, held = threading.Event(), threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def inside(work: Any) -> threading.Thread:
        def run() -> None:
            try:
                with app.app_context():
                    work()
                    db.session.remove()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def late() -> None:
        """Takes its number first, commits last. (On SQLite its write lock makes the others wait instead.)"""
        with transaction():
            audit.record(SYSTEM, "test.late", "thing:late")
            begun.set()
            if db.engine.dialect.name == "postgresql":
                assert held.wait(60)

    def undone() -> None:
        with contextlib.suppress(ZeroDivisionError), transaction():
            audit.record(SYSTEM, "test.undone", "thing:undone")
            raise ZeroDivisionError

    def sequence() -> None:
        while not stop.is_set():
            chaining.chain_waiting()

    first = inside(late)
    assert begun.wait(60)
    sequencers = [inside(sequence), inside(sequence)]
    writers = [inside(lambda: (write(8), undone())) for _ in range(3)]
    for writer in writers:
        writer.join()
    held.set()
    first.join()
    stop.set()
    for sequencer in sequencers:
        sequencer.join()
    assert failures == []
    with app.app_context():
        chaining.chain_waiting()
        chained = set(db.session.scalars(select(ChainLink.line_n)))
        assert chained == set(db.session.scalars(select(AuditLine.n)))
        assert len(chained) == 25
        assert verify().faults == []


def test_the_database_refuses_every_change(db: Any) -> None:
    write(1)
    chaining.chain_waiting()
    heads.head_of_today()
    with transaction() as session:
        session.add(TimeStamp(head_n=1, at=datetime.now(UTC), serial="1", answer=b"stamp"))
    column = {
        "audit_lines": "subject",
        "audit_chain": "leaf",
        "audit_heads": "root",
        "audit_stamps": "serial",
    }
    for table in APPEND_ONLY:
        changes = [f"UPDATE {table} SET {column[table]} = 'x'", f"DELETE FROM {table}"]
        if db.engine.dialect.name == "postgresql":
            changes.append(f"TRUNCATE {table} CASCADE")
        for change in changes:
            with past_the_program(db), pytest.raises(DBAPIError, match="append-only"):
                db.session.execute(text(change))


def test_the_job_of_every_second_chains_and_signs_the_day(app: Any, db: Any, clock: Any) -> None:
    write(2)
    assert all(runner.run_pending(app).values())
    assert db.session.scalar(select(func.count()).select_from(WaitingLine)) == 0
    head = heads.latest()
    assert head is not None
    assert (head.day.isoformat(), head.size) == ("2026-11-23", 2)
    clock.advance(hours=14)  # 23:00 in Taipei
    assert not heads.begin_day()
    clock.advance(hours=1)
    write(1)
    assert heads.begin_day()
    head = heads.latest()
    assert head is not None
    assert (head.n, head.day.isoformat(), head.size) == (2, "2026-11-24", 3)


def test_a_clock_that_stood_in_the_future_does_not_end_the_daily_heads(db: Any, clock: Any) -> None:
    """A head of a day to come is kept, it was signed; each day that comes has its own all the same, which is mailed and stamped."""
    today = product_clock.today()
    clock.advance(days=3650)
    assert heads.begin_day()
    clock.advance(days=-3650)
    assert heads.begin_day()
    assert heads.first_of(today) is not None
    assert not heads.begin_day()
    clock.advance(days=1)
    assert heads.begin_day()


def test_a_head_is_computed_before_the_chain_is_held(db: Any, clock: Any, monkeypatch: Any) -> None:
    """Reading the whole log must not make every writer of a SQLite file wait."""
    write(5)
    chaining.chain_waiting()
    read: list[tuple[bool, int]] = []
    grown = heads._grow

    def told(tree: Any) -> None:
        before = tree.size
        grown(tree)
        read.append((in_transaction(), tree.size - before))

    monkeypatch.setattr(heads, "_grow", told)
    assert heads.head_of_today().size == 5
    assert read == [(False, 5), (True, 0)]
