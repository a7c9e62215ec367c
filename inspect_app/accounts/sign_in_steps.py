"""Signing in at the office in two steps, and one's own second step: set up, given up, lifted by an administrator.

Between password and code stands a half sign-in: ten minutes, a cookie of its own, good for nothing but the code.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from inspect_app import audit, clock
from inspect_app.accounts import mail_changes, queries, second_step, sessions
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.models import Account, HalfSignIn
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.sessions import NewSession
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.transaction import transaction

LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The password was right, the code is still wanted; `token` is for a cookie."""

    token: str


def begin(login: str, password: str, *, address: str, hours: int) -> NewSession | HalfWay:
    """The first step. Raises what `sessions.sign_in` raises for a password."""
    verified = sessions.looked_at(login, password, address)
    account = verified.account
    if not (second_step.stands(account.id) or second_step.is_wanted(account)):
        sessions.forget_tries(login, address)
        return sessions.opened(verified, None, address, hours)
    sessions.take_back_try(login, address)
    token, moment = secrets.token_urlsafe(32), clock.now()
    with transaction() as session:
        held = sessions.held(verified)
        sessions.refuse_unfit(held)
        row = HalfSignIn(token_hash=queries.token_hash(token), account_id=held.id, expires_at=moment + LIFE)
        session.add(row)
        audit.record(held, "accounts.password_taken", f"account:{held.id}")
    return HalfWay(token)


def who(token: str) -> Account:
    """Whose half sign-in it is. Raises `signed_out` when it is over, used, unknown."""
    row = db.session.get(HalfSignIn, queries.token_hash(token), populate_existing=True)
    if row is None or row.expires_at <= clock.now():
        raise Problem("signed_out", "等候驗證碼的時間過了，請重新輸入帳號和密碼。")
    return db.session.get_one(Account, row.account_id)


def finish(token: str, code: str, *, address: str, hours: int) -> NewSession:
    """The second step, once. Raises `signed_out`, `bad_code` (counted like a failed password), `sign_in_locked`, `too_many`,
    `account_disabled`.
    """
    account = who(token)
    sessions.count_try(account.login, address, f"account:{account.id}")
    with transaction() as session:
        session.get(Account, account.id, with_for_update=True, populate_existing=True)
        who(token)  # a new password, or this form sent twice, has ended it meanwhile
        _take(account, code)
        session.execute(delete(HalfSignIn).where(HalfSignIn.token_hash == queries.token_hash(token)))
        new = sessions.admit(account, None, address, hours)
    sessions.forget_tries(account.login, address)
    return new


def _take(account: Account, code: str) -> None:
    if second_step.take(account, code):
        mail_changes.tell_of_own_second_step(account)


def confirm(actor: Actor, code: str, address: str) -> None:
    """Set one's own up, by its first code. Raises `bad_code` (counted like a failed sign-in), `wrong_state`."""
    permit(actor, Permission.SIGNED_IN)
    if second_step.stands(actor.id):
        raise Problem("wrong_state", "兩步驟驗證已經設定好了。")
    sessions.count_try(actor.login, address, f"account:{actor.id}")
    with transaction() as session:
        _take(session.get_one(Account, actor.id, with_for_update=True), code)
    sessions.forget_tries(actor.login, address)


def give_up(actor: Actor, password: str, address: str) -> None:
    """Take one's own away, for the password. Raises what a wrong one raises, `wrong_state` where the role wants it."""
    permit(actor, Permission.SIGNED_IN)
    verified = sessions.verify(actor.login, password, address)
    with transaction():
        account = sessions.held(verified)
        if second_step.is_wanted(account):
            text = "您的角色規定要用兩步驟驗證。要換手機，請系統管理者解除後重新設定。"
            raise Problem("wrong_state", text)
        second_step.remove(actor, account)


def lift(actor: Actor, account_id: str) -> None:
    """Take somebody's away (a lost phone): their office sessions end; they, and every planner where they may know of a sealed
    visit, learn of it by mail. Raises `wrong_state` for one's own, `not_found`.
    """
    permit(actor, Permission.MANAGE_ACCOUNTS)
    if actor.id == account_id:
        raise Problem("wrong_state", "不能在這裡解除自己的兩步驟驗證，請到「我的資料」用密碼解除。")
    with transaction() as session:
        account = session.get(Account, account_id, with_for_update=True, populate_existing=True)
        if account is None:
            raise Problem("not_found", "找不到這個帳號，可能已經刪除。")
        second_step.remove(actor, account)
        sessions.end_all(account_id, but_devices=True)
        mail_changes.tell_of_second_step(actor, account)
