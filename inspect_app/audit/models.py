from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, JSON, BigInteger, ForeignKey, FromClause, Integer, String, event
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import UtcDateTime, db


class AuditLine(db.Model):  # type: ignore[name-defined,misc]
    """One line: never updated, never deleted (triggers refuse it). `leaf` is the hash of the canonical line (lines.py)."""

    __tablename__ = "audit_lines"
    n: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[str] = mapped_column(String(36))
    actor_name: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(120), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    leaf: Mapped[str] = mapped_column(String(64))


class WaitingLine(db.Model):  # type: ignore[name-defined,misc]
    """A line that is not chained yet. Written with the line, so that one that commits late is never passed over."""

    __tablename__ = "audit_waiting"
    line_n: Mapped[int] = mapped_column(ForeignKey("audit_lines.n"), primary_key=True)


class ChainLink(db.Model):  # type: ignore[name-defined,misc]
    """One line's place in the chain. `position` counts from 0 without gaps and is the leaf's index in the tree."""

    __tablename__ = "audit_chain"
    position: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    line_n: Mapped[int] = mapped_column(ForeignKey("audit_lines.n"), unique=True)
    leaf: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))  # domain.merkle.link_hash over the one before


def append_only(table: FromClause) -> None:
    """Let the database itself refuse every change of the table's rows; the migration makes the same triggers."""
    for dialect, statements in triggers(str(table)).items():
        for sql in statements:
            event.listen(
                table,
                "after_create",
                DDL(sql).execute_if(dialect=dialect),  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            )


def triggers(table: str) -> dict[str, list[str]]:
    """{dialect: statements} that make a table append-only."""
    refused = f"'{table} is append-only'"
    return {
        "sqlite": [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, {refused}); END"
            for verb in ("UPDATE", "DELETE")
        ],
        "postgresql": [
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger AS $$ "
            f"BEGIN RAISE EXCEPTION {refused}; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
        ],
    }


APPEND_ONLY = ("audit_lines", "audit_chain", "audit_heads", "audit_stamps")
"""The tables whose rows never change; heads and time stamps are the evidence room's."""
for _model in (AuditLine, ChainLink):
    append_only(_model.__table__)
