"""Signing in and out: the lock after five failures, server-side sessions, devices."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from inspect_app import audit, clock
from inspect_app.accounts import queries, second_step
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account, Device, HalfSignIn, SignIn, SignInFailure
from inspect_app.accounts.passwords import matches
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.installation.services import is_demo
from inspect_app.transaction import transaction

MAX_FAILURES = 5
MAX_FAILURES_OF_ADDRESS = 50
LOCK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the route needs to set the cookie."""

    token: str
    account: Account
    device_id: str | None


def sign_in(
    login: str, password: str, *, device: tuple[str, str] | None, address: str, hours: int, code: str = ""
) -> NewSession:
    """Check password and, where one stands, the second step's code, and open a session; `device` is (id, name) of a tablet.

    Raises `sign_in_locked` (five failures lock the login for fifteen minutes; baseline 40), `too_many` (many failures
    from one address; baseline 44), `bad_credentials`, `second_step_required` (no code came), `bad_code`,
    `second_step_unset` (the role wants one, see the office), `account_disabled`, `demo_only`, `device_revoked`.
    """
    verified = looked_at(login, password, address)
    account = verified.account
    by_code = second_step.stands(account.id)
    if not by_code and second_step.is_wanted(account):
        take_back_try(login, address)
        raise Problem("second_step_unset")
    if by_code and not code:
        take_back_try(login, address)
        raise Problem("second_step_required", field="code")
    if not by_code:
        forget_tries(login, address)
        return opened(verified, device, address, hours)
    with transaction():
        account = held(verified)
        second_step.take(account, code)
        new = admit(account, device, address, hours)
    forget_tries(login, address)
    return new


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose password it was, and which: the account may get another one before anything is done with it."""

    account: Account
    password_hash: str


def verify(login: str, password: str, address: str = "") -> Verified:
    """The account whose password this is; success forgets the earlier tries. Raises as `looked_at`."""
    verified = looked_at(login, password, address)
    forget_tries(login, address)
    return verified


def looked_at(login: str, password: str, address: str) -> Verified:
    """The account whose password this is. Each try is counted *before* the password is looked at, so that parallel
    tries never get more than five looks. An unknown login costs and answers the same.
    """
    login = queries.plain_login(login)
    account = queries.by_login(login)
    locked_until = count_try(login, address, f"account:{account.id}" if account else "account:unknown")
    stored = account.password_hash if account else ""
    if not matches(stored, password) or account is None:
        if locked_until is not None:
            raise _locked(locked_until)
        raise _wrong()
    return Verified(account, stored)


def held(verified: Verified) -> Account:
    """In a transaction: the account, held, so that nobody gives it another password or disables it before the end.

    Raises `bad_credentials` when the password that was looked at is no longer its own: what was to be done with it may
    not outlive it.
    """
    account = db.session.get_one(Account, verified.account.id, with_for_update=True, populate_existing=True)
    if account.password_hash != verified.password_hash:
        raise _wrong()
    return account


def refuse_unfit(account: Account) -> None:
    """Raises `demo_only`, `account_disabled`."""
    if account.demo and not is_demo():
        raise Problem("demo_only", "示範帳號只能用在示範環境。")
    if not queries.usable(account):
        raise Problem("account_disabled", "這個帳號已停用，請洽系統管理者。")


def _wrong() -> Problem:
    return Problem("bad_credentials", "帳號或密碼不正確。連續錯誤 5 次會鎖定 15 分鐘。", field="password")


def count_try(login: str, address: str, subject: str) -> datetime | None:
    """Count one more try of this login and address; answers the end of the lock that this try has caused."""
    try:
        return _count_in_transaction(login, address, subject)
    except IntegrityError:  # another process counted this login's first try in the same instant
        return _count_in_transaction(login, address, subject)


def _count_in_transaction(login: str, address: str, subject: str) -> datetime | None:
    with transaction():
        if address:
            _count(f"@{address}"[:60], MAX_FAILURES_OF_ADDRESS, _crowded)
        row = _count(login, MAX_FAILURES, _locked)
        audit.record(
            NOBODY, "accounts.sign_in_tried", subject, count=row.count
        )  # a login may be a mistyped password
    return row.locked_until


def _count(key: str, most: int, refusal: Callable[[datetime], Problem]) -> SignInFailure:
    moment = clock.now()
    row = db.session.get(SignInFailure, key, with_for_update=True, populate_existing=True)
    if row is None:
        row = SignInFailure(login=key, count=0, last_at=moment, locked_until=None)
        db.session.add(row)
    if row.locked_until is not None and row.locked_until > moment:
        raise refusal(row.locked_until)
    expired = row.locked_until is not None or row.last_at < moment - LOCK
    row.count, row.last_at = (1 if expired else row.count + 1), moment
    row.locked_until = moment + LOCK if row.count >= most else None
    db.session.flush()
    return row


def _locked(until: datetime) -> Problem:
    local = until.astimezone(clock.TAIPEI)
    text = f"密碼錯誤次數過多，這個帳號鎖定到 {local:%H:%M}，請在那之後再試。忘記密碼時可以重設。"
    return Problem("sign_in_locked", text, field="login")


def _crowded(until: datetime) -> Problem:
    local = until.astimezone(clock.TAIPEI)
    return Problem("too_many", f"這個網路位址登入失敗太多次，請在 {local:%H:%M} 之後再試。")


def forget_tries(login: str, address: str) -> None:
    """A success clears the login; of the address only this one try, so that one good password does not open the rest."""
    with transaction() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.login == queries.plain_login(login)))
        _uncount(f"@{address}"[:60])


def take_back_try(login: str, address: str) -> None:
    """The password was right and the code is still to come: this try was none, but wrong codes before it stay counted."""
    with transaction():
        _uncount(queries.plain_login(login))
        _uncount(f"@{address}"[:60])


def _uncount(key: str) -> None:
    row = db.session.get(SignInFailure, key, with_for_update=True, populate_existing=True)
    if row is not None:
        row.count, row.locked_until = max(row.count - 1, 0), None


@dataclass(frozen=True, slots=True)
class Nobody:
    """Who acts before anybody signed in."""

    id: str = ""
    name: str = "未登入"


NOBODY = Nobody()


def opened(verified: Verified, device: tuple[str, str] | None, address: str, hours: int) -> NewSession:
    """A session for whose password was looked at. Raises `bad_credentials`, `account_disabled`, `device_revoked`."""
    with transaction():
        return admit(held(verified), device, address, hours)


def admit(account: Account, device: tuple[str, str] | None, address: str, hours: int) -> NewSession:
    """In a transaction that holds the account: open a session. Raises `demo_only`, `account_disabled`, `device_revoked`."""
    refuse_unfit(account)
    moment, token = clock.now(), secrets.token_urlsafe(32)
    account.last_seen_at = moment
    device_id = _register(account, device) if device else None
    db.session.add(
        SignIn(
            token_hash=queries.token_hash(token), account_id=account.id, device_id=device_id,
            csrf=secrets.token_urlsafe(24), created_at=moment, seen_at=moment,
            expires_at=moment + timedelta(hours=hours), address=address,
        )
    )  # fmt: skip
    audit.record(account, "accounts.signed_in", f"account:{account.id}", device=device_id)
    return NewSession(token, account, device_id)


def _register(account: Account, device: tuple[str, str]) -> str:
    device_id, name = device
    row = db.session.get(Device, device_id)
    if row is None:
        row = Device(
            id=device_id, account_id=account.id, name=name[:100], created_at=clock.now(), seen_at=clock.now()
        )
        db.session.add(row)
        db.session.flush()
    if row.account_id != account.id or row.revoked_at is not None:
        raise Problem("device_revoked", "這台裝置已被撤銷或屬於別人，請重新安裝後再登入。裝置上的資料仍在。")
    row.seen_at = clock.now()
    return row.id


def sign_out(token: str) -> None:
    """End the session; nothing on the device is touched."""
    with transaction() as session:
        session.execute(delete(SignIn).where(SignIn.token_hash == queries.token_hash(token)))


def end_all(account_id: str, *, keep: str = "", but_devices: bool = False) -> None:
    """End every session of an account (password changed, account disabled), but for the one whose token is `keep`.

    `but_devices` leaves those of tablets: a disabled account may do nothing with one but hand in what it wrote before,
    which goes into quarantine.
    """
    kept = queries.token_hash(keep) if keep else ""
    half = delete(HalfSignIn).where(HalfSignIn.account_id == account_id)
    ended = delete(SignIn).where(SignIn.account_id == account_id, SignIn.token_hash != kept)
    with transaction() as session:
        session.execute(half)
        session.execute(ended.where(SignIn.device_id.is_(None)) if but_devices else ended)


def forget_ended() -> None:
    """Drop sessions that are over, and counts of failures that no longer count (a daily job): whoever tries names that
    nobody has would fill the table for ever.
    """
    with transaction() as session:
        session.execute(delete(SignIn).where(SignIn.expires_at <= clock.now()))
        session.execute(delete(HalfSignIn).where(HalfSignIn.expires_at <= clock.now()))
        session.execute(delete(SignInFailure).where(SignInFailure.last_at < clock.now() - 2 * LOCK))


def touch(sign_in: SignIn) -> None:
    """Remember the last request, at most once a minute."""
    if clock.now() - sign_in.seen_at > timedelta(minutes=1):
        with transaction() as session:
            row = session.get(SignIn, sign_in.token_hash)
            if row is not None:
                row.seen_at = clock.now()


def revoke_device(actor: Actor, device_id: str) -> None:
    """Revoke a lost tablet: its owner or an administrator. Its sessions end at once; what had arrived stays."""
    with transaction() as session:
        row = session.get(Device, device_id)
        if row is None or not (actor.id == row.account_id or actor.may(Permission.MANAGE_ACCOUNTS)):
            raise Problem("not_found")
        row.revoked_at = clock.now()
        session.execute(delete(SignIn).where(SignIn.device_id == device_id))
        audit.record(actor, "accounts.device_revoked", f"device:{device_id}")
