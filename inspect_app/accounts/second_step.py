"""The second step of a sign-in: a code of an authenticator app (TOTP, RFC 6238; protection baseline 37, decision 0071).

Whoever set one up is asked for it at every sign-in by password. Roles named in SECOND_STEP_ROLES get in with one only.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyotp
from flask import Flask, current_app

from inspect_app import audit, clock
from inspect_app.accounts import queries
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.codes import counter_of, seal, secret_of
from inspect_app.accounts.models import Account, SecondStep
from inspect_app.accounts.permissions import Role
from inspect_app.config import WrongSetting
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.installation.boxes import SealBroken
from inspect_app.transaction import transaction

ISSUER = "工程施工查核"


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs: the address for its camera, and the secret (base 32) to type."""

    address: str
    secret: str


def init_app(app: Flask) -> None:
    """Refuse to start with a role that is none: nobody would be asked. Raises `WrongSetting`."""
    known = [role.value for role in Role]
    for name in app.config["SETTINGS"].second_step_roles:
        if name not in known:
            says = f"must be roles between commas ({', '.join(known)}); {name!r} is none."
            raise WrongSetting("SECOND_STEP_ROLES", says)


def stands(account_id: str) -> bool:
    """Whether the account has set one up."""
    row = db.session.get(SecondStep, account_id, populate_existing=True)
    return row is not None and row.confirmed_at is not None


def is_wanted(account: Account) -> bool:
    """Whether the account may not be without: by its roles, or by those of somebody it stands in for today."""
    wanted = current_app.config["SETTINGS"].second_step_roles
    return bool(wanted) and not queries.actor_for(account).roles.isdisjoint(wanted)


def setup(account_id: str) -> Setup:
    """The secret that waits for its first code, made at the first look. Raises `wrong_state` where one stands."""
    with transaction() as session:
        account = session.get_one(Account, account_id, with_for_update=True)
        row = session.get(SecondStep, account_id, populate_existing=True)
        if row is not None and row.confirmed_at is not None:
            raise Problem("wrong_state", "兩步驟驗證已經設定好了。要換手機，請先解除再重新設定。")
        if row is None:
            row = SecondStep(account_id=account_id, sealed=seal(account_id), made_at=clock.now(), used=0)
            session.add(row)
        secret = _open(row)
    return Setup(pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=ISSUER), secret)


def take(account: Account, code: str) -> bool:
    """In a transaction that holds the account: use a code up; True for the first of all, from which on the second step stands.

    Raises `bad_code` for a wrong one, a late one and one that was used before; `wrong_state` where nothing was set up.
    """
    row = db.session.get(SecondStep, account.id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Problem("wrong_state", "還沒有設定兩步驟驗證，請重新登入。")
    counter = counter_of(_open(row), code)
    if counter is None or counter <= row.used:
        text = "驗證碼不正確或已經用過。請填驗證器現在顯示的 6 個數字，並確認手機的時間正確。"
        raise Problem("bad_code", text, field="code")
    row.used = counter
    if row.confirmed_at is not None:
        return False
    row.confirmed_at = clock.now()
    audit.record(account, "accounts.second_step_set", f"account:{account.id}")
    return True


def remove(actor: Actor, account: Account) -> None:
    """In a transaction that holds the account: sign-ins ask for the password alone again. Raises `wrong_state` without one."""
    row = db.session.get(SecondStep, account.id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Problem("wrong_state", "這個帳號沒有設定兩步驟驗證。")
    db.session.delete(row)
    audit.record(actor, "accounts.second_step_lifted", f"account:{account.id}")


def _open(row: SecondStep) -> str:
    try:
        return secret_of(row)
    except SealBroken:
        text = "伺服器換過金鑰，讀不出這個帳號的兩步驟驗證。請系統管理者解除後重新設定。"
        raise Problem("wrong_state", text, field="code") from None
