"""A visit that the clock released though nobody went, and one that was cancelled though somebody did (decision 0053).

Here, because only here it is known what the tablets have sent and what they still hold.
"""

from __future__ import annotations

from sqlalchemy import delete, exists, or_, select

from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import quarantine, services_open
from inspect_app.inspections.models import Inspection, Record, SetAside
from inspect_app.scheduling import services as visits
from inspect_app.sync.models import Holding, Preview
from inspect_app.transaction import transaction


def may_call_off(visit_id: str) -> bool:
    """Whether nothing at all came from a released visit, and no tablet said that it holds something of it."""
    row = db.session.get(Inspection, visit_id)
    return row is None or (row.state == "open" and row.log_n == 0 and not _anything(visit_id))


def _anything(visit_id: str) -> bool:
    waits = exists().where(SetAside.inspection_id == visit_id, SetAside.settled_at.is_(None))
    held = exists().where(Holding.inspection_id == visit_id, or_(Holding.operations > 0, Holding.photos > 0))
    pictures = exists().where(Preview.inspection_id == visit_id)
    record = exists().where(Record.inspection_id == visit_id)
    return bool(db.session.scalar(select(or_(waits, held, pictures, record))))


def call_off(actor: Actor, visit_id: str, reason: str) -> None:
    """Nobody went (沒有成行): the released visit is a cancelled one, and counts nowhere.

    Raises `reason_required`, `not_found`, and `wrong_state` as soon as anything came from the visit.
    """
    permit(actor, Permission.PLAN_VISITS)
    with transaction() as session:
        # who is just sending waits here, and then finds the visit cancelled: what is sent is kept for the planners
        session.get(Inspection, visit_id, with_for_update=True, populate_existing=True)
        if not may_call_off(visit_id):
            raise Problem(
                "wrong_state", "平板已經送來或留有這次查核的資料，表示有人到場，不能登錄為沒有成行。"
            )
        session.execute(delete(Holding).where(Holding.inspection_id == visit_id))
        session.execute(delete(Inspection).where(Inspection.id == visit_id))
        visits.call_off(actor, visit_id, reason)


def took_place(actor: Actor, visit_id: str) -> None:
    """A cancelled visit that somebody made all the same: it is released, and what was sent enters its log.

    Raises as `scheduling.services.took_place`.
    """
    with transaction():
        visits.took_place(actor, visit_id)
        services_open.ensure([visit_id])
    quarantine.take_up_released()
