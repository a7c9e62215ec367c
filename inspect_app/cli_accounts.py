"""What the `accounts` commands do; the command line acts as the system."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import select

from inspect_app.accounts import credentials, queries, services, sign_in_steps
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.projects.models import Agency


def accounts() -> list[dict[str, Any]]:
    """[{login, name, roles, agency}] by login; agency is its name or null."""
    rows = db.session.execute(
        select(Account, Agency.name).outerjoin(Agency, Agency.id == Account.agency_id).order_by(Account.login)
    )
    return [_line(account, agency) for account, agency in rows]


def _line(account: Account, agency: str | None) -> dict[str, Any]:
    roles = sorted(queries.own_roles(account))
    return {"login": account.login, "name": account.name, "roles": roles, "agency": agency}


def create(
    login: str, name: str, email: str, roles: tuple[str, ...], agency: str | None, password: str, invite: bool
) -> dict[str, Any]:
    """One account as `accounts` shows it; with neither password nor letter also `link`, which sets the first password."""
    office = _agency(agency)
    account = services.create_account(
        SYSTEM, login=login, name=name, email=email, roles=frozenset(Role(role) for role in roles),
        agency_id=office.id if office else None, invite=invite,
    )  # fmt: skip
    line = _line(account, office.name if office else None)
    if password:
        credentials.give_first_password(SYSTEM, account.id, password)
        return line
    return line if invite else line | {"link": _link(account)}


def _link(account: Account) -> str:
    token = credentials.new_one_time_token(account.id, "invitation")
    return f"{current_app.config['SETTINGS'].public_url}/office/password/{token}"


def lift_second_step(login: str) -> None:
    """For whoever lost the phone and finds no administrator who could do it. Raises `not_found`, `wrong_state`."""
    account = queries.by_login(login)
    if account is None:
        raise Problem("not_found", f"找不到帳號 {login}，請查對。", field="login")
    sign_in_steps.lift(SYSTEM, account.id)


def _agency(named: str | None) -> Agency | None:
    if not named:
        return None
    found = db.session.scalars(select(Agency).where((Agency.name == named) | (Agency.code == named))).first()
    if found is None:
        raise Problem("bad_value", f"找不到機關「{named}」，請用機關的代碼或全名。", field="agency")
    return found
