from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inspect_app.extensions import UtcDateTime, db

CALL = "visit.call"
"""The kind of outbox row that tells one of the team; its `ref` is `visit:<id>`."""


class Visit(db.Model):  # type: ignore[name-defined,misc]
    """A planned visit. Until release everything that names time, place or target stands in `sealed`
    (AES-GCM under its own key, wrapped by the key in HOME/keys, which no database or backup holds);
    `release` copies it into the clear columns and into `members`.
    """

    __tablename__ = "visits"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    state: Mapped[str] = mapped_column(
        String(12), index=True
    )  # draft, submitted, sealed, released, cancelled
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # clear from release on; NULL before
    tender_id: Mapped[str | None] = mapped_column(ForeignKey("tenders.id"), index=True)
    kind: Mapped[str | None] = mapped_column(
        String(12)
    )  # inspection 查核, reinspection 複查, supervision 督導
    announced: Mapped[bool | None] = mapped_column()  # 事先函知 / 不事先通知
    inspected_on: Mapped[date | None] = mapped_column(Date, index=True)
    window_from: Mapped[date | None] = mapped_column(Date)
    window_to: Mapped[date | None] = mapped_column(Date)
    edition_id: Mapped[str | None] = mapped_column(ForeignKey("editions.id"))
    rules_edition: Mapped[str | None] = mapped_column(String(20))
    plan: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # the whole unsealed plan
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by: Mapped[str | None] = mapped_column(String(36))
    members: Mapped[list[VisitMember]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="VisitMember.place"
    )


class VisitMember(db.Model):  # type: ignore[name-defined,misc]
    """The team, written at release: `leader` and `member` score, `staff` do not."""

    __tablename__ = "visit_members"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(10))
    external: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str] = mapped_column(String(60))
    place: Mapped[int] = mapped_column(Integer)


class VisitEvent(db.Model):  # type: ignore[name-defined,misc]
    """What happened to a visit; `reason` of a sealed one is encrypted like the plan (base64 of AES-GCM)."""

    __tablename__ = "visit_events"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(
        String(20)
    )  # planned, submitted, approved, returned, viewed, postponed, ...
    reason: Mapped[str] = mapped_column(Text, default="")


class QuotaAdjustment(db.Model):  # type: ignore[name-defined,misc]
    """The head's own number for a year (作業辦法 art 4), filed with PCC. `band_from` 0 stands for the ratio, else a band's lower bound."""

    __tablename__ = "quota_adjustments"
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    band_from: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    required: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    letter: Mapped[str] = mapped_column(String(100), default="")
    by: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuarterlyReturn(db.Model):  # type: ignore[name-defined,misc]
    """The letter with which a quarter's results went to PCC (組織準則 art 10)."""

    __tablename__ = "quarterly_returns"
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    quarter: Mapped[int] = mapped_column(Integer, primary_key=True)
    sent_on: Mapped[date] = mapped_column(Date)
    letter: Mapped[str] = mapped_column(String(100), default="")
    by: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
