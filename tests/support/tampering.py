"""What somebody does to the tables who reaches the database itself: neither triggers nor foreign keys stand in the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from inspect_app.audit.models import APPEND_ONLY
from inspect_app.extensions import together, writing


@contextmanager
def past_the_program(db: Any) -> Iterator[None]:
    """A transaction of the session, begun beside `transaction()`: what is written in it is there for whoever reads by this
    session in the block, and gone at its end, so that one database serves many forgeries."""
    db.session.rollback()
    write, read = writing.set(True), together.set(True)
    try:
        yield
    finally:
        db.session.rollback()
        writing.reset(write)
        together.reset(read)


@contextmanager
def past_the_guards(db: Any) -> Iterator[None]:
    """The same, without triggers and foreign keys."""
    with past_the_program(db):
        do(db, *(_SQLITE if db.engine.dialect.name == "sqlite" else _POSTGRES))
        yield


_SQLITE = [
    f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")
]
_SQLITE += ["PRAGMA defer_foreign_keys = ON"]
_POSTGRES = ["SET LOCAL session_replication_role = replica"]


def do(db: Any, *statements: str, **values: Any) -> None:
    """More of it, in the same transaction."""
    for statement in statements:
        db.session.execute(text(statement), values)


def for_good(db: Any, *statements: str) -> None:
    """The same, committed; on SQLite the triggers are gone then."""
    with past_the_guards(db):
        do(db, *statements)
        db.session.commit()
