"""What somebody does to the tables who reaches the database itself: neither triggers nor foreign keys stand in the way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from inspect_app.audit.models import APPEND_ONLY


def past_the_guards(db: Any) -> None:
    """Begin a transaction of the session in which everything can be changed. It is there for whoever reads by this
    session, and gone when the session ends it, so that one database serves many forgeries."""
    db.session.rollback()
    for statement in _SQLITE if db.engine.dialect.name == "sqlite" else _POSTGRES:
        db.session.execute(text(statement))


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
    past_the_guards(db)
    do(db, *statements)
    db.session.commit()
