"""Reading accounts: who somebody is now, including deputies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import bindparam, exists, select

from inspect_app import clock
from inspect_app.accounts.actor import Actor, actor_with
from inspect_app.accounts.models import Account, AccountRole, ApiToken, Deputy, Device, SignIn
from inspect_app.accounts.permissions import Role
from inspect_app.extensions import among, db
from inspect_app.prepared import Prepared, Row

# Asked at every request: built once, since building costs more than asking.
_PRINCIPALS = (
    select(Account)
    .join(Deputy, Deputy.principal_id == Account.id)
    .where(Deputy.deputy_id == bindparam("deputy"), Deputy.cancelled_at.is_(None))
    .where(Deputy.starts_on <= bindparam("today"), Deputy.ends_on >= bindparam("today"))
)
_STANDING_IN = (
    select(Account, Deputy.principal_id)
    .join(Deputy, Deputy.deputy_id == Account.id)
    .where(among(Deputy.principal_id, "ids"), Deputy.cancelled_at.is_(None))
    .where(Deputy.starts_on <= bindparam("today"), Deputy.ends_on >= bindparam("today"))
    .order_by(Account.login)
)
_a, _r, _t, _d = (model.__table__.c for model in (Account, AccountRole, ApiToken, Deputy))
_STANDS_IN = exists().where(
    _d.deputy_id == _a.id,
    _d.cancelled_at.is_(None),
    _d.starts_on <= bindparam("today"),
    _d.ends_on >= bindparam("today"),
)
_ASKING = (
    select(
        _a.id, _a.login, _a.name, _a.agency_id, _a.disabled_at, _a.expires_on, _a.must_change_password, _STANDS_IN, _r.role
    )
    .select_from(Account.__table__.outerjoin(AccountRole.__table__, _r.account_id == _a.id))
)  # fmt: skip
_BY_ID = Prepared(_ASKING.where(_a.id == bindparam("account")))
_BY_BEARER = Prepared(
    _ASKING.join(ApiToken.__table__, _t.account_id == _a.id)
    .where(_t.token_hash == bindparam("token"), _t.revoked_at.is_(None), _t.expires_at > bindparam("now"))
)  # fmt: skip
_REVOKED = Prepared(select(Device.__table__.c.revoked_at).where(Device.__table__.c.id == bindparam("device")))
_NAMES = Prepared(select(_a.id, _a.name).where(among(_a.id, "ids")))


class Limited(Protocol):
    """Whoever may have been disabled, or be past an end."""

    @property
    def disabled_at(self) -> datetime | None: ...
    @property
    def expires_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Asking:
    """The account of a request, as much of it as decides what it may do; asked for each time, so that nothing is stale."""

    id: str
    login: str
    name: str
    agency_id: str | None
    disabled_at: datetime | None
    expires_on: date | None
    must_change_password: bool
    stands_in: bool  # for somebody today
    roles: frozenset[Role]


def token_hash(token: str) -> str:
    """What is stored of a cookie or bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()


def plain_login(typed: str) -> str:
    """A login as it is looked up and as its failures are counted: in one form, however it was typed, so that blanks never
    make another name to count of the same account. "@..." are the keys of addresses.
    """
    return "".join(typed.split()).lower().lstrip("@")[:60]


def by_login(login: str) -> Account | None:
    return db.session.scalars(select(Account).where(Account.login == plain_login(login))).first()


def get(account_id: str) -> Account | None:
    return db.session.get(Account, account_id)


def by_ids(account_ids: Iterable[str]) -> dict[str, Account]:
    """{id: account} with their roles, in two questions."""
    rows = db.session.scalars(select(Account).where(Account.id.in_(account_ids)))
    return {row.id: row for row in rows}


def with_role(*roles: Role, agency_id: str | None = None) -> list[Account]:
    """The enabled accounts that have one of the roles (of one agency), by login."""
    query = (
        select(Account).join(AccountRole).where(AccountRole.role.in_(roles), Account.disabled_at.is_(None))
    )
    if agency_id is not None:
        query = query.where(Account.agency_id == agency_id)
    return list(db.session.scalars(query.distinct().order_by(Account.login)))


def to_tell(*roles: Role, agency_id: str | None = None) -> list[Account]:
    """Whom a letter for these roles goes to: everybody who may act today, and who stands in for one of them."""
    holders = [person for person in with_role(*roles, agency_id=agency_id) if usable(person)]
    given = {"ids": [person.id for person in holders], "today": clock.today()}
    standing = db.session.execute(_STANDING_IN, given)
    homes = {person.id: person.agency_id for person in holders}
    deputies = [who for who, of in standing if usable(who) and who.agency_id == homes[of]]
    return list({person.id: person for person in (*holders, *deputies)}.values())


def names(account_ids: Iterable[str]) -> dict[str, str]:
    """Account id -> name, for lists."""
    return dict(_NAMES.rows(ids=set(account_ids)))


def own_roles(account: Account) -> frozenset[Role]:
    return frozenset(Role(row.role) for row in account.role_rows)


def principals_of(who: Account | Asking) -> list[Account]:
    """The people for whom this account deputises today: of the same agency still, whatever became of either since."""
    found = db.session.scalars(_PRINCIPALS, {"deputy": who.id, "today": clock.today()})
    return [person for person in found if usable(person) and person.agency_id == who.agency_id]


def actor_for(account: Account) -> Actor:
    """The actor with own roles and those of the people this one stands in for."""
    return _actor(account, own_roles(account), principals_of(account), None)


def actor_asking(person: Asking, device_id: str | None = None) -> Actor:
    """The same for the account of a request."""
    return _actor(person, person.roles, principals_of(person) if person.stands_in else [], device_id)


def _actor(
    who: Account | Asking, own: frozenset[Role], principals: list[Account], device_id: str | None
) -> Actor:
    return actor_with(
        own.union(*(own_roles(person) for person in principals)),
        id=who.id,
        login=who.login,
        name=who.name,
        agency_id=who.agency_id,
        device_id=device_id,
        principals=tuple(person.id for person in principals),
    )


def sign_in_of(token: str) -> SignIn | None:
    """The live session behind a cookie."""
    row = db.session.get(SignIn, token_hash(token))
    return row if row is not None and row.expires_at > clock.now() else None


def asking(account_id: str) -> Asking | None:
    """The account behind a session."""
    return _asking(_BY_ID.rows(account=account_id, today=clock.today()))


def asking_by_bearer(token: str) -> Asking | None:
    """The account behind an API token, unless it is revoked or over."""
    return _asking(_BY_BEARER.rows(token=token_hash(token), now=clock.now(), today=clock.today()))


def _asking(rows: list[Row]) -> Asking | None:
    """One row for each role; one without a role where there is none."""
    if not rows:
        return None
    key, login, name, agency, disabled, expires, must_change, stands_in, _ = rows[0]
    roles = frozenset(Role(role) for *_, role in rows if role is not None)
    return Asking(key, login, name, agency, disabled, expires, must_change, stands_in, roles)


def device_stands(device_id: str) -> bool:
    """Whether the device is known and not revoked."""
    return _REVOKED.row(device=device_id) == (None,)


def usable(account: Limited) -> bool:
    """Whether the account may act today: not disabled, not past its end."""
    return account.disabled_at is None and (account.expires_on is None or account.expires_on >= clock.today())
