"""Planning and approving."""

from __future__ import annotations

from dataclasses import dataclass

from inspect_app import clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.reasons import Reason
from inspect_app.errors import Problem
from inspect_app.ids import new_id
from inspect_app.projects import queries as projects
from inspect_app.scheduling import checks, people, queries, targets
from inspect_app.scheduling.models import Visit
from inspect_app.scheduling.plan import Plan
from inspect_app.scheduling.services.rows import hold_planning, locked, need_reason, note, put_seal, reseal
from inspect_app.transaction import transaction

OWN_PLAN = "這份行程是您自己排定、修改或送核的，要由另一位有核定權限的人核定。"


def plan_visit(actor: Actor, plan: Plan) -> str:
    """Write a new plan, sealed from its first byte; answers the visit's id.

    Raises `missing`, `bad_value` (dates), `already_planned` (not selectable, or a second open plan), `recusal`,
    `team_composition`; several objections travel in `reasons`.
    """
    permit(actor, Permission.PLAN_VISITS)
    with transaction() as session:
        hold_planning()
        plan = checks.settled(plan)
        checks.refuse(plan, clock.today())
        visit = Visit(
            id=new_id(), state="draft", version=1, created_at=clock.now(), sealed=b"", wrapped_key=b""
        )
        put_seal(visit, plan)
        session.add(visit)
        session.flush()
        note(actor, visit, "planned")
    return visit.id


def edit_visit(actor: Actor, visit_id: str, plan: Plan, *, version: int) -> None:
    """Change a plan that is not yet before the convener. `version` is the one that the form was opened with.

    Raises as `plan_visit`, and `stale`, `wrong_state`.
    """
    permit(actor, Permission.PLAN_VISITS)
    with transaction():
        hold_planning()
        visit = locked(visit_id, "draft")
        if visit.version != version:
            raise Problem("stale", "這份行程在您開啟之後被另一位承辦改過。您填的內容還在，請對照後再存一次。")
        plan = checks.settled(plan)
        checks.refuse(plan, clock.today(), but=visit_id)
        _keep_target(visit, plan)
        reseal(visit, plan)
        note(actor, visit, "edited")


def _keep_target(visit: Visit, plan: Plan) -> None:
    """Once approved, a visit keeps its tender: a tablet may hold its package, and what is written there would go to another's record."""
    approved = any(row.kind == "approved" for row, _ in queries.events(visit.id))
    if approved and plan.tender_id != queries.open_plan(visit).tender_id:
        raise Problem(
            "wrong_state",
            "這項行程曾經核定，小組的平板可能已經下載，不能改成別的標案。請取消後重新排定。",
            field="tender_id",
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """What the form shows while a plan is made: the proposed kind with its reasons, what stands against the plan,
    what only reminds, and the team's figures."""

    kind: str
    kind_reasons: tuple[Reason, ...]
    objections: tuple[checks.Objection, ...]
    hints: tuple[Reason, ...]
    team: tuple[Reason, ...]


def preview(actor: Actor, plan: Plan, *, but: str = "") -> Preview:
    """Judge a plan without writing anything. Raises `not_found` for an unknown tender."""
    permit(actor, Permission.PLAN_VISITS)
    plan = checks.settled(plan)
    tender = projects.tender(plan.tender_id)
    proposed = targets.propose_kind(tender, plan.planned_on, by_agency=plan.kind == "supervision")
    team = people.composition(plan, catalogue.rules_on(plan.planned_on))
    found = tuple(checks.objections(plan, clock.today(), but=but))
    hints = (*checks.reminders(plan), *(hint.reason for hint in team.hints))
    return Preview(proposed.type, proposed.reasons, found, hints, team.reasons)


def submit(actor: Actor, visit_id: str) -> None:
    """Send list and notice to the convener (送核). What may have changed since is checked again."""
    permit(actor, Permission.PLAN_VISITS)
    with transaction():
        visit = locked(visit_id, "draft")
        checks.refuse(queries.open_plan(visit), clock.today(), but=visit_id)
        visit.state = "submitted"
        note(actor, visit, "submitted")


def approve_visit(actor: Actor, visit_id: str, *, version: int) -> None:
    """The convener approves list and notice (核定); `version` is the one that was read.

    Not by whoever planned, changed or submitted it, a convener's deputy (職務代理人) least of all: two people stand behind a plan.
    What stands against it by now (the day went by, somebody must step aside) is refused, as at submission: an approved
    visit whose hour is over would be released by the clock and count as done. Raises `stale`.
    """
    permit(actor, Permission.APPROVE_VISITS)
    with transaction():
        _refuse_unseen(actor, visit_id)
        visit = locked(visit_id, "submitted")
        if visit.version != version:
            raise Problem("stale", "這份行程在您開啟之後被改過，請重新看過再核定。")
        if queries.planned_by(visit_id, actor.id):
            raise Problem("wrong_state", OWN_PLAN)
        checks.refuse(queries.open_plan(visit), clock.today(), but=visit_id)
        visit.state = "sealed"
        note(actor, visit, "approved")


def _refuse_unseen(actor: Actor, visit_id: str) -> None:
    """What the convener may not know yet, or no longer (a draft, a cancelled one), is refused as if it did not exist."""
    if queries.visible_plan(actor, visit_id, clock.now()) is None:
        raise Problem("not_found")


def return_visit(actor: Actor, visit_id: str, reason: str) -> None:
    """The convener returns it to the planners (退回), with a reason."""
    permit(actor, Permission.APPROVE_VISITS)
    with transaction():
        _refuse_unseen(actor, visit_id)
        reason = need_reason(reason, "退回")
        visit = locked(visit_id, "submitted")
        visit.state = "draft"
        note(actor, visit, "returned", reason)
