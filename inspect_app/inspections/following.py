"""What follows in the office from operations that arrive: the inspection closes and opens, confirmations lapse."""

from __future__ import annotations

from collections.abc import Set

from inspect_app.domain.operations import State, entity_uuid
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Record

UNFROZEN = ("open", "closed", "confirming", "approving")
DECIDING = frozenset({"closing", "late_decision"})


def follow(inspection_id: str, state: State, kinds: Set[str], *, moved: bool = False) -> None:
    """After operations of these kinds of entities. Once the convener approved, the record is frozen and nothing follows.

    `moved`: they changed what a closed inspection shows, though nobody decided anything: something inside the closing's
    frontier came only now, or a signature left a sheet out.
    """
    if not kinds & DECIDING and not (moved and is_closed(inspection_id, state)):
        return
    row = db.session.get_one(Inspection, inspection_id, with_for_update=True)
    if row.state not in UNFROZEN:
        return
    if not is_closed(inspection_id, state):
        row.state = "open"
    elif row.state == "open":
        row.state = "closed"
    elif row.state == "approving":
        row.state = "confirming"
    _lapse(inspection_id)


def is_closed(inspection_id: str, state: State) -> bool:
    """Whether the leader's closing stands."""
    closing = state.entity("closing", entity_uuid(inspection_id, "closing"))
    return closing.value("frontier") is not None and not closing.deleted


def _lapse(inspection_id: str) -> None:
    """What members confirmed, or the convener was reading, has changed: a new version wants new confirmations."""
    record = db.session.get(Record, inspection_id, with_for_update=True)
    if record is not None and record.sent_for_confirmation_at is not None:
        record.version += 1
