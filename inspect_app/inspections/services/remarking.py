"""委員表現: the secretariat's remark on a member, for the central form; nobody outside the commission reads it."""

from __future__ import annotations

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.inspections.models import MemberRemark
from inspect_app.inspections.services.opening import reach
from inspect_app.inspections.team import members_of
from inspect_app.transaction import transaction


def remark_on_member(actor: Actor, inspection_id: str, account_id: str, text: str) -> None:
    """Write or replace the remark on one scoring member. Raises `not_found` for anybody else."""
    with transaction() as session:
        reach(actor, Permission.ISSUE_RECORDS, inspection_id)
        if not any(row.account_id == account_id and row.role != "staff" for row in members_of(inspection_id)):
            raise Problem("not_found", "這次查核沒有這位委員。")
        session.merge(
            MemberRemark(
                inspection_id=inspection_id,
                account_id=account_id,
                text=text.strip(),
                by=actor.id,
                at=clock.now(),
            )
        )
        audit.record(actor, "inspections.member_remarked", f"inspection:{inspection_id}", member=account_id)
