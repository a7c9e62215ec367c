from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.audit.models import append_only
from inspect_app.extensions import UtcDateTime, db


class Head(db.Model):  # type: ignore[name-defined,misc]
    """A signed head of the log: the root over its first `size` lines. A day's first one is printed on its documents."""

    __tablename__ = "audit_heads"
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # 1, 2, 3 ...
    day: Mapped[date] = mapped_column(Date, index=True)  # of the signing, in Asia/Taipei
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    key: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))


class TimeStamp(db.Model):  # type: ignore[name-defined,misc]
    """An authority's time stamp over a head with its signature: the whole answer (RFC 3161, DER), as it came."""

    __tablename__ = "audit_stamps"
    head_n: Mapped[int] = mapped_column(ForeignKey("audit_heads.n"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # the authority's time
    serial: Mapped[str] = mapped_column(String(60))
    answer: Mapped[bytes] = mapped_column(LargeBinary)


for _model in (Head, TimeStamp):
    append_only(_model.__table__)


class ArchivedLog(db.Model):  # type: ignore[name-defined,misc]
    """How far an inspection's log is in a verified backup: its operations 1 to `n`."""

    __tablename__ = "archived_logs"
    inspection_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    n: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArchivedPhoto(db.Model):  # type: ignore[name-defined,misc]
    """A photo whose original is in a verified backup."""

    __tablename__ = "archived_photos"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClockMark(db.Model):  # type: ignore[name-defined,misc]
    """The one row (id 1) of the clock's watch: the latest moment seen, and when the clock last went back by how much."""

    __tablename__ = "clock_marks"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    latest: Mapped[datetime] = mapped_column(UtcDateTime)
    went_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds: Mapped[int] = mapped_column(Integer, default=0)
