"""Agencies and tenders that turn out to be one: what referred to the one refers to the other from then on.

Who refers is asked of the tables themselves: features above this one, which it must not know, refer to tenders and agencies, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, exists, select, update
from sqlalchemy.orm import Session

from inspect_app.extensions import db
from inspect_app.projects.models import (
    Agency,
    ContractTerms,
    MergedTender,
    Tender,
    TenderChange,
    TenderDelay,
    TenderPerson,
    TenderProgress,
)

HEADLINE = ("progress_planned_bp", "progress_actual_bp", "state", "paid_amount", "progress_as_of")
_KEYED = (TenderProgress, TenderDelay, ContractTerms)  # one line per month, or one at all
_LISTED = (TenderPerson, TenderChange)  # a file replaces them as a whole
_OWN = frozenset(str(model.__tablename__) for model in (*_KEYED, *_LISTED))
_KEPT = ("id", "agency_id", "number", "name", "updated_at", "details", "commissioned_out")


def repoint(session: Session, target: Table, gone: str, kept: str) -> None:
    """Let every row that refers to `gone` refer to `kept`."""
    for table, column in _referring(target):
        if table.name not in _OWN:
            session.execute(update(table).where(table.c[column] == gone).values({column: kept}))


def _referring(target: Table) -> Iterator[tuple[Table, str]]:
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table is target for key in column.foreign_keys):
                yield table, column.name


def fold(session: Session, gone: Tender, kept: Tender, now: datetime) -> None:
    """Make one tender of two. What both say stays as `kept` has it, but for newer progress; blanks are filled from `gone`.

    A plan under seal names its tender where nobody can change it: `MergedTender` says what became of the one that is gone.
    """
    values = {**_blanks_filled(gone, kept), **_newer(gone, kept), "updated_at": now}
    session.execute(update(Tender).where(Tender.id == kept.id).values(values))
    for model in _KEYED:
        _move_missing(session, model, gone.id, kept.id)
    for model in _LISTED:
        if not session.scalar(select(exists().where(model.tender_id == kept.id))):
            session.execute(update(model).where(model.tender_id == gone.id).values(tender_id=kept.id))
    repoint(session, Tender.__table__, gone.id, kept.id)
    _hand_over(session, kept)
    session.execute(delete(Tender).where(Tender.id == gone.id))
    session.add(MergedTender(id=gone.id, into_id=kept.id, at=now))


def _hand_over(session: Session, kept: Tender) -> None:
    """What hangs on a tender is its agency's: with another agency's work its cases come along, or nobody could answer them.

    That is a column `agency_id` beside the tender's. A ruling's `unit_id` is whom the chair named, and stays.
    """
    for table, column in _referring(Tender.__table__):
        if "agency_id" in table.c:
            session.execute(update(table).where(table.c[column] == kept.id).values(agency_id=kept.agency_id))


def _blanks_filled(gone: Tender, kept: Tender) -> dict[str, Any]:
    columns = [column.name for column in Tender.__table__.columns if column.name not in _KEPT]
    found = {name: getattr(gone, name) for name in columns if getattr(kept, name) in (None, "")}
    return {
        **found,
        "details": {**(gone.details or {}), **(kept.details or {})},
        "commissioned_out": gone.commissioned_out or kept.commissioned_out,
    }


def _newer(gone: Tender, kept: Tender) -> dict[str, Any]:
    if gone.progress_as_of is None or (kept.progress_as_of and kept.progress_as_of >= gone.progress_as_of):
        return {}
    return {name: value for name in HEADLINE if (value := getattr(gone, name)) not in (None, "")}


def _move_missing(session: Session, model: Any, gone: str, kept: str) -> None:
    """The lines that the other one lacks; the rest goes with its tender."""
    moved = update(model).where(model.tender_id == gone).values(tender_id=kept)
    if "month" in model.__table__.c:
        moved = moved.where(model.month.not_in(select(model.month).where(model.tender_id == kept)))
    elif session.scalar(select(exists().where(model.tender_id == kept))):
        return
    session.execute(moved, execution_options={"synchronize_session": False})


def names_of(agency: Agency) -> list[str]:
    """All that files may call it: names and codes of those merged into it, too."""
    return [name for name in (agency.name, agency.code, *agency.aliases) if name]
