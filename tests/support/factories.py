"""Rows that tests need before they can begin. Small functions; each answers what it made."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from inspect_app import audit, clock
from inspect_app.accounts import queries as account_queries
from inspect_app.accounts.actor import SYSTEM, Actor
from inspect_app.accounts.models import Account, AccountRole, ApiToken
from inspect_app.accounts.permissions import Role
from inspect_app.catalogue.models import Edition, EditionRow
from inspect_app.catalogue.queries import edition_rows
from inspect_app.experts.models import Expert
from inspect_app.ids import new_id
from inspect_app.inspections.models import Inspection, Rollup
from inspect_app.projects.models import Agency, Firm, Tender
from inspect_app.scheduling.models import Visit, VisitMember
from inspect_app.scheduling.plan import Plan, TeamMember, as_json
from inspect_app.scheduling.services.rows import note
from inspect_app.transaction import transaction

PASSWORD = "long enough 42"


def agency(name: str = "", **values: Any) -> Agency:
    name = name or f"工務局新建工程處第{secrets.token_hex(3)}工務所"
    return _added(Agency(id=new_id(), name=name, **{"confirmed": True, **values}))


def firm(name: str = "大安營造股份有限公司") -> Firm:
    return _added(Firm(id=new_id(), name=name))


def tender(of: Agency | None = None, **values: Any) -> Tender:
    if "agency_id" not in values:
        values["agency_id"] = (of or agency()).id
    given = {"number": f"T-{secrets.token_hex(3)}", "name": "示範道路拓寬工程", "budget": 60_000_000, "district": "鹽埕區",
             "state": "施工中", "progress_planned_bp": 5000, "progress_actual_bp": 4500}  # fmt: skip
    return _added(Tender(id=new_id(), updated_at=clock.now(), **{**given, **values}))


def account(*roles: Role | str, login: str = "", password: str = "", **values: Any) -> Account:
    """An account with these roles; with `password` it can sign in by a form."""
    from inspect_app.accounts.passwords import hash_password

    key = new_id()
    login = login or f"p{key[-8:]}"
    row = Account(
        id=key, login=login, email=f"{login}@example.test", created_at=clock.now(),
        password_hash=hash_password(password) if password else "", **{"name": f"人員{key[-4:]}", **values},
    )  # fmt: skip
    row.role_rows = [AccountRole(account_id=key, role=str(role)) for role in roles]
    return _added(row)


def actor(*roles: Role | str, **values: Any) -> Actor:
    """A new account, as it acts."""
    return account_queries.actor_for(account(*roles, **values))


def expert(of: Account, *, external: bool = True, on_roster: bool = True, **values: Any) -> Expert:
    """The roster's line of an account; off the roster with the reason that the law wants."""
    reason = "" if on_roster else "機關首長核定"
    row = Expert(
        id=new_id(),
        account_id=of.id,
        name=of.name,
        external=external,
        on_roster=on_roster,
        off_roster_reason=reason,
    )
    for name, value in values.items():
        setattr(row, name, value)
    return _added(row)


def bearer(of: Account) -> dict[str, str]:
    """Headers of an API client of this account."""
    token = secrets.token_urlsafe(16)
    _added(
        ApiToken(
            token_hash=account_queries.token_hash(token), account_id=of.id, name="test", created_at=clock.now(),
            expires_at=clock.now() + timedelta(days=30), revoked_at=None,
        )
    )  # fmt: skip
    return {"Authorization": f"Bearer {token}"}


def edition(key: str = "test-edition") -> Edition:
    """A frozen edition of two rows."""
    lines = [
        {"code": "5.01", "parent": "", "level": 2, "kind": "heading", "text": "混凝土", "range": ""},
        {
            "code": "5.01.01",
            "parent": "5.01",
            "level": 3,
            "kind": "leaf",
            "text": "冷縫或蜂窩",
            "range": "[-1,-2]",
        },
    ]
    row = Edition(id=key, label="測試版", effective_from=date(2020, 1, 1), hash="", frozen_at=None)
    with transaction() as session:
        session.add(row)
        session.flush()
        session.add_all(EditionRow(edition_id=key, place=place, **line) for place, line in enumerate(lines))
        session.flush()
        row.hash, row.frozen_at = edition_rows(key).hash, clock.now()
        audit.record(SYSTEM, "catalogue.frozen", f"edition:{key}", hash=row.hash, effective="2020-01-01")
    return row


def issued_inspection(of: Tender, leader: Account, **values: Any) -> str:
    """An earlier inspection of a tender in figures, as the rollup keeps it; answers its id."""
    visit = released_visit(of, leader)
    given = {"kind": "inspection", "inspected_on": clock.today(), "issued_on": clock.today(),
             "score": 82, "grade": "甲等", "spread": 2, "findings": 1, "minor": 0, "medium": 1, "serious": 0,
             "amount_contractor": 0, "amount_supervision": 0, "amount_pcm": 0}  # fmt: skip
    points = {f"points_{party}": 0 for party in ("owner", "contractor", "supervision", "pcm")}
    own = {"tender_id": of.id, "agency_id": of.agency_id}
    with transaction() as session:
        session.add(
            Inspection(
                id=visit.id,
                state="issued",
                log_n=0,
                inspected_on=clock.today(),
                created_at=clock.now(),
                **own,
            )
        )
        session.flush()
        session.add(Rollup(inspection_id=visit.id, **own, **{**given, **points, **values}))
    return visit.id


def released_visit(
    of: Tender,
    leader: Account,
    members: tuple[Account, ...] = (),
    staff: tuple[Account, ...] = (),
    **values: Any,
) -> Visit:
    """A visit that is released today, with its team; leader and members score."""
    key, today = new_id(), clock.today()
    people = [
        ("leader", leader),
        *(("member", person) for person in members),
        *(("staff", person) for person in staff),
    ]
    team = tuple(
        TeamMember(person.id, role, person.name, external=role == "member") for role, person in people
    )
    plan = Plan(
        tender_id=of.id, kind="inspection", announced=False, planned_at=clock.now(), release_at=clock.now(),
        leader_hour=clock.now(), member_hour=clock.now(), window_from=today, window_to=today, team=team,
        rules_edition="2023-08-09", district=of.district,
    )  # fmt: skip
    plan = plan.with_values(edition_id=values.get("edition_id") or "", kind=values.get("kind", plan.kind))
    given = {"kind": plan.kind, "announced": False, "inspected_on": today, "window_from": today, "window_to": today,
             "rules_edition": plan.rules_edition, "plan": as_json(plan), "released_at": clock.now(),
             "released_by": leader.id}  # fmt: skip
    row = Visit(id=key, state="released", sealed=b"", wrapped_key=b"", version=1, created_at=clock.now(), tender_id=of.id,
                **{**given, **values})  # fmt: skip
    row.members = [
        VisitMember(
            account_id=person.account_id,
            role=person.role,
            external=person.external,
            name=person.name,
            place=place,
        )
        for place, person in enumerate(team)
    ]
    with transaction():
        _added(row)
        note(SYSTEM, row, "released")
    return row


def _added(row: Any) -> Any:
    with transaction() as session:
        session.add(row)
    return row
