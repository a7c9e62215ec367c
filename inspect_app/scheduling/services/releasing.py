"""Release: the leader's or a planner's act on arrival (到場), the clock only the latest default."""

from __future__ import annotations

from datetime import datetime

from inspect_app import clock
from inspect_app.accounts.actor import SYSTEM, Actor
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.roc import format_date
from inspect_app.errors import Problem
from inspect_app.scheduling import queries
from inspect_app.scheduling.models import Visit, VisitMember
from inspect_app.scheduling.plan import Plan, as_json
from inspect_app.scheduling.services.rows import locked, note
from inspect_app.transaction import transaction


def release(actor: Actor, visit_id: str) -> None:
    """The team has arrived: from now on the whole team sees everything. A second call changes nothing.

    Raises `not_found` to those without need, `forbidden` to the team's other members, `wrong_state` before the
    convener's approval and before the planned day.
    """
    with transaction():
        found = queries.visible_plan(actor, visit_id, clock.now())
        if found is None:
            raise Problem("not_found")
        if found.role not in ("leader", "planner"):
            raise Problem("forbidden", "到場由領隊或承辦登錄。")
        visit = locked(visit_id, "sealed", "released")
        if visit.state == "sealed":
            _arrived(actor, visit, queries.open_plan(visit))


def _arrived(actor: Actor, visit: Visit, plan: Plan) -> None:
    if clock.today() < plan.planned_on:
        day = format_date(plan.planned_on)
        raise Problem("wrong_state", f"排定的日期是{day}，當天才能登錄到場。要提前請先改期。")
    open_up(actor, visit, plan)


def release_due(now: datetime) -> int:
    """Release what has reached its latest hour; answers how many. One visit's failure does not hold up the others."""
    due = [visit.id for visit, plan in queries.open_visits(("sealed",)) if plan.release_at <= now]
    return sum(_release_by_clock(visit_id, now) for visit_id in due)


def _release_by_clock(visit_id: str, now: datetime) -> bool:
    with transaction():
        visit = locked(visit_id)
        if visit.state != "sealed":
            return False
        plan = queries.open_plan(visit)
        if plan.release_at > now:
            return False
        open_up(SYSTEM, visit, plan)
    return True


def open_up(actor: Actor, visit: Visit, plan: Plan) -> None:
    """Copy the plan into the clear columns and the team into its rows."""
    visit.state, visit.released_at, visit.released_by = "released", clock.now(), actor.id
    visit.tender_id, visit.kind, visit.announced = plan.tender_id, plan.kind, plan.announced
    visit.inspected_on, visit.window_from, visit.window_to = plan.planned_on, plan.window_from, plan.window_to
    visit.edition_id, visit.rules_edition = plan.edition_id or None, plan.rules_edition
    visit.plan = as_json(plan.with_values(settings=catalogue.pin(plan.planned_on)))
    visit.members = [
        VisitMember(
            account_id=person.account_id,
            role=person.role,
            external=person.external,
            name=person.name,
            place=place,
        )
        for place, person in enumerate(plan.team)
    ]
    note(actor, visit, "released")
