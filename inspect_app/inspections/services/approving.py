"""The convener approves the record, or returns it."""

from __future__ import annotations

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.inspections import queries
from inspect_app.inspections.document import content_digest
from inspect_app.inspections.following import is_closed
from inspect_app.inspections.models import Inspection
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
    """The convener sends it back to be tidied, with a reason."""
    with transaction():
        row = reach(actor, Permission.APPROVE_RECORDS, inspection_id, "approving")
        _back(actor, row, "inspections.returned", _wanted(reason, "退回"))


def withdraw_approval(actor: Actor, inspection_id: str, reason: str) -> None:
    """撤回核定: until the letter is out, with a reason. Not a return: whoever returns what was approved meanwhile is told so.

    What was approved thaws: sheets, tests and late words are those of the log again, and members confirm a new version.
    """
    with transaction():
        row = reach(actor, Permission.APPROVE_RECORDS, inspection_id, "approved")
        text, record = _wanted(reason, "撤回核定"), open_record(inspection_id)
        record.content, record.withheld = None, False
        record.approved_at, record.approved_by = None, None
        record.version += 1
        _back(actor, row, "inspections.approval_withdrawn", text)


def _wanted(reason: str, act: str) -> str:
    if not reason.strip():
        raise Problem("reason_required", f"請說明{act}的理由。", field="reason")
    return reason.strip()


def _back(actor: Actor, row: Inspection, what: str, reason: str) -> None:
    """To be tidied; open where its closing was taken back meanwhile."""
    open_record(row.id).return_reason = reason
    row.state = "closed" if is_closed(row.id, folded(row.id)) else "open"
    audit.record(actor, what, f"inspection:{row.id}", reason=reason)
