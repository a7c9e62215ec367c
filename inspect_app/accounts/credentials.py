"""First, forgotten and changed passwords, and tokens for API clients (protection baseline 38-47)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from inspect_app import audit, clock
from inspect_app.accounts import queries, sessions
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.models import Account, ApiToken, OneTimeToken, PasswordHistory, SignInFailure
from inspect_app.accounts.passwords import check_strength, hash_password, matches
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.notifications.models import OutboxRow
from inspect_app.notifications.services import enqueue, forget_done
from inspect_app.transaction import transaction

LETTER = "account_letter"
VALID = {"invitation": timedelta(days=7), "reset": timedelta(hours=1)}
REMEMBERED = 3
REQUESTS_PER_HOUR = 10
ASKED_LONG_AGO = timedelta(days=30)
RESET_WANTED = timedelta(hours=3)
"""After so long nobody waits for the letter any more that was asked for."""


def change_password(actor: Actor, current: str, new: str, *, keep: str, address: str = "") -> None:
    """Change one's own password; every other session ends, the one whose token is `keep` goes on.

    Raises `bad_credentials` (field current; counted like a failed sign-in), `bad_value` (field password).
    """
    permit(actor, Permission.SIGNED_IN)
    with _told_at("current"):
        verified = sessions.verify(actor.login, current, address)
    with transaction():
        with _told_at("current"):
            sessions.held(verified)
        _set_password(actor.id, new)
        _end_access(actor, actor.id, keep=keep)
        audit.record(actor, "accounts.password_changed", f"account:{actor.id}")


@contextmanager
def _told_at(field: str) -> Iterator[None]:
    try:
        yield
    except Problem as problem:
        raise Problem(problem.code, problem.detail, field=field) from None


def give_first_password(actor: Actor, account_id: str, password: str) -> None:
    """Set a password that must be changed at the first sign-in (the command line's way in)."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    with transaction():
        _set_password(account_id, password).must_change_password = True
        _end_access(actor, account_id)
        audit.record(actor, "accounts.first_password_given", f"account:{account_id}")


def _end_access(actor: Actor | Account, account_id: str, keep: str = "") -> None:
    """A new password ends what was opened under the old one, by whomever: every session but `keep`, every API token."""
    sessions.end_all(account_id, keep=keep)
    end_tokens(actor, account_id)


def end_tokens(actor: Actor | Account, account_id: str) -> None:
    """In a transaction: no API token of the account works again, not even when the account does."""
    live = update(ApiToken).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
    ended = db.session.execute(live.values(revoked_at=clock.now()).returning(ApiToken.token_hash)).all()
    if ended:
        audit.record(actor, "accounts.tokens_ended", f"account:{account_id}", count=len(ended))


def _set_password(account_id: str, new: str) -> Account:
    """The new password stands, and no letter's link can set another."""
    account = db.session.get_one(Account, account_id, with_for_update=True)
    check_strength(new, account.login, account.name)
    _refuse_used(account, new)
    account.password_hash = hash_password(new)
    account.password_changed_at, account.must_change_password = clock.now(), False
    db.session.add(
        PasswordHistory(
            id=new_id(), account_id=account.id, password_hash=account.password_hash, created_at=clock.now()
        )
    )
    end_links(account_id)
    db.session.flush()
    return account


def _refuse_used(account: Account, new: str) -> None:
    """Not one of the last three (baseline 42), the present one included."""
    recent = select(PasswordHistory.password_hash).where(PasswordHistory.account_id == account.id)
    recent = recent.order_by(PasswordHistory.created_at.desc(), PasswordHistory.id.desc()).limit(REMEMBERED)
    if any(matches(used, new) for used in {account.password_hash, *db.session.scalars(recent)} if used):
        raise Problem("bad_value", "新密碼不能與前三次用過的密碼相同。", field="password")


def ask_for_reset(login: str, address: str) -> None:
    """Queue a letter for a forgotten password. Known or not, the same work is done and the same answer given: whether
    the login exists is looked up only when the letter is delivered. Raises `too_many` by address (baseline 44).
    """
    login, ref = queries.plain_login(login), f"reset:{address}"[:120]
    since = clock.now() - timedelta(hours=1)
    asked = select(func.count()).where(OutboxRow.ref == ref, OutboxRow.created_at > since)
    if (db.session.scalar(asked) or 0) >= REQUESTS_PER_HOUR:
        raise Problem("too_many", "這個網路位址申請太多次，請一小時後再試，或洽系統管理者。")
    slot = int(clock.now().timestamp() // 300)
    with transaction():
        until = (clock.now() + RESET_WANTED).isoformat()
        enqueue(
            LETTER, ref, {"login": login, "purpose": "reset", "until": until}, once=f"reset:{login}:{slot}"
        )
        audit.record(sessions.NOBODY, "accounts.reset_asked", "account:unknown")


def new_one_time_token(account_id: str, purpose: str) -> str:
    """A fresh single-use token; earlier ones of the account end. Only its hash is stored."""
    token, moment = secrets.token_urlsafe(32), clock.now()
    with transaction() as session:
        end_links(account_id)
        session.add(
            OneTimeToken(
                token_hash=queries.token_hash(token),
                account_id=account_id,
                purpose=purpose,
                created_at=moment,
                expires_at=moment + VALID[purpose],
            )
        )
    return token


def end_links(account_id: str) -> None:
    """In a transaction: no letter that has left can set a password."""
    open_ones = update(OneTimeToken).where(
        OneTimeToken.account_id == account_id, OneTimeToken.used_at.is_(None)
    )
    db.session.execute(open_ones.values(used_at=clock.now()))


def forget_ended() -> None:
    """Drop links that are over (a daily job): an unknown one is answered alike. And the requests for one: whoever asks for names
    that nobody has would fill the outbox for ever.
    """
    with transaction() as session:
        session.execute(delete(OneTimeToken).where(OneTimeToken.expires_at <= clock.now()))
    forget_done(LETTER, ASKED_LONG_AGO, "reset:")


def account_of_token(token: str) -> Account:
    """Whose password the link may set. Raises `token_invalid` when it is used, late, unknown, or the account disabled."""
    row = db.session.get(OneTimeToken, queries.token_hash(token))
    account = queries.get(row.account_id) if row is not None else None
    if row is None or row.used_at is not None or row.expires_at <= clock.now():
        raise Problem("token_invalid", "這個連結已經用過或超過期限。請重新申請，或請系統管理者再寄一次邀請。")
    if account is None or not queries.usable(account):
        raise Problem("token_invalid", "這個帳號已停用，連結不能再用。請洽系統管理者。")
    return account


def set_password_by_token(token: str, password: str) -> Account:
    """Set the password that a letter's link allows, once; sessions end, a lock of the sign-in is lifted."""
    with transaction() as session:
        session.get(OneTimeToken, queries.token_hash(token), with_for_update=True, populate_existing=True)
        account = account_of_token(token)
        _set_password(account.id, password)
        _end_access(account, account.id)
        session.execute(delete(SignInFailure).where(SignInFailure.login == account.login))
        audit.record(account, "accounts.password_set", f"account:{account.id}")
    return account


def issue_token(actor: Actor, login: str, name: str, days: int = 90) -> str:
    """A bearer token for an API client that acts as this account, until its end, a new password or a disabling of the
    account; shown once, only its hash is stored.
    """
    permit(actor, Permission.MANAGE_ACCOUNTS)
    account = queries.by_login(login)
    if account is None:
        raise Problem("not_found", f"找不到帳號 {login}，請查對。", field="login")
    token, moment = secrets.token_urlsafe(32), clock.now()
    with transaction() as session:
        held = session.get_one(Account, account.id, with_for_update=True, populate_existing=True)
        if not queries.usable(held):
            raise Problem("wrong_state", "帳號停用中，不能發給權杖。請先啟用。", field="login")
        session.add(
            ApiToken(
                token_hash=queries.token_hash(token),
                account_id=account.id,
                name=name[:100],
                created_at=moment,
                expires_at=moment + timedelta(days=days),
            )
        )
        audit.record(actor, "accounts.token_issued", f"account:{account.id}", name=name, days=days)
    return token


def revoke_token(actor: Actor, account_id: str, token_hash: str) -> None:
    """End an API token at once."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    with transaction() as session:
        row = session.get(ApiToken, token_hash)
        if row is None or row.account_id != account_id:
            raise Problem("not_found", "找不到這個權杖，可能已經刪除。")
        row.revoked_at = clock.now()
        audit.record(actor, "accounts.token_revoked", f"account:{account_id}", name=row.name)
