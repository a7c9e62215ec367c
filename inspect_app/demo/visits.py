"""Past visits of the demo: released, with their team, as if planning had happened in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from inspect_app import clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.models import Account, Device
from inspect_app.demo.pen import Member
from inspect_app.demo.people import EXPERTS, by_login
from inspect_app.ids import new_id
from inspect_app.projects.models import Tender
from inspect_app.scheduling.models import Visit
from inspect_app.scheduling.plan import Plan, TeamMember
from inspect_app.scheduling.services.releasing import open_up
from inspect_app.scheduling.services.rows import put_seal
from inspect_app.transaction import transaction


@dataclass(frozen=True, slots=True)
class Team:
    """Accounts and devices of one visit, leader first."""

    members: Sequence[Member]
    plan: tuple[TeamMember, ...]


@dataclass(slots=True)
class Crew:
    """Everybody who goes out, each with a tablet."""

    accounts: dict[str, Account]
    devices: dict[str, str]

    def team(self, random: Random) -> Team:
        """One leader, two outside experts, one of the staff: what is usual."""
        experts = random.sample([login for login, *_rest in EXPERTS], 2)
        logins = [
            (random.choice(["leader1", "leader2"]), "leader"),
            *((login, "member") for login in experts),
        ]
        return self.of([*logins, (random.choice(["staff1", "staff2", "staff3"]), "staff")])

    def of(self, logins: Sequence[tuple[str, str]]) -> Team:
        """A team by logins and roles."""
        chosen = [(self.accounts[login], role) for login, role in logins]
        members = [
            Member(account.id, self.devices[account.login], role, account.name) for account, role in chosen
        ]
        plan = tuple(
            TeamMember(account.id, role, account.name, external=role == "member") for account, role in chosen
        )
        return Team(members, plan)


def crew() -> Crew:
    """The people of the demo's visits with one registered tablet each."""
    logins = ["leader1", "leader2", "staff1", "staff2", "staff3", *(login for login, *_rest in EXPERTS)]
    accounts = {login: by_login(login) for login in logins}
    with transaction() as session:
        moment = clock.now()
        devices = {
            login: Device(
                id=new_id(), account_id=account.id, name="示範平板", created_at=moment, seen_at=moment
            )
            for login, account in accounts.items()
        }
        session.add_all(devices.values())
    return Crew(accounts, {login: device.id for login, device in devices.items()})


def crew_of(logins: Sequence[tuple[str, str]]) -> Team:
    """A team that is planned, without tablets."""
    accounts = {login: by_login(login) for login, _role in logins}
    return Crew(accounts, dict.fromkeys(accounts, "")).of(logins)


def plan_for(tender: Tender, team: Team, begun: datetime, edition_id: str) -> Plan:
    """An unannounced visit on the day of `begun` (aware), within a window of a week."""
    day = begun.astimezone(clock.TAIPEI).date()
    return Plan(
        tender_id=tender.id, kind="inspection", announced=False, planned_at=begun, release_at=begun + timedelta(minutes=30),
        leader_hour=begun - timedelta(days=2), member_hour=begun - timedelta(days=1), window_from=day - timedelta(days=3),
        window_to=day + timedelta(days=3), team=team.plan, topic="年度施工查核", notice_no=f"示研查字第{day:%m%d}{tender.number[-3:]}號",
        officer="林承示", officer_phone="(00) 0000-0000", edition_id=edition_id, rules_edition="2023-08-09", district=tender.district,
    )  # fmt: skip


def past_visit(tender: Tender, team: Team, begun: datetime, edition_id: str) -> str:
    """A released visit; answers its id."""
    plan = plan_for(tender, team, begun, edition_id)
    with clock.set_to(begun), transaction() as session:
        visit = Visit(
            id=new_id(),
            state="sealed",
            version=1,
            created_at=begun - timedelta(days=10),
            sealed=b"",
            wrapped_key=b"",
        )
        put_seal(visit, plan)
        session.add(visit)
        session.flush()
        open_up(SYSTEM, visit, plan)
    return visit.id
