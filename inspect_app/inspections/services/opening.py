"""The record's row, and the way to it that every verb takes."""

from __future__ import annotations

from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import queries
from inspect_app.inspections.due import due_now
from inspect_app.inspections.models import Inspection, Record
from inspect_app.transaction import transaction

STATE_NAMES = {
    "open": "查核中",
    "closed": "整理中",
    "confirming": "委員確認中",
    "approving": "陳核中",
    "approved": "已核定",
    "issued": "已發文",
}


def open_record(inspection_id: str) -> Record:
    """The record's row, made when somebody first works on it; its clock began on the day of the visit (art 9)."""
    with transaction() as session:
        record = session.get(Record, inspection_id, with_for_update=True)
        if record is None:
            due = due_now(session.get_one(Inspection, inspection_id))
            record = Record(inspection_id=inspection_id, version=1, due_on=due)
            session.add(record)
            session.flush()
    return record


def reach(actor: Actor, permission: Permission, inspection_id: str, *states: str) -> Inspection:
    """The inspection, locked until the transaction ends, for somebody who may act on it in its present state.

    Raises `forbidden`, `not_found`, and `wrong_state` when it is in none of the states.
    """
    permit(actor, permission)
    queries.get(actor, inspection_id)
    # A page may hold the row as it read it: PostgreSQL gives it anew after the wait for the lock, the session does so when told.
    row = db.session.get_one(Inspection, inspection_id, with_for_update=True, populate_existing=True)
    if states and row.state not in states:
        raise Problem(
            "wrong_state", f"查核紀錄目前是「{STATE_NAMES[row.state]}」，不能做這個動作。請重新整理頁面。"
        )
    return row
