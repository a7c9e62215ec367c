from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import UtcDateTime, db

DECIDING_ENTITIES = ("closing", "late_decision", "score_sheet", "signature")
"""What decides whether others are late or shown."""
DECIDING_KINDS = text("({})".format(" OR ".join(f"entity = '{kind}'" for kind in DECIDING_ENTITIES)))
"""The same of a row; written exactly like its index, or SQLite does not use it. IN costs SQLite a quarter of each insert."""


class Inspection(db.Model):  # type: ignore[name-defined,misc]
    """One inspection; its id is the visit's. `log_n` is the last place given out in its operation log."""

    __tablename__ = "inspections"
    id: Mapped[str] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    state: Mapped[str] = mapped_column(
        String(12), index=True
    )  # open, closed, confirming, approving, approved, issued
    log_n: Mapped[int] = mapped_column(Integer, default=0)
    sheets_open: Mapped[bool] = mapped_column(
        default=False
    )  # every scoring member has handed in; never shut again
    inspected_on: Mapped[date] = mapped_column(Date, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OperationRow(db.Model):  # type: ignore[name-defined,misc]
    """One operation as it came, never altered; `n`, `stamp`, `received_at`, `status` are the server's additions."""

    __tablename__ = "operations"
    __table_args__ = (
        UniqueConstraint("inspection_id", "n"),
        Index("ix_operations_entity", "inspection_id", "entity_id"),
        Index(
            "ix_operations_deciding",
            "inspection_id",
            sqlite_where=DECIDING_KINDS,
            postgresql_where=DECIDING_KINDS,
        ),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"))
    n: Mapped[int] = mapped_column(Integer)
    device_id: Mapped[str] = mapped_column(String(36))
    seq: Mapped[int] = mapped_column(BigInteger)
    entity: Mapped[str] = mapped_column(String(20))
    entity_id: Mapped[str] = mapped_column(String(36))
    body: Mapped[str] = mapped_column(Text)  # canonical JSON of the operation
    content_hash: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[str] = mapped_column(String(36))
    stamp: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(30), default="")
    confidential_to: Mapped[str] = mapped_column(
        String(36), default=""
    )  # account, until all sheets are handed in
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SetAside(db.Model):  # type: ignore[name-defined,misc]
    """A refused or quarantined operation: kept whole, with its reason, until a person settles it."""

    __tablename__ = "set_aside"
    __table_args__ = (UniqueConstraint("operation_id", "content_hash", "account_id", "code"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    operation_id: Mapped[str] = mapped_column(String(36), index=True)
    inspection_id: Mapped[str] = mapped_column(String(36), index=True)
    device_id: Mapped[str] = mapped_column(String(36))
    account_id: Mapped[str] = mapped_column(String(36))
    seq: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(12))  # refused, quarantined
    code: Mapped[str] = mapped_column(String(30))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[str | None] = mapped_column(String(36))
    settled_note: Mapped[str] = mapped_column(Text, default="")


class TestResult(db.Model):  # type: ignore[name-defined,misc]
    """The judgement of a test taken on site, entered when the laboratory's report comes."""

    __test__ = False  # not a test class
    __tablename__ = "test_results"
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    result: Mapped[str] = mapped_column(String(10))  # pass, fail
    judged_on: Mapped[date] = mapped_column(Date)
    report_no: Mapped[str] = mapped_column(String(100), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    entered_by: Mapped[str] = mapped_column(String(36))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Wording(db.Model):  # type: ignore[name-defined,misc]
    """A tidied text (整理): the original stays in the log; the newest row of a field is what the record prints."""

    __tablename__ = "wordings"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), index=True)
    entity: Mapped[str] = mapped_column(String(20))
    entity_id: Mapped[str] = mapped_column(String(36))
    field: Mapped[str] = mapped_column(String(30))
    original: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Confirmation(db.Model):  # type: ignore[name-defined,misc]
    """A member's confirmation (or objection with a note) of one version of the tidied record."""

    __tablename__ = "confirmations"
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    agreed: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class MemberRemark(db.Model):  # type: ignore[name-defined,misc]
    """The secretariat's remark on a member (委員表現), for the central form only."""

    __tablename__ = "member_remarks"
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Record(db.Model):  # type: ignore[name-defined,misc]
    """The inspection record (查核紀錄). `content` is frozen when the convener approves; the letter stops the clock."""

    __tablename__ = "records"
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    due_on: Mapped[date] = mapped_column(Date)  # 7 working days after the visit (art 9)
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    sent_for_confirmation_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_for_approval_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(36))
    return_reason: Mapped[str] = mapped_column(Text, default="")
    unconfirmed_reason: Mapped[str] = mapped_column(
        Text, default=""
    )  # sent on without every member's agreement
    letter_no: Mapped[str] = mapped_column(String(100), default="")
    letter_on: Mapped[date | None] = mapped_column(Date)
    late_reason: Mapped[str] = mapped_column(Text, default="")
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withheld: Mapped[bool] = mapped_column(default=False)
    score_letter_no: Mapped[str] = mapped_column(String(100), default="")
    score_letter_on: Mapped[date | None] = mapped_column(Date)


class Rollup(db.Model):  # type: ignore[name-defined,misc]
    """One issued inspection in figures, kept in the same transaction as the record: what the meeting adds up.

    The firms are the record's: a defect stays with the firm that made it. By programme and budget the meeting goes as the tender's
    stand, so they are not here.
    """

    __tablename__ = "rollups"
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    contractor: Mapped[str] = mapped_column(String(200), default="")
    supervision: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(12))
    inspected_on: Mapped[date] = mapped_column(Date, index=True)
    issued_on: Mapped[date] = mapped_column(Date, index=True)
    score: Mapped[int | None] = mapped_column(Integer)  # None while withheld, or an unscored re-inspection
    grade: Mapped[str | None] = mapped_column(String(4))
    spread: Mapped[int | None] = mapped_column(Integer)
    findings: Mapped[int] = mapped_column(Integer)
    minor: Mapped[int] = mapped_column(Integer)
    medium: Mapped[int] = mapped_column(Integer)
    serious: Mapped[int] = mapped_column(Integer)
    points_owner: Mapped[int] = mapped_column(Integer)
    points_contractor: Mapped[int] = mapped_column(Integer)
    points_supervision: Mapped[int] = mapped_column(Integer)
    points_pcm: Mapped[int] = mapped_column(Integer)
    amount_contractor: Mapped[int] = mapped_column(BigInteger)
    amount_supervision: Mapped[int] = mapped_column(BigInteger)
    amount_pcm: Mapped[int] = mapped_column(BigInteger)


class RollupFinding(db.Model):  # type: ignore[name-defined,misc]
    """One finding of an issued record, for top defects and repeat defects."""

    __tablename__ = "rollup_findings"
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(20), index=True)
    severity: Mapped[str] = mapped_column(String(1), default="")
    party: Mapped[str] = mapped_column(String(12), default="")
    points: Mapped[int] = mapped_column(Integer, default=0)
    text: Mapped[str] = mapped_column(Text)
