"""What somebody does to the tables who reaches the database itself: neither triggers nor foreign keys stand in the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import text

from inspect_app.audit import anchor
from inspect_app.audit.lines import leaf_of
from inspect_app.audit.models import APPEND_ONLY, AuditLine
from inspect_app.domain.merkle import START, link_hash
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


def past_the_keys(db: Any, statement: str) -> None:
    """Committed by another program, which asks for no foreign key."""
    if db.engine.dialect.name != "sqlite":
        for_good(db, statement)
        return
    db.session.rollback()
    with closing(sqlite3.connect(db.engine.url.database)) as other, other:
        other.execute(statement)


def rewrite_line(db: Any, n: int) -> None:
    """What a patient forger does, in the same transaction: another line, its leaf, and every link anew."""
    do(db, f"UPDATE audit_lines SET subject = 'thing:x' WHERE n = {n}")
    leaf = leaf_of(db.session.get(AuditLine, n)).hex()
    for table, key in (("audit_lines", "n"), ("audit_chain", "line_n")):
        do(db, f"UPDATE {table} SET leaf = '{leaf}' WHERE {key} = {n}")
    previous = START
    query = "SELECT position, line_n, leaf FROM audit_chain ORDER BY position"
    for row in db.session.execute(text(query)).all():
        previous = link_hash(previous, row.line_n, bytes.fromhex(row.leaf))
        do(
            db,
            "UPDATE audit_chain SET hash = :hash WHERE position = :position",
            hash=previous.hex(),
            position=row.position,
        )


def rewrite_history(db: Any, n: int) -> None:
    """For good, by somebody with every file of the machine: no old head and no anchor is left that could tell."""
    with past_the_guards(db):
        rewrite_line(db, n)
        do(db, "DELETE FROM audit_heads")
        db.session.commit()
    db.session.expire_all()
    anchor.file().unlink()
