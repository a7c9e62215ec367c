from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import UtcDateTime, db


class Installation(db.Model):  # type: ignore[name-defined,misc]  # flask-sqlalchemy makes the base at run time
    """The single row (id 1). `demo` may be set at birth only: a real installation never becomes a demo."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(primary_key=True)
    government: Mapped[str] = mapped_column(String(100))
    commission: Mapped[str] = mapped_column(String(100))
    demo: Mapped[bool]
    epoch: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InstallationKey(db.Model):  # type: ignore[name-defined,misc]  # as above
    """Which key this database was used with: `fingerprint` is `keys.fingerprint` of HOME/keys/<name>, which tells nothing of it."""

    __tablename__ = "installation_keys"
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
