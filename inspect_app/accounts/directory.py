"""The list of accounts as an administrator reads it: who, which roles, in which state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account, AccountRole, ApiToken, Device, SignInFailure
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.queries import own_roles, usable
from inspect_app.accounts.services import IDLE
from inspect_app.accounts.todos import Todo
from inspect_app.extensions import db

REVIEW = timedelta(days=180)
COLUMNS: dict[str, Any] = {"login": Account.login, "name": Account.name, "seen": Account.last_seen_at}
SORTABLE = tuple(COLUMNS)
STATES = {
    "active": "使用中",
    "invited": "未設密碼",
    "locked": "鎖定中",
    "idle": "久未使用",
    "review": "待審核",
    "expired": "已到期",
    "disabled": "已停用",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One account of the list."""

    account: Account
    state: str
    locked_until: datetime | None

    @property
    def roles(self) -> list[str]:
        return sorted(own_roles(self.account))


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; empty means everything."""

    text: str = ""
    role: str = ""
    state: str = ""
    agency_id: str = ""


def lines(wanted: Filter, sort: str, descending: bool, offset: int, limit: int) -> tuple[list[Line], int]:
    """One page of the list, and how many there are."""
    query = _narrowed(wanted)
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    column = COLUMNS[sort]
    order = (column.desc() if descending else column.asc()).nulls_last()
    found: Iterable[Account] = db.session.scalars(
        query.order_by(order, Account.login).offset(offset).limit(limit)
    )
    return [line(account) for account in found], count


def _narrowed(wanted: Filter) -> Select[tuple[Account]]:
    query = select(Account)
    if wanted.text:
        like = f"%{wanted.text.strip().lower()}%"
        query = query.where(
            or_(Account.login.like(like), func.lower(Account.name).like(like), Account.email.like(like))
        )
    if wanted.role:
        query = query.where(
            exists().where(AccountRole.account_id == Account.id, AccountRole.role == wanted.role)
        )
    if wanted.agency_id:
        query = query.where(Account.agency_id == wanted.agency_id)
    if wanted.state in STATES:
        query = query.where(_in_state(wanted.state))
    return query


def _in_state(state: str) -> ColumnElement[bool]:
    moment, today = clock.now(), clock.today()
    enabled = and_(
        Account.disabled_at.is_(None), or_(Account.expires_on.is_(None), Account.expires_on >= today)
    )
    seen = func.coalesce(Account.last_seen_at, Account.created_at)
    reviewed = func.coalesce(Account.reviewed_at, Account.created_at)
    return {
        "active": enabled,
        "invited": and_(enabled, Account.password_hash == ""),
        "locked": exists().where(SignInFailure.login == Account.login, SignInFailure.locked_until > moment),
        "idle": and_(enabled, seen < moment - IDLE),
        "review": and_(enabled, reviewed < moment - REVIEW),
        "expired": and_(Account.disabled_at.is_(None), Account.expires_on < today),
        "disabled": Account.disabled_at.is_not(None),
    }[state]


def line(account: Account) -> Line:
    failures = db.session.get(SignInFailure, account.login)
    until = failures.locked_until if failures is not None else None
    locked = until if until is not None and until > clock.now() else None
    return Line(account, _state(account, locked), locked)


def _state(account: Account, locked: datetime | None) -> str:
    if account.disabled_at is not None:
        return "disabled"
    if not usable(account):
        return "expired"
    if locked is not None:
        return "locked"
    if not account.password_hash:
        return "invited"
    return "idle" if (account.last_seen_at or account.created_at) < clock.now() - IDLE else "active"


def devices_of(account_id: str) -> list[Device]:
    """The tablets of an account, the latest used first; revoked ones at the end."""
    query = select(Device).where(Device.account_id == account_id)
    return list(db.session.scalars(query.order_by(Device.revoked_at.is_not(None), Device.seen_at.desc())))


def tokens_of(account_id: str) -> list[ApiToken]:
    """The API tokens that still work."""
    live = (ApiToken.revoked_at.is_(None), ApiToken.expires_at > clock.now())
    query = select(ApiToken).where(ApiToken.account_id == account_id, *live)
    return list(db.session.scalars(query.order_by(ApiToken.created_at.desc())))


def review_due() -> int:
    """How many accounts wait for their half-yearly review."""
    return db.session.scalar(select(func.count()).select_from(Account).where(_in_state("review"))) or 0


def todos(actor: Actor, today: date) -> list[Todo]:
    """An administrator's accounts to review (baseline 4)."""
    if not actor.may(Permission.MANAGE_ACCOUNTS) or not (count := review_due()):
        return []
    return [
        Todo(
            f"有 {count} 個帳號半年沒有審核", None, "office.accounts", {"state": "review"}, "審核", "account"
        )
    ]
