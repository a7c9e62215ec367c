"""The life of an account: created, given roles, disabled, enabled, reviewed, idle (protection baseline 1-5)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from inspect_app import audit, clock
from inspect_app.accounts import mail_changes, queries, sessions
from inspect_app.accounts.actor import SYSTEM, Actor, permit
from inspect_app.accounts.credentials import LETTER, end_tokens
from inspect_app.accounts.models import Account, AccountRole, SignInFailure
from inspect_app.accounts.permissions import Permission, Role
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.notifications.services import enqueue
from inspect_app.transaction import transaction

IDLE = timedelta(days=90)
AGENCY_ROLES = frozenset({Role.AGENCY_HANDLER, Role.AGENCY_APPROVER})
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")


def create_account(
    actor: Actor,
    *,
    login: str,
    name: str,
    email: str,
    roles: frozenset[Role],
    title: str = "",
    agency_id: str | None = None,
    expires_on: date | None = None,
    invite: bool = True,
) -> Account:
    """Create an account and, with `invite`, queue the letter by which its person sets the first password.

    Raises `bad_value` (login's form; roles and agency do not go together) and `conflict` (login taken), with the field.
    """
    permit(actor, Permission.MANAGE_ACCOUNTS)
    login, moment = login.strip().lower(), clock.now()
    _check_login(login)
    _check_roles(roles, agency_id)
    account = Account(
        id=new_id(), login=login, name=name, title=title, email=email, agency_id=agency_id,
        expires_on=expires_on, created_at=moment, reviewed_at=moment, role_rows=_role_rows(roles),
    )  # fmt: skip
    with transaction() as session:
        session.add(account)
        _flush_unique_login()
        audit.record(actor, "accounts.created", f"account:{account.id}", roles=sorted(roles))
        mail_changes.tell_of_roles(actor, account, roles)
        if invite:
            _queue_invitation(account)
    return account


def _check_login(login: str) -> None:
    if _LOGIN.fullmatch(login) is None:
        raise Problem(
            "bad_value", "帳號請用 2 到 60 個英文小寫、數字或 . _ -，並以英文或數字開頭。", field="login"
        )


def _check_roles(roles: frozenset[Role], agency_id: str | None) -> None:
    if not roles:
        raise Problem("missing", "請至少選一個角色。", field="roles")
    if roles & AGENCY_ROLES and not roles <= AGENCY_ROLES:
        raise Problem("bad_value", "機關的角色不能和查核小組的角色放在同一個帳號。", field="roles")
    if bool(roles & AGENCY_ROLES) != bool(agency_id):
        text = (
            "機關的帳號要選所屬機關。" if roles & AGENCY_ROLES else "這些角色不屬於任何機關，請把機關留白。"
        )
        raise Problem("bad_value", text, field="agency_id")


def _role_rows(roles: frozenset[Role]) -> list[AccountRole]:
    return [AccountRole(role=role.value) for role in sorted(roles)]


def _flush_unique_login() -> None:
    try:
        db.session.flush()
    except IntegrityError:
        raise Problem("conflict", "這個帳號已經有人使用，請換一個。", field="login") from None


def _queue_invitation(account: Account) -> None:
    enqueue(LETTER, f"account:{account.id}", {"login": account.login, "purpose": "invitation"})


def invite(actor: Actor, account_id: str) -> None:
    """Send the invitation (again); the links of earlier letters end when it leaves."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    with transaction():
        account = _locked_account(account_id)
        if not queries.usable(account):
            raise Problem("wrong_state", "帳號停用中，不能寄邀請。請先啟用。")
        _queue_invitation(account)
        audit.record(actor, "accounts.invited", f"account:{account_id}")


def change_account(
    actor: Actor,
    account_id: str,
    *,
    name: str,
    email: str,
    roles: frozenset[Role],
    title: str = "",
    agency_id: str | None = None,
    expires_on: date | None = None,
) -> None:
    """Change an account's facts and roles. Nobody changes their own roles (`wrong_state`). See `mail_changes`."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    _check_roles(roles, agency_id)
    with transaction():
        account = _locked_account(account_id)
        before = queries.own_roles(account)
        if actor.id == account_id and before != roles:
            raise Problem("wrong_state", "不能變更自己的角色，請由另一位系統管理者處理。", field="roles")
        mail_changes.change(actor, account, email)
        mail_changes.tell_of_roles(actor, account, roles - before)
        account.name, account.title = name, title
        account.agency_id, account.expires_on = agency_id, expires_on
        _change_roles(account, roles)
        audit.record(
            actor, "accounts.changed", f"account:{account_id}", roles=sorted(roles), before=sorted(before)
        )


def _change_roles(account: Account, roles: frozenset[Role]) -> None:
    """Only what differs is touched: an unchanged row keeps its place."""
    kept = [row for row in account.role_rows if Role(row.role) in roles]
    new = roles - {Role(row.role) for row in kept}
    account.role_rows = kept + _role_rows(new)


def _locked_account(account_id: str) -> Account:
    account = db.session.get(Account, account_id, with_for_update=True, populate_existing=True)
    if account is None:
        raise Problem("not_found", "找不到這個帳號，可能已經刪除。")
    return account


def disable_account(actor: Actor, account_id: str, reason: str) -> None:
    """Disable an account; its sessions and API tokens end at once and for good, its tablets may only hand in (parked)."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    if actor.id == account_id:
        raise Problem("wrong_state", "不能停用自己的帳號，請由另一位系統管理者處理。")
    if not reason:
        raise Problem("reason_required", "請填寫停用的理由。", field="reason")
    with transaction():
        account = _locked_account(account_id)
        account.disabled_at = account.disabled_at or clock.now()
        sessions.end_all(account_id, but_devices=True)
        end_tokens(actor, account_id)
        audit.record(actor, "accounts.disabled", f"account:{account_id}", reason=reason)


def enable_account(actor: Actor, account_id: str) -> None:
    """Enable an account again; its idle time counts anew."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    with transaction():
        account = _locked_account(account_id)
        if account.expires_on is not None and account.expires_on < clock.today():
            raise Problem("wrong_state", "帳號的使用期限已過。請先延長期限，再啟用。")
        account.disabled_at, account.reviewed_at = None, clock.now()
        sessions.end_all(account_id)
        audit.record(actor, "accounts.enabled", f"account:{account_id}")


def unlock_account(actor: Actor, account_id: str) -> None:
    """Lift the lock that five failures have set."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    with transaction() as session:
        account = _locked_account(account_id)
        session.execute(delete(SignInFailure).where(SignInFailure.login == account.login))
        audit.record(actor, "accounts.unlocked", f"account:{account_id}")


def review_account(actor: Actor, account_id: str) -> None:
    """Sign that an account is still needed as it is (baseline 4)."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    with transaction():
        _locked_account(account_id).reviewed_at = clock.now()
        audit.record(actor, "accounts.reviewed", f"account:{account_id}")


def disable_idle_accounts() -> int:
    """Disable who has not been here for ninety days (a daily job; baseline 3); answers how many."""
    since = clock.now() - IDLE
    last = func.coalesce(Account.last_seen_at, Account.created_at)
    reviewed = func.coalesce(Account.reviewed_at, Account.created_at)
    idle = select(Account.id).where(
        Account.disabled_at.is_(None), Account.demo.is_(False), last < since, reviewed < since
    )
    found = list(db.session.scalars(idle))
    for account_id in found:
        disable_account(SYSTEM, account_id, "閒置 90 天，系統自動停用")
    return len(found)
