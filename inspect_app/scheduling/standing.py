"""What has come up against a plan since it was written: somebody must step aside, an account ended, the works stopped.

Nobody is asked again between the approval and the day, so it is said on the visit's page and in the planners' 待辦.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.catalogue import queries as catalogue
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender
from inspect_app.scheduling import checks, people, queries
from inspect_app.scheduling.plan import Known, Plan

WHAT = "一項已核定的行程，小組有人應迴避或不能參加"


def objections(found: Known) -> list[checks.Objection]:
    """Everything that stands against a plan by now, for those who know all of it; none once it is released."""
    visit = queries.get(found.visit_id)
    if visit is None or visit.state not in queries.OPEN or found.plan is None:
        return []
    return list(checks.objections(found.plan, clock.today(), but=visit.id))


def todos(actor: Actor, today: date) -> list[Todo]:
    """A line for each approved visit whose team cannot go as it is; the sentence names neither whom nor where."""
    if not actor.may(Permission.PLAN_VISITS):
        return []
    visits = queries.open_visits(("sealed",))
    tenders = projects.with_parties([plan.tender_id for _, plan in visits])
    hindered = [visit.id for visit, plan in visits if any(_hindered(plan, tenders[plan.tender_id]))]
    return [
        Todo(WHAT, None, "office.visit", {"visit_id": key}, "檢視", "visit", overdue=True) for key in hindered
    ]


def _hindered(plan: Plan, tender: Tender) -> Iterator[object]:
    roster = people.roster(plan)
    yield from people.unavailable(plan, roster)
    rules = catalogue.rules_on(plan.planned_on)
    yield from people.recusals(plan, tender, rules, roster)
