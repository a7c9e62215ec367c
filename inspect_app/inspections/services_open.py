"""A released visit becomes an inspection."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from inspect_app import clock
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection
from inspect_app.prepared import insert_new
from inspect_app.projects.models import Tender
from inspect_app.scheduling.models import Visit
from inspect_app.transaction import transaction


def ensure(visit_ids: Iterable[str]) -> int:
    """Make the inspections of those visits that are released and have none yet; answers how many were new."""
    query = (
        select(Visit.id, Visit.tender_id, Visit.inspected_on, Tender.agency_id)
        .join(Tender, Tender.id == Visit.tender_id)
        .outerjoin(Inspection, Inspection.id == Visit.id)
        .where(Visit.id.in_(set(visit_ids)), Visit.state == "released", Inspection.id.is_(None))
    )
    missing = db.session.execute(query.order_by(Visit.id)).all()
    if not missing:
        return 0
    with transaction():
        moment = clock.now()
        return insert_new(
            Inspection,
            [
                {"id": row.id, "tender_id": row.tender_id, "agency_id": row.agency_id, "state": "open", "log_n": 0,
                 "sheets_open": False, "inspected_on": row.inspected_on, "created_at": moment}
                for row in missing
            ],
        )  # fmt: skip


def open_released() -> int:
    """The job: every released visit is an inspection, also one that the clock released."""
    query = select(Visit.id).outerjoin(Inspection, Inspection.id == Visit.id)
    waiting = db.session.scalars(query.where(Visit.state == "released", Inspection.id.is_(None))).all()
    return ensure(waiting) if waiting else 0
