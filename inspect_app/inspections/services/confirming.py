"""Members agree to the tidied record, or object; then it goes to the convener."""

from __future__ import annotations

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.inspections import queries
from inspect_app.inspections.models import Confirmation
from inspect_app.inspections.services.opening import open_record, reach
from inspect_app.inspections.services.readiness import for_leader, what_is_missing, without_sheet
from inspect_app.inspections.team import members_of
from inspect_app.transaction import transaction


def send_for_confirmation(actor: Actor, inspection_id: str) -> None:
    """Ask the members to confirm. Needs the leader's closing and decisions, every sheet, the agreed points and the deadline."""
    with transaction():
        row = reach(actor, Permission.TIDY_RECORDS, inspection_id, "closed")
        lacking = what_is_missing(inspection_id)
        if lacking:
            raise Problem("wrong_state", "還不能送委員確認：" + "；".join(lacking) + "。")
        record = open_record(inspection_id)
        record.sent_for_confirmation_at, record.return_reason, row.state = clock.now(), "", "confirming"
        audit.record(
            actor, "inspections.sent_for_confirmation", f"inspection:{inspection_id}", version=record.version
        )


def confirm(actor: Actor, inspection_id: str, *, version: int, agreed: bool, note: str = "") -> None:
    """A member agrees to the tidied wording, or objects with a note. Raises `stale` when it changed meanwhile."""
    with transaction() as session:
        reach(actor, Permission.CONFIRM_RECORDS, inspection_id, "confirming")
        if not any(row.account_id == actor.id and row.role != "staff" for row in members_of(inspection_id)):
            raise Problem("forbidden", "只有這次查核的委員可以確認。")
        if open_record(inspection_id).version != version:
            raise Problem("stale", "紀錄在您打開之後又改過，請看過新的內容再確認。")
        if not agreed and not note.strip():
            raise Problem("reason_required", "請說明要修改的地方。", field="note")
        session.merge(
            Confirmation(
                inspection_id=inspection_id, account_id=actor.id, version=version, agreed=agreed, note=note.strip(),
                at=clock.now(),
            )
        )  # fmt: skip
        what = "inspections.confirmed" if agreed else "inspections.objected"
        audit.record(actor, what, f"inspection:{inspection_id}", version=version)


def send_for_approval(actor: Actor, inspection_id: str, *, reason: str = "") -> None:
    """Hand the record to the convener; without every member's agreement, or while something waits for the leader, a reason is
    wanted, which the convener reads.
    """
    with transaction():
        row = reach(actor, Permission.TIDY_RECORDS, inspection_id, "confirming")
        lacking = without_sheet(inspection_id)
        if lacking:
            raise Problem("wrong_state", "還不能陳核：" + "；".join(lacking) + "。")
        missing, waiting = queries.unconfirmed(inspection_id), for_leader(inspection_id)
        open_ = [f"還有 {len(missing)} 位委員未確認"] * bool(missing) + waiting
        if open_ and not reason.strip():
            raise Problem("reason_required", "；".join(open_) + "。要先陳核，請說明理由。", field="reason")
        record = open_record(inspection_id)
        record.sent_for_approval_at, row.state = clock.now(), "approving"
        record.unconfirmed_reason = reason.strip() if open_ else ""
        facts = {
            "unconfirmed": len(missing), "for_leader": len(waiting), "reason": record.unconfirmed_reason,
        }  # fmt: skip
        audit.record(actor, "inspections.sent_for_approval", f"inspection:{inspection_id}", **facts)
