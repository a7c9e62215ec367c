"""Whoever changes a case holds it until the transaction ends: of two at once, the second sees what the first did."""

from __future__ import annotations

from sqlalchemy import select

from inspect_app.accounts.actor import Actor
from inspect_app.extensions import db
from inspect_app.notices import queries
from inspect_app.notices.models import Case, CaseItem


def held(actor: Actor, case_id: str) -> Case:
    """The case, for those who may see it; else `not_found`. Nothing of it is read before it is held."""
    db.session.get(Case, case_id, with_for_update=True, populate_existing=True)
    return queries.case(actor, case_id)


def held_item(actor: Actor, item_id: str) -> CaseItem:
    """One item, its case held; else `not_found`."""
    case_id = db.session.scalar(select(CaseItem.case_id).where(CaseItem.id == item_id))
    if case_id is not None:
        held(actor, case_id)
    return queries.item(actor, item_id)
