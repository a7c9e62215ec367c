"""Postponing and cancelling, always with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from inspect_app import clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.scheduling import checks, queries
from inspect_app.scheduling.plan import Plan
from inspect_app.scheduling.services.calling import tell_change
from inspect_app.scheduling.services.rows import hold_planning, locked, need_reason, note, reseal
from inspect_app.transaction import transaction

ADVICE = "改期只能改時間；其他要調整的，請取消這項行程後重新排定。"


@dataclass(frozen=True, slots=True)
class Dates:
    """The new dates of a visit, in the sense of `Plan`."""

    planned_at: datetime
    release_at: datetime
    leader_hour: datetime
    member_hour: datetime
    window_from: date | None
    window_to: date | None

    def of(self, plan: Plan) -> Plan:
        """The plan on these dates."""
        return plan.with_values(
            planned_at=self.planned_at, release_at=self.release_at, leader_hour=self.leader_hour,
            member_hour=self.member_hour, window_from=self.window_from, window_to=self.window_to,
        )  # fmt: skip


def postpone(actor: Actor, visit_id: str, dates: Dates, reason: str) -> None:
    """Move an approved visit. Inside the approved window it stays approved, outside it goes to the convener again.

    Those who had already been told are told that something changed. Raises `reason_required`, and what
    `plan_visit` raises for dates, editions and recusal on the new day.
    """
    permit(actor, Permission.PLAN_VISITS)
    with transaction():
        hold_planning()
        reason = need_reason(reason, "改期")
        visit = locked(visit_id, "sealed")
        old = queries.open_plan(visit)
        new = checks.settled(dates.of(old))
        checks.refuse(new, clock.today(), but=visit_id, advice=ADVICE)
        tell_change(visit, old, clock.now())
        reseal(visit, new)
        visit.state = "sealed" if _inside(old, new) else "submitted"
        note(actor, visit, "postponed", reason)


def _inside(old: Plan, new: Plan) -> bool:
    """Whether the approved window still covers the visit; an announced visit's window is its day."""
    return (old.window_from, old.window_to) == (new.window_from, new.window_to)


def cancel(actor: Actor, visit_id: str, reason: str) -> None:
    """Give up a visit before release. The sealed plan is kept for the planners; nobody else learns of it."""
    permit(actor, Permission.PLAN_VISITS)
    with transaction():
        reason = need_reason(reason, "取消")
        visit = locked(visit_id, *queries.OPEN)
        if visit.state == "sealed":
            tell_change(visit, queries.open_plan(visit), clock.now())
        visit.state = "cancelled"
        note(actor, visit, "cancelled", reason)
