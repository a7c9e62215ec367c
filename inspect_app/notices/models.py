from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inspect_app.extensions import UtcDateTime, db


class Case(db.Model):  # type: ignore[name-defined,misc]
    """What the agency has to answer after an issued record. `due_on` moves by granted extensions only."""

    __tablename__ = "cases"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), unique=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    told_agency_id: Mapped[str] = mapped_column(
        ForeignKey("agencies.id")
    )  # whose people know that it is theirs
    state: Mapped[str] = mapped_column(String(10), index=True)  # open, closed
    issued_on: Mapped[date] = mapped_column(Date)
    first_due_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date, index=True)
    closed_on: Mapped[date | None] = mapped_column(Date)
    closing_no: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    items: Mapped[list[CaseItem]] = relationship(
        back_populates="case", order_by="CaseItem.no", cascade="all, delete-orphan"
    )


class CaseItem(db.Model):  # type: ignore[name-defined,misc]
    """One finding to answer. `evidence`: photos (physical work), scans (documents) or short (design issues, advice).

    state: waiting (agency writes), ready (for the approver), sent (for the coordinator), accepted, returned (agency writes again).
    """

    __tablename__ = "case_items"
    __table_args__ = (UniqueConstraint("case_id", "no"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    no: Mapped[int] = mapped_column(Integer)
    part: Mapped[str] = mapped_column(String(10))  # defect, design, advice
    entity_id: Mapped[str] = mapped_column(String(36))
    code: Mapped[str] = mapped_column(String(20), default="")
    text: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(String(1), default="")
    location: Mapped[str] = mapped_column(Text, default="")
    photos: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # the inspection's own
    evidence: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), index=True)
    round: Mapped[int] = mapped_column(Integer, default=1)
    case: Mapped[Case] = relationship(back_populates="items")
    replies: Mapped[list[Reply]] = relationship(order_by="Reply.round", cascade="all, delete-orphan")


class Reply(db.Model):  # type: ignore[name-defined,misc]
    """The agency's answer to one item in one round; frozen once sent. `missing`: slot -> why there is no photo."""

    __tablename__ = "replies"
    __table_args__ = (UniqueConstraint("item_id", "round"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("case_items.id", ondelete="CASCADE"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, default=1)
    cause: Mapped[str] = mapped_column(Text, default="")
    measure: Mapped[str] = mapped_column(Text, default="")
    done_on: Mapped[date | None] = mapped_column(Date)
    undone_reason: Mapped[str] = mapped_column(Text, default="")
    missing: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    updated_by: Mapped[str] = mapped_column(String(36))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    inside_reason: Mapped[str] = mapped_column(Text, default="")  # the approver's return
    sent_by: Mapped[str | None] = mapped_column(String(36))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision: Mapped[str] = mapped_column(String(10), default="")  # accepted, returned
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None] = mapped_column(String(36))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    photos: Mapped[list[ReplyPhoto]] = relationship(
        order_by="ReplyPhoto.place", cascade="all, delete-orphan", lazy="selectin"
    )


class ReplyPhoto(db.Model):  # type: ignore[name-defined,misc]
    """A photo or scan of a reply; `slot` is before, during, after or scan."""

    __tablename__ = "reply_photos"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reply_id: Mapped[str] = mapped_column(ForeignKey("replies.id", ondelete="CASCADE"), index=True)
    slot: Mapped[str] = mapped_column(String(8))
    place: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(ForeignKey("photos.sha256"))
    caption: Mapped[str] = mapped_column(Text, default="")


class Extension(db.Model):  # type: ignore[name-defined,misc]
    """An agency's request for more time; it needs the team's consent (art 10)."""

    __tablename__ = "extensions"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    asked_until: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(36))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))  # asked, granted, refused
    granted_until: Mapped[date | None] = mapped_column(Date)
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None] = mapped_column(String(36))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Letter(db.Model):  # type: ignore[name-defined,misc]
    """The correspondence ledger of a case: record, score, reply, reminder, return, extension, closing, reopened."""

    __tablename__ = "letters"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    incoming: Mapped[bool] = mapped_column(default=False)
    on: Mapped[date] = mapped_column(Date)
    number: Mapped[str] = mapped_column(String(100), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Deduction(db.Model):  # type: ignore[name-defined,misc]
    """What was really deducted from a party, beside what the statement says (NT$)."""

    __tablename__ = "deductions"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    party: Mapped[str] = mapped_column(String(12), primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")


class Sanction(db.Model):  # type: ignore[name-defined,misc]
    """For 丙等: what the team advised beside what the agency did (art 10)."""

    __tablename__ = "sanctions"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    advised: Mapped[bool] = mapped_column(default=False)
    advice: Mapped[str] = mapped_column(Text, default="")
    done: Mapped[bool | None] = mapped_column()
    done_on: Mapped[date | None] = mapped_column(Date)
    done_note: Mapped[str] = mapped_column(Text, default="")
