"""The convener approves the record, or returns it."""

from __future__ import annotations

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.inspections import queries
from inspect_app.inspections.document import content_digest
from inspect_app.inspections.following import is_closed
from inspect_app.inspections.models import Record
from inspect_app.inspections.services.opening import open_record, reach
from inspect_app.inspections.state import folded
from inspect_app.transaction import transaction


def approve_record(actor: Actor, inspection_id: str, *, version: int | None = None) -> None:
    """The convener approves (核定): the content is frozen as it stands. `version`: the one that the page showed."""
    with transaction():
        row = reach(actor, Permission.APPROVE_RECORDS, inspection_id, "approving")
        record, content = open_record(inspection_id), queries.draft(inspection_id)
        if version is not None and record.version != version:
            raise Problem("stale", "紀錄在您打開之後又改過，請看過新的內容再核定。")
        record.content, record.withheld = content, content["result"]["withheld"]
        record.approved_at, record.approved_by, row.state = clock.now(), actor.id, "approved"
        facts = {"version": record.version, "content": content_digest(content)}
        audit.record(actor, "inspections.approved", f"inspection:{inspection_id}", **facts)


def return_record(actor: Actor, inspection_id: str, reason: str) -> None:
    """The convener sends it back to be tidied, with a reason; until the letter is out an approval is taken back that way (撤回核定).

    What was approved thaws: sheets, tests and late words are those of the log again, and members confirm a new version.
    """
    with transaction():
        row = reach(actor, Permission.APPROVE_RECORDS, inspection_id, "approving", "approved")
        if not reason.strip():
            raise Problem("reason_required", "請說明退回的理由。", field="reason")
        record, what = open_record(inspection_id), "inspections.returned"
        record.return_reason = reason.strip()
        if row.state == "approved":
            _thaw(record)
            what = "inspections.approval_withdrawn"
        row.state = "closed" if is_closed(inspection_id, folded(inspection_id)) else "open"
        audit.record(actor, what, f"inspection:{inspection_id}", reason=reason.strip())


def _thaw(record: Record) -> None:
    record.content, record.withheld = None, False
    record.approved_at, record.approved_by = None, None
    record.version += 1
