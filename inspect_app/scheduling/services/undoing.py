"""What the clock or a planner did too early: a release although nobody went, a cancellation although somebody did."""

from __future__ import annotations

from inspect_app import clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.scheduling import queries
from inspect_app.scheduling.models import Visit
from inspect_app.scheduling.services.calling import tell_change
from inspect_app.scheduling.services.releasing import open_up
from inspect_app.scheduling.services.rows import locked, need_reason, note, reseal
from inspect_app.transaction import transaction

DECIDED = ("approved", "returned", "submitted", "postponed", "released")
CLEAR = (
    "tender_id", "kind", "announced", "inspected_on", "window_from", "window_to", "edition_id", "rules_edition", "plan",
    "released_at", "released_by",
)  # fmt: skip


def call_off(actor: Actor, visit_id: str, reason: str) -> None:
    """A released visit that nobody made is cancelled: sealed again, its team told. The caller has made sure that nothing came."""
    permit(actor, Permission.PLAN_VISITS)
    with transaction() as session:
        reason = need_reason(reason, "沒有成行")
        visit = locked(visit_id, "released")
        plan = queries.open_plan(visit)
        tell_change(visit, plan, clock.now())
        reseal(visit, plan)
        visit.state, visit.members = "cancelled", []
        for name in CLEAR:
            setattr(visit, name, None)
        session.flush()
        note(actor, visit, "cancelled", reason)


def took_place(actor: Actor, visit_id: str) -> None:
    """A cancelled visit was made all the same, since the cancellation did not reach the team: release it.

    Raises `wrong_state` where the convener's approval did not stand when it was cancelled, and before its day.
    """
    permit(actor, Permission.PLAN_VISITS)
    with transaction():
        visit = locked(visit_id, "cancelled")
        plan = queries.open_plan(visit)
        if not stood_approved(visit) or plan.planned_on > clock.today():
            raise Problem("wrong_state", "取消時沒有召集人的核定，或還沒到預定的日期，不能登錄為有成行。")
        open_up(actor, visit, plan)


def stood_approved(visit: Visit) -> bool:
    """Whether a cancelled visit had been approved as it was; one that was moved since must be planned anew."""
    kinds = [row.kind for row, _ in queries.events(visit.id) if row.kind in DECIDED]
    return visit.state == "cancelled" and kinds[-1:] in (["approved"], ["released"])
