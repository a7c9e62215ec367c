"""Each test has a database of its own kind, fresh and durable."""

from __future__ import annotations

import os
from typing import Any

import pytest
from sqlalchemy import text


def test_is_the_kind_that_the_run_names(db: Any) -> None:
    wanted = {"sqlite": "sqlite", "postgres": "postgresql"}[os.environ.get("TEST_DATABASE", "sqlite")]
    assert db.engine.dialect.name == wanted


@pytest.mark.parametrize("turn", [1, 2])
def test_is_fresh_for_every_test(db: Any, turn: int) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))


def test_sqlite_keeps_acknowledged_commits(db: Any) -> None:
    """WAL with synchronous=FULL and foreign keys; PostgreSQL has its own way to say so."""
    questions = {"sqlite": ["PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA foreign_keys"]}
    with db.engine.connect() as connection:
        asked = questions.get(db.engine.dialect.name, ["SHOW wal_level"])
        answers = [connection.execute(text(question)).scalar() for question in asked]
    assert answers in (["wal", 2, 1], ["replica"])
