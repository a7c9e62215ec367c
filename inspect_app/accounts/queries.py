"""Reading accounts: who somebody is now, including deputies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from inspect_app import clock
from inspect_app.accounts.actor import Actor, actor_with
from inspect_app.accounts.models import Account, AccountRole, ApiToken, Deputy, SignIn
from inspect_app.accounts.permissions import Role
from inspect_app.extensions import among, db

# Asked at every request: built once, since building costs more than asking.
_PRINCIPALS = (
    select(Account)
    .join(Deputy, Deputy.principal_id == Account.id)
    .where(Deputy.deputy_id == bindparam("deputy"), Deputy.cancelled_at.is_(None))
    .where(Deputy.starts_on <= bindparam("today"), Deputy.ends_on >= bindparam("today"))
)
_OF_BEARER = (
    select(Account)
    .join(ApiToken, ApiToken.account_id == Account.id)
    .where(ApiToken.token_hash == bindparam("token"), ApiToken.revoked_at.is_(None))
    .where(ApiToken.expires_at > bindparam("now"))
    .options(joinedload(Account.role_rows))
)
_a = Account.__table__.c
_NAMES = select(_a.id, _a.name).where(among(_a.id, "ids"))


def token_hash(token: str) -> str:
    """What is stored of a cookie or bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_login(login: str) -> Account | None:
    return db.session.scalars(select(Account).where(Account.login == login.strip().lower())).first()


def get(account_id: str) -> Account | None:
    return db.session.get(Account, account_id)


def with_role(*roles: Role, agency_id: str | None = None) -> list[Account]:
    """The enabled accounts that have one of the roles (of one agency), by login."""
    query = (
        select(Account).join(AccountRole).where(AccountRole.role.in_(roles), Account.disabled_at.is_(None))
    )
    if agency_id is not None:
        query = query.where(Account.agency_id == agency_id)
    return list(db.session.scalars(query.distinct().order_by(Account.login)))


def names(account_ids: Iterable[str]) -> dict[str, str]:
    """Account id -> name, for lists."""
    rows = db.session.execute(_NAMES, {"ids": set(account_ids)})
    return {row.id: row.name for row in rows}


def own_roles(account: Account) -> frozenset[Role]:
    return frozenset(Role(row.role) for row in account.role_rows)


def principals_of(account_id: str) -> list[Account]:
    """The people for whom this account deputises today."""
    found = db.session.scalars(_PRINCIPALS, {"deputy": account_id, "today": clock.today()})
    return [person for person in found if usable(person)]


def actor_for(account: Account, device_id: str | None = None) -> Actor:
    """The actor with own roles and those of the people this one stands in for."""
    principals = principals_of(account.id)
    roles = own_roles(account).union(*(own_roles(person) for person in principals))
    agency = account.agency_id or next((person.agency_id for person in principals if person.agency_id), None)
    return actor_with(
        roles,
        id=account.id,
        login=account.login,
        name=account.name,
        agency_id=agency,
        device_id=device_id,
        principals=tuple(person.id for person in principals),
    )


def sign_in_of(token: str) -> SignIn | None:
    """The live session behind a cookie."""
    row = db.session.get(SignIn, token_hash(token))
    return row if row is not None and row.expires_at > clock.now() else None


def account_of_bearer(token: str) -> Account | None:
    """The account behind an API token, unless it is revoked or over."""
    return db.session.scalars(_OF_BEARER, {"token": token_hash(token), "now": clock.now()}).unique().first()


def usable(account: Account) -> bool:
    """Whether the account may act today: not disabled, not past its end."""
    return account.disabled_at is None and (account.expires_on is None or account.expires_on >= clock.today())
