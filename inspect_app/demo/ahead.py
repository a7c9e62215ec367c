"""What is going on today: inspections in every state of their way, and sealed visits ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from inspect_app.accounts import queries as accounts
from inspect_app.catalogue import queries as catalogue
from inspect_app.demo.history import Stage, Wanted, begun_on, inspect
from inspect_app.demo.people import by_login
from inspect_app.demo.visits import crew_of, plan_for
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection
from inspect_app.projects.models import Tender
from inspect_app.scheduling import services as scheduling
from inspect_app.scheduling.plan import Plan

# (days ago, how far on site, how far in the office, test, judgement, level)
UNDER_WAY = (
    (0, "begun", "", "", "", 80),
    (1, "noted", "", "", "", 80),
    (2, "closed", "closed", "", "", 82),
    (4, "closed", "confirming", "", "", 79),
    (6, "closed", "approving", "", "", 84),
    (9, "closed", "approved", "", "", 81),
    (20, "closed", "issued", "concrete_core", "", 83),
    (34, "closed", "issued", "", "safety", 80),
)


def _fresh(count: int, skip: int = 0) -> Sequence[Tender]:
    """Tenders under way that were not inspected yet."""
    seen = select(Inspection.tender_id)
    query = select(Tender).where(
        Tender.state == "施工中", Tender.id.not_in(seen), Tender.budget >= 20_000_000
    )
    query = query.where(Tender.progress_actual_bp.between(1_000, 9_000), Tender.lat.is_not(None))
    return list(db.session.scalars(query.order_by(Tender.number).offset(skip).limit(count)))


def under_way(scene: Stage, today: date) -> None:
    """One inspection in each state; today's is released, so that a tablet can be tried at once."""
    for seed, (tender, line) in enumerate(zip(_fresh(len(UNDER_WAY)), UNDER_WAY, strict=True), start=9_000):
        ago, until, office, test, judgement, level = line
        team = scene.crew.of(
            [("leader1", "leader"), ("expert1", "member"), ("expert2", "member"), ("staff1", "staff")]
        )
        day = today - timedelta(days=ago)
        # In the one that has just been closed, two wrote differently and something came late.
        wanted = Wanted(tender, day, level, 14, until, office, test, judgement, seed, office == "closed")
        inspect(wanted, scene, team)


def plan(today: date) -> None:
    """Sealed visits ahead: a draft, one for the convener, two sealed."""
    planner, convener = (accounts.actor_for(by_login(login)) for login in ("coordinator1", "convener"))
    made = 0
    for number, tender in enumerate(_fresh(20, skip=3)):
        day = _working(today + timedelta(days=2 + made * 3))
        try:
            visit_id = scheduling.plan_visit(planner, _plan(tender, day, number))
        except Problem:  # a recusal or another rule: the next tender will do
            continue
        if made >= 1:
            scheduling.submit(planner, visit_id)
        if made >= 2:
            scheduling.approve_visit(convener, visit_id, version=1)
        made += 1
        if made == 4:
            return


def _plan(tender: Tender, day: date, number: int) -> Plan:
    experts = (
        [("expert3", "member"), ("expert6", "member")]
        if number % 2
        else [("expert1", "member"), ("expert7", "member")]
    )
    team = crew_of([("leader2", "leader"), *experts, ("staff2", "staff")])
    return plan_for(tender, team, begun_on(day), catalogue.edition_in_force(day).id)


def _working(day: date) -> date:
    return day + timedelta(days=(7 - day.weekday()) if day.weekday() > 4 else 0)
