from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import UtcDateTime, db


class Photo(db.Model):  # type: ignore[name-defined,misc]
    """One stored original, known by its SHA-256 (hex). Bytes live in storage under `originals/<2>/<hash>`."""

    __tablename__ = "photos"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), index=True)  # stored, ready, unreadable, quarantined
    problem: Mapped[str] = mapped_column(Text, default="")
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lat_e7: Mapped[int | None] = mapped_column(Integer)
    lon_e7: Mapped[int | None] = mapped_column(Integer)
    exif: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    dhash: Mapped[str | None] = mapped_column(String(16), index=True)
    band0: Mapped[int | None] = mapped_column(
        Integer, index=True
    )  # 16 bits each of a dhash that says something
    band1: Mapped[int | None] = mapped_column(Integer, index=True)
    band2: Mapped[int | None] = mapped_column(Integer, index=True)
    band3: Mapped[int | None] = mapped_column(Integer, index=True)
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)  # when its bytes were hashed last


class Possession(db.Model):  # type: ignore[name-defined,misc]
    """Which account has sent a photo in full: the only hashes that its operations may refer to."""

    __tablename__ = "photo_possessions"
    sha256: Mapped[str] = mapped_column(ForeignKey("photos.sha256"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PhotoUse(db.Model):  # type: ignore[name-defined,misc]
    """Where a photo is used. `ref` is kind:id (inspection:..., reply:...); it decides who may see it."""

    __tablename__ = "photo_uses"
    sha256: Mapped[str] = mapped_column(ForeignKey("photos.sha256"), primary_key=True)
    ref: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PhotoWitness(db.Model):  # type: ignore[name-defined,misc]
    """What a device said of a photo when it saved it, signed there. It comes before the bytes, so the photo may never come."""

    __tablename__ = "photo_witnesses"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    facts: Mapped[str] = mapped_column(Text)  # canonical JSON, as it was signed
    key: Mapped[str] = mapped_column(String(130))
    signature: Mapped[str] = mapped_column(String(128))  # ECDSA P-256 with SHA-256, r and s, hex
    verdict: Mapped[str] = mapped_column(String(10))  # good, unknown, wrong: judged on arrival
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Upload(db.Model):  # type: ignore[name-defined,misc]
    """A tus upload; its identity is the hash within the sender's account."""

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    filename: Mapped[str] = mapped_column(String(255), default="")
    media_type: Mapped[str] = mapped_column(String(60), default="")
    inspection: Mapped[str] = mapped_column(String(36), default="")
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UploadPart(db.Model):  # type: ignore[name-defined,misc]
    """Bytes of an upload that were received and stored; `key` is their place in storage. Complete uploads have none."""

    __tablename__ = "upload_parts"
    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(160))
