from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import UtcDateTime, db


class Preview(db.Model):  # type: ignore[name-defined,misc]
    """A small picture of a photo that its sender's device holds. `sha256` is the original's, as the sender says."""

    __tablename__ = "photo_previews"
    __table_args__ = (Index("ix_photo_previews_sender", "account_id", "sha256"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    inspection_id: Mapped[str] = mapped_column(String(36), index=True)
    finding: Mapped[str] = mapped_column(String(36), default="")  # the entity's id; empty: of the site
    device_id: Mapped[str] = mapped_column(String(36), default="")  # empty: sent with a bearer token
    content: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Holding(db.Model):  # type: ignore[name-defined,misc]
    """What a device said, when it was last heard, that it still has to send of an inspection."""

    __tablename__ = "device_holdings"
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    operations: Mapped[int] = mapped_column(Integer, default=0)
    photos: Mapped[int] = mapped_column(Integer, default=0)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its person has dealt with it


class DeviceClock(db.Model):  # type: ignore[name-defined,misc]
    """How far a device's clock stood from the server's when that last changed; 0: right again."""

    __tablename__ = "device_clocks"
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    seconds: Mapped[int] = mapped_column(BigInteger)  # ahead of the server; negative: behind
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class FirstReceipt(db.Model):  # type: ignore[name-defined,misc]
    """When an operation was first received, where the log was restored to a state before that: its device's old receipt says so."""

    __tablename__ = "first_receipts"
    operation_id: Mapped[str] = mapped_column(ForeignKey("operations.id"), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
