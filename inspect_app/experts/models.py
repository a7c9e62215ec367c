from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import db


class Expert(db.Model):  # type: ignore[name-defined,misc]
    """Somebody who may be a member of a team. `external`: outside expert from PCC's roster (外聘)."""

    __tablename__ = "experts"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"), unique=True)
    roster_no: Mapped[str | None] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    employer: Mapped[str] = mapped_column(String(120), default="")
    specialities: Mapped[list[str]] = mapped_column(JSON, default=list)
    external: Mapped[bool] = mapped_column(default=True)
    on_roster: Mapped[bool] = mapped_column(default=True)
    off_roster_reason: Mapped[str] = mapped_column(Text, default="")
    disqualified: Mapped[str] = mapped_column(Text, default="")  # reason, empty when fit
    email: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)


class ExpertTie(db.Model):  # type: ignore[name-defined,misc]
    """A tie that may mean recusal: employment, kinship, earlier design, declared interest."""

    __tablename__ = "expert_ties"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    expert_id: Mapped[str] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # employed, family, designed, supervised, interest
    party: Mapped[str] = mapped_column(String(120), default="")  # name of the firm or agency
    tender_id: Mapped[str | None] = mapped_column(ForeignKey("tenders.id", ondelete="CASCADE"))
    degree: Mapped[int | None] = mapped_column()  # kinship
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
