from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inspect_app.extensions import UtcDateTime, db
from inspect_app.projects.models import Agency


class Meeting(db.Model):  # type: ignore[name-defined,misc]
    """One sitting of the supervision meeting (公共工程督導會報). `snapshot` is what the page showed when it was frozen: most of a
    megabyte, read only where it is asked for.
    """

    __tablename__ = "meetings"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    held_on: Mapped[date] = mapped_column(Date, unique=True)
    period_from: Mapped[date] = mapped_column(Date)
    period_to: Mapped[date] = mapped_column(Date)
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(JSON, deferred=True)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_by: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Ruling(db.Model):  # type: ignore[name-defined,misc]
    """主席裁示: given to a unit with a due date and tracked until released.

    state: tracked 列管中, release_asked 提請解除, released 同意解除, merged 併案 (a continued one is tracked again).
    """

    __tablename__ = "rulings"
    __table_args__ = (UniqueConstraint("meeting_id", "no"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    no: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    tender_id: Mapped[str | None] = mapped_column(ForeignKey("tenders.id"))
    due_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(15), index=True)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("rulings.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_by: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    meeting: Mapped[Meeting] = relationship(
        lazy="selectin"
    )  # not joined: who holds a ruling holds nothing else
    unit: Mapped[Agency] = relationship(lazy="selectin")
    steps: Mapped[list[RulingStep]] = relationship(
        order_by="RulingStep.at", cascade="all, delete-orphan", lazy="selectin"
    )


class RulingStep(db.Model):  # type: ignore[name-defined,misc]
    """What happened to a ruling: the unit's report, the proposal to release, the decision at a meeting."""

    __tablename__ = "ruling_steps"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    ruling_id: Mapped[str] = mapped_column(ForeignKey("rulings.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(
        String(15)
    )  # reported, release_asked, reviewed, released, continued, merged, edited
    text: Mapped[str] = mapped_column(Text, default="")
    due_on: Mapped[date | None] = mapped_column(Date)  # the new due date of a continued one
    by: Mapped[str] = mapped_column(String(36))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
