from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inspect_app.extensions import UtcDateTime, db


class Account(db.Model):  # type: ignore[name-defined,misc]
    """A person who signs in. `demo` accounts sign in to a demo installation only."""

    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str] = mapped_column(String(200))
    mail_changed_by: Mapped[str | None] = mapped_column(
        String(36)
    )  # until another person confirms the address
    agency_id: Mapped[str | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    demo: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_on: Mapped[date | None] = mapped_column(Date)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # an administrator last confirmed the account
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    role_rows: Mapped[list[AccountRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class AccountRole(db.Model):  # type: ignore[name-defined,misc]
    __tablename__ = "account_roles"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)


class Device(db.Model):  # type: ignore[name-defined,misc]
    """Person x browser profile. A revoked device's requests are refused; its work is taken by another sign-in."""

    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeviceKey(db.Model):  # type: ignore[name-defined,misc]
    """A key with which a tablet seals what it holds, sealed by the installation's own; no row is ever replaced."""

    __tablename__ = "device_keys"
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the key
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WitnessKey(db.Model):  # type: ignore[name-defined,misc]
    """The public half of a key with which a device signs what it knows of a photo; no row is ever replaced."""

    __tablename__ = "device_witness_keys"
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(130), primary_key=True)  # P-256, uncompressed point, hex
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignIn(db.Model):  # type: ignore[name-defined,misc]
    """A server-side session; the cookie holds a random token of which only the hash is stored."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id"))
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(60), default="")


class HalfSignIn(db.Model):  # type: ignore[name-defined,misc]
    """The password was right and the code is still wanted; only the hash of the cookie's token is stored."""

    __tablename__ = "half_sign_ins"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SecondStep(db.Model):  # type: ignore[name-defined,misc]
    """The secret of an account's authenticator app, sealed; it stands from its first code on. `used`: the last code's step."""

    __tablename__ = "second_steps"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used: Mapped[int] = mapped_column(BigInteger)


class SignInFailure(db.Model):  # type: ignore[name-defined,misc]
    """Failures per login, known or not: five lock it for fifteen minutes."""

    __tablename__ = "sign_in_failures"
    login: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OneTimeToken(db.Model):  # type: ignore[name-defined,misc]
    """An invitation or a forgotten password: single use, with an end; only the hash is stored."""

    __tablename__ = "one_time_tokens"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))  # invitation, reset
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiToken(db.Model):  # type: ignore[name-defined,misc]
    __tablename__ = "api_tokens"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PasswordHistory(db.Model):  # type: ignore[name-defined,misc]
    """The last hashes, so that the last three passwords are not used again."""

    __tablename__ = "password_history"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Deputy(db.Model):  # type: ignore[name-defined,misc]
    """職務代理人: from `starts_on` to `ends_on` (both included) the deputy has the principal's roles and agency."""

    __tablename__ = "deputies"
    __table_args__ = (UniqueConstraint("principal_id", "deputy_id", "starts_on"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    principal_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    deputy_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Submission(db.Model):  # type: ignore[name-defined,misc]
    """A form that was sent: `id` is account:form, `location` where it led (empty while it is under way)."""

    __tablename__ = "submissions"
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    location: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
