from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, JSON, BigInteger, Integer, String, event
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import UtcDateTime, db


class AuditLine(db.Model):  # type: ignore[name-defined,misc]
    """One line: never updated, never deleted (triggers refuse it). `leaf` is the hash of the canonical line."""

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


SQLITE_TRIGGERS = [
    f"CREATE TRIGGER audit_lines_no_{verb.lower()} BEFORE {verb} ON audit_lines "
    "BEGIN SELECT RAISE(ABORT, 'audit_lines is append-only'); END"
    for verb in ("UPDATE", "DELETE")
]
POSTGRES_TRIGGERS = [
    "CREATE OR REPLACE FUNCTION audit_lines_append_only() RETURNS trigger AS $$ "
    "BEGIN RAISE EXCEPTION 'audit_lines is append-only'; END $$ LANGUAGE plpgsql",
    "CREATE TRIGGER audit_lines_no_change BEFORE UPDATE OR DELETE ON audit_lines "
    "FOR EACH ROW EXECUTE FUNCTION audit_lines_append_only()",
    "CREATE TRIGGER audit_lines_no_truncate BEFORE TRUNCATE ON audit_lines "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_lines_append_only()",
]
for _dialect, _statements in (("sqlite", SQLITE_TRIGGERS), ("postgresql", POSTGRES_TRIGGERS)):
    for _sql in _statements:
        event.listen(
            AuditLine.__table__,
            "after_create",
            DDL(_sql).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
        )
