"""A small city with everybody whom a visit needs, and a plan that nothing stands against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Role
from inspect_app.clock import TAIPEI
from inspect_app.projects.models import Tender
from inspect_app.scheduling import services
from inspect_app.scheduling.plan import Plan, TeamMember
from tests.support import factories as make

DAY = date(2026, 12, 1)  # the clock stands at 2026-11-23 09:00 in Taipei


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), TAIPEI)


@dataclass
class City:
    planner: Actor
    other_planner: Actor
    convener: Actor
    leader: Actor
    member: Actor
    second_member: Actor
    staff: Actor
    stranger: Actor
    tender: Tender

    def team(self) -> tuple[TeamMember, ...]:
        """An in-house leader, two outside members, one of staff."""
        return (
            TeamMember(self.leader.id, "leader"),
            TeamMember(self.member.id, "member", external=True),
            TeamMember(self.second_member.id, "member", external=True),
            TeamMember(self.staff.id, "staff"),
        )

    def plan(self, **changes: Any) -> Plan:
        given: dict[str, Any] = {
            "tender_id": self.tender.id,
            "kind": "inspection",
            "announced": False,
            "planned_at": at(DAY, 9, 30),
            "release_at": at(DAY, 10),
            "leader_hour": at(DAY - timedelta(days=2), 9),
            "member_hour": at(DAY - timedelta(days=1), 12),
            "window_from": DAY - timedelta(days=3),
            "window_to": DAY + timedelta(days=3),
            "team": self.team(),
            "topic": "結構體與材料抽查",
            "notice_no": "示研查字第1150001號",
            "notice_text": "請備妥施工日誌及監造報表",
        }
        return Plan(**given | changes)

    def planned(self, **changes: Any) -> str:
        return services.plan_visit(self.planner, self.plan(**changes))

    def sealed(self, **changes: Any) -> str:
        visit_id = self.planned(**changes)
        services.submit(self.planner, visit_id)
        services.approve_visit(self.convener, visit_id, version=1)
        return visit_id


@pytest.fixture
def city(db: Any, clock: Any) -> City:
    make.edition()
    return small_city()


def small_city() -> City:
    """Everybody whom a visit needs, in the present database."""
    owner = make.agency("測試市政府工務處")
    people = {
        "leader": make.account(Role.LEADER, Role.INSPECTOR, name="龍曉領"),
        "member": make.account(Role.INSPECTOR, name="戚委員"),
        "second_member": make.account(Role.INSPECTOR, name="柴委員"),
        "staff": make.account(Role.STAFF, name="幕小員"),
    }
    make.expert(people["leader"], external=False, on_roster=False)
    make.expert(people["member"])
    make.expert(people["second_member"])
    return City(
        planner=make.actor(Role.COORDINATOR, name="承辦甲"),
        other_planner=make.actor(Role.COORDINATOR, name="承辦乙"),
        convener=make.actor(Role.CONVENER, name="召集人"),
        stranger=make.actor(Role.INSPECTOR, name="別組委員"),
        tender=make.tender(
            agency_id=owner.id, number="-112XQ77", name="鷺鷥橋耐震補強工程", district="白鷺區"
        ),
        **{name: _actor(row) for name, row in people.items()},
    )


def _actor(row: Any) -> Actor:
    from inspect_app.accounts.queries import actor_for

    return actor_for(row)
