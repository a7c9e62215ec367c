"""Writers of one process wait for each other at a lock, not at the file of SQLite (decision 0042)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import text

from inspect_app import extensions
from inspect_app.extensions import db
from inspect_app.transaction import transaction

LONG = 60.0
Start = Callable[[], "Future[None]"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Flask]:
    """An application with one table and one row in a file of SQLite."""
    app = Flask("small")
    app.config.update(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'small.sqlite3'}", MIGRATIONS="none")
    extensions.init_app(app)
    with app.app_context():
        with transaction() as session:
            session.execute(text("CREATE TABLE counts (n INTEGER)"))
            session.execute(text("INSERT INTO counts VALUES (0)"))
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def begins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What connections were told, in order."""
    told: list[str] = []
    real = extensions._tell
    monkeypatch.setattr(extensions, "_tell", lambda line, what: (told.append(what), real(line, what)))
    return told


@pytest.fixture
def another(small: Flask) -> Iterator[Start]:
    """Starts a writer on a thread of its own."""

    def count() -> None:
        with small.app_context(), transaction() as session:
            session.execute(text("UPDATE counts SET n = n + 1"))

    with ThreadPoolExecutor(1) as pool:
        yield lambda: pool.submit(count)


def _counted() -> int:
    counted = db.session.scalar(text("SELECT n FROM counts"))
    db.session.rollback()
    return int(counted or 0)


def test_who_waits_does_not_ask_the_file(
    another: Start, begins: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, real = Event(), extensions._take
    with transaction() as session:
        session.execute(text("UPDATE counts SET n = 1"))
        begins.clear()
        monkeypatch.setattr(extensions, "_take", lambda turn: (arrived.set(), real(turn)))
        other = another()
        assert arrived.wait(LONG)
        time.sleep(0.1)  # one that asks has done so by now; a slow machine only makes the test milder
        assert begins == []
    other.result(LONG)
    assert begins == ["PRAGMA synchronous=FULL", "BEGIN IMMEDIATE"]
    assert _counted() == 2


def test_the_turn_is_given_on_whatever_becomes_of_the_transaction(
    another: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "PATIENCE", 2 * LONG)
    for statement in ("UPDATE counts SET n = 1", "no statement at all"):
        with suppress(Exception), transaction() as session:
            session.execute(text(statement))
            raise RuntimeError
        another().result(LONG)
    assert _counted() == 2


def test_who_has_waited_long_enough_asks_the_file(
    another: Start, begins: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "PATIENCE", 0.01)
    with transaction() as session:
        session.execute(text("UPDATE counts SET n = 1"))
        begins.clear()
        other = another()
        until = time.monotonic() + LONG
        while "BEGIN IMMEDIATE" not in begins and time.monotonic() < until:
            time.sleep(0.01)
        assert begins == ["PRAGMA synchronous=FULL", "BEGIN IMMEDIATE"]
    other.result(LONG)
    assert _counted() == 2
