from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import DDL, JSON, Date, ForeignKey, Integer, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import UtcDateTime, db


class Edition(db.Model):  # type: ignore[name-defined,misc]
    """One edition of the defect table. Frozen ones never change; `demo_mix` is the shipped 示範混合版."""

    __tablename__ = "editions"
    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    label: Mapped[str] = mapped_column(String(100))
    effective_from: Mapped[date] = mapped_column(Date)
    demo_mix: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(Text, default="")
    hash: Mapped[str] = mapped_column(String(64))
    faults: Mapped[list[dict[str, Any]]] = mapped_column(
        JSON, default=list
    )  # bad rows of a draft: it cannot be frozen
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EditionRow(db.Model):  # type: ignore[name-defined,misc]
    """One row of an edition: heading or code, with its printed range."""

    __tablename__ = "edition_rows"
    edition_id: Mapped[str] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[int] = mapped_column(Integer)  # the order of the printed table
    parent: Mapped[str] = mapped_column(String(20), default="")
    level: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(10))  # heading, leaf
    text: Mapped[str] = mapped_column(Text)
    range: Mapped[str] = mapped_column(String(20), default="")
    source: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(Text, default="")


_GUARDED = (
    # (table, verb, when the old row is guarded)
    ("editions", "UPDATE", "OLD.frozen_at IS NOT NULL"),
    ("editions", "DELETE", "OLD.frozen_at IS NOT NULL"),
    (
        "edition_rows",
        "UPDATE",
        "EXISTS (SELECT 1 FROM editions e WHERE e.id = OLD.edition_id AND e.frozen_at IS NOT NULL)",
    ),
    (
        "edition_rows",
        "DELETE",
        "EXISTS (SELECT 1 FROM editions e WHERE e.id = OLD.edition_id AND e.frozen_at IS NOT NULL)",
    ),
)
_RETURNS = {"UPDATE": "NEW", "DELETE": "OLD"}
SQLITE_TRIGGERS = {
    (table, verb): [
        f"CREATE TRIGGER {table}_frozen_{verb.lower()} BEFORE {verb} ON {table} WHEN {guard} "
        "BEGIN SELECT RAISE(ABORT, 'a frozen edition never changes'); END"
    ]
    for table, verb, guard in _GUARDED
}
POSTGRES_TRIGGERS = {
    (table, verb): [
        f"CREATE OR REPLACE FUNCTION {table}_frozen_{verb.lower()}() RETURNS trigger AS $$ BEGIN "
        f"IF {guard} THEN RAISE EXCEPTION 'a frozen edition never changes'; END IF; RETURN {_RETURNS[verb]}; "
        "END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {table}_frozen_{verb.lower()} BEFORE {verb} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_frozen_{verb.lower()}()",
    ]
    for table, verb, guard in _GUARDED
}
_TABLES: dict[str, Any] = {"editions": Edition.__table__, "edition_rows": EditionRow.__table__}
for _dialect, _triggers in (("sqlite", SQLITE_TRIGGERS), ("postgresql", POSTGRES_TRIGGERS)):
    for (_table, _verb), _statements in _triggers.items():
        for _sql in _statements:
            _ddl = DDL(_sql).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(_TABLES[_table], "after_create", _ddl)


class FieldSetting(db.Model):  # type: ignore[name-defined,misc]
    """A rule's value that differs by city or year, in force from a date (e.g. grave_judgement_score, first day)."""

    __tablename__ = "field_settings"
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    effective_from: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    source: Mapped[str] = mapped_column(Text, default="")
    verified: Mapped[bool] = mapped_column(default=False)


class Closure(db.Model):  # type: ignore[name-defined,misc]
    """A local day that differs from the government calendar: typhoon closure or local make-up day."""

    __tablename__ = "closures"
    on: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(100), default="")
