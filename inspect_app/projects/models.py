from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, Float, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inspect_app.extensions import UtcDateTime, db


class Agency(db.Model):  # type: ignore[name-defined,misc]
    """An executing agency (機關). An unknown one met in a spreadsheet is created with `confirmed` False."""

    __tablename__ = "agencies"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    code: Mapped[str | None] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    short_name: Mapped[str] = mapped_column(String(30), default="")
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)  # names and codes of those merged into it
    confirmed: Mapped[bool] = mapped_column(default=True)


class Firm(db.Model):  # type: ignore[name-defined,misc]
    """A contractor, designer, supervision firm or PCM, known by its exact name."""

    __tablename__ = "firms"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)


class Tender(db.Model):  # type: ignore[name-defined,misc]
    """A tender (標案): the key is executing agency + number. Money in whole NT$; progress in basis points."""

    __tablename__ = "tenders"
    __table_args__ = (UniqueConstraint("agency_id", "number"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agencies.id"), index=True)
    number: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(String(300))
    programme: Mapped[str] = mapped_column(String(120), default="", index=True)  # 歸屬計畫／專案項目
    work_type: Mapped[str] = mapped_column(String(60), default="")  # 工程類別
    owner_agency: Mapped[str] = mapped_column(String(100), default="")  # 主辦機關
    competent_agency: Mapped[str] = mapped_column(String(100), default="")  # 主管機關
    plan_agency: Mapped[str] = mapped_column(String(100), default="")  # 計畫主辦機關
    plan_number: Mapped[str] = mapped_column(String(60), default="")
    funding: Mapped[str] = mapped_column(String(100), default="")  # 經費來源機關
    commissioned_out: Mapped[bool] = mapped_column(
        default=False
    )  # subsidised or commissioned to others (art 4)
    district: Mapped[str] = mapped_column(String(60), default="")  # 縣市鄉鎮
    place: Mapped[str] = mapped_column(String(300), default="")
    twd97_x: Mapped[float | None] = mapped_column(Float)
    twd97_y: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    outline: Mapped[str] = mapped_column(Text, default="")
    contact_name: Mapped[str] = mapped_column(String(60), default="")
    contact_phone: Mapped[str] = mapped_column(String(60), default="")
    contact_email: Mapped[str] = mapped_column(String(200), default="")
    budget: Mapped[int | None] = mapped_column(BigInteger)  # 發包預算; None: the band is unknown
    total_budget: Mapped[int | None] = mapped_column(BigInteger)  # 工程總預算
    floor_price: Mapped[int | None] = mapped_column(BigInteger)  # 預估底價
    award_amount: Mapped[int | None] = mapped_column(BigInteger)  # 決標金額
    contract_amount: Mapped[int | None] = mapped_column(BigInteger)  # 契約金額, after variations
    paid_amount: Mapped[int | None] = mapped_column(BigInteger)  # 已估驗計價金額
    awarded_on: Mapped[date | None] = mapped_column(Date)
    started_on: Mapped[date | None] = mapped_column(Date)
    planned_start_on: Mapped[date | None] = mapped_column(Date)
    planned_finish_on: Mapped[date | None] = mapped_column(Date)
    revised_finish_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(30), default="", index=True)  # as printed: 施工中, 停工中, ...
    progress_planned_bp: Mapped[int | None] = mapped_column(Integer)
    progress_actual_bp: Mapped[int | None] = mapped_column(Integer)
    progress_as_of: Mapped[date | None] = mapped_column(Date)
    contract_no: Mapped[str] = mapped_column(String(60), default="")
    award_method: Mapped[str] = mapped_column(String(60), default="")
    designer_id: Mapped[str | None] = mapped_column(ForeignKey("firms.id"))
    supervision_id: Mapped[str | None] = mapped_column(ForeignKey("firms.id"))
    contractor_id: Mapped[str | None] = mapped_column(ForeignKey("firms.id"))
    pcm_id: Mapped[str | None] = mapped_column(ForeignKey("firms.id"))
    details: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # plan dates and numbers, second contractor, ...
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agency: Mapped[Agency] = relationship(lazy="joined")
    designer: Mapped[Firm | None] = relationship(foreign_keys=[designer_id])
    supervision: Mapped[Firm | None] = relationship(foreign_keys=[supervision_id])
    contractor: Mapped[Firm | None] = relationship(foreign_keys=[contractor_id])
    pcm: Mapped[Firm | None] = relationship(foreign_keys=[pcm_id])


class MergedTender(db.Model):  # type: ignore[name-defined,misc]
    """A tender that is gone, and the one that it became: plans under seal and old addresses still name it."""

    __tablename__ = "merged_tenders"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    into_id: Mapped[str] = mapped_column(ForeignKey("tenders.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class TenderPerson(db.Model):  # type: ignore[name-defined,misc]
    """Staff named in the tender system; identity numbers are never stored."""

    __tablename__ = "tender_people"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(
        String(20)
    )  # contractor_qc, supervision_staff, contractor_engineer, site
    name: Mapped[str] = mapped_column(String(60))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class TenderChange(db.Model):  # type: ignore[name-defined,misc]
    """A variation (變更設計)."""

    __tablename__ = "tender_changes"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id", ondelete="CASCADE"), index=True)
    on: Mapped[date | None] = mapped_column(Date)
    document_no: Mapped[str] = mapped_column(String(100), default="")
    amount_before: Mapped[int | None] = mapped_column(BigInteger)
    amount_after: Mapped[int | None] = mapped_column(BigInteger)
    finish_before: Mapped[date | None] = mapped_column(Date)
    finish_after: Mapped[date | None] = mapped_column(Date)
    days: Mapped[int | None] = mapped_column(Integer)


class TenderProgress(db.Model):  # type: ignore[name-defined,misc]
    """Planned and actual progress of one month (its first day)."""

    __tablename__ = "tender_progress"
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    planned_bp: Mapped[int | None] = mapped_column(Integer)
    actual_bp: Mapped[int | None] = mapped_column(Integer)
    planned_amount: Mapped[int | None] = mapped_column(BigInteger)
    actual_amount: Mapped[int | None] = mapped_column(BigInteger)
    paid_amount: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(30), default="")
    note: Mapped[str] = mapped_column(Text, default="")


class TenderDelay(db.Model):  # type: ignore[name-defined,misc]
    """Why a tender is behind in a month, and what is done about it (落後因素、原因分析、解決辦法)."""

    __tablename__ = "tender_delays"
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    factor: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[str] = mapped_column(Text, default="")
    remedy: Mapped[str] = mapped_column(Text, default="")
    catch_up_on: Mapped[date | None] = mapped_column(Date)  # entered by the agency
    help_needed: Mapped[str] = mapped_column(Text, default="")  # entered by the agency
    imported: Mapped[dict[str, str]] = mapped_column(
        JSON, default=dict
    )  # the last file's texts, to see what it changed
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContractTerms(db.Model):  # type: ignore[name-defined,misc]
    """Penalty terms of one contract; what is None falls back to the edition's table."""

    __tablename__ = "contract_terms"
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id", ondelete="CASCADE"), primary_key=True)
    procurement_amount: Mapped[int | None] = mapped_column(BigInteger)
    rates: Mapped[dict[str, int] | None] = mapped_column(JSON)  # party -> NT$ per point
    cap_ratio_bp: Mapped[int | None] = mapped_column(Integer)
    multipliers: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)  # code -> factor


class Signal(db.Model):  # type: ignore[name-defined,misc]
    """A reason to inspect a tender, written down by those who know it (complaint, bad result, ruling, ...)."""

    __tablename__ = "signals"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("tenders.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    on: Mapped[date] = mapped_column(Date)
    evidence: Mapped[str] = mapped_column(Text, default="")
    answered_on: Mapped[date | None] = mapped_column(Date)  # of a citizen report: when it was answered


class ImportRun(db.Model):  # type: ignore[name-defined,misc]
    """One import: which file, by whom, with which result."""

    __tablename__ = "import_runs"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    actor_id: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
