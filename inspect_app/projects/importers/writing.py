"""Writing a plan in few statements. Stands inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from inspect_app.ids import new_id
from inspect_app.projects.importers.planning import Plan
from inspect_app.projects.importers.records import Values
from inspect_app.projects.models import (
    Agency,
    Firm,
    Tender,
    TenderChange,
    TenderDelay,
    TenderPerson,
    TenderProgress,
)


def write_plan(session: Session, plan: Plan) -> None:
    """Parents first; rows of one table go together."""
    used = {row["agency_id"] for row in plan.new_tenders}
    _insert(session, Agency, [row for row in plan.names.new_agencies if row["id"] in used])
    _update(session, Agency, plan.names.coded_agencies)
    _insert(session, Firm, plan.names.new_firms)
    _insert(session, Tender, plan.new_tenders)
    _update(session, Tender, plan.tenders)
    _insert(session, TenderProgress, plan.new_months)
    _update(session, TenderProgress, plan.months)
    _insert(session, TenderDelay, plan.new_delays)
    _update(session, TenderDelay, plan.delays)
    _replace(session, plan)
    session.expire_all()


def _insert(session: Session, model: Any, rows: Sequence[Values]) -> None:
    if rows:
        session.execute(insert(model), _alike(rows))


def _update(session: Session, model: Any, rows: Sequence[Values]) -> None:
    if rows:
        session.execute(update(model), _alike(rows))


def _alike(rows: Sequence[Values]) -> list[Values]:
    """Rows with the same columns beside each other, so that they travel as one statement."""
    return sorted(rows, key=lambda row: sorted(row))


def _replace(session: Session, plan: Plan) -> None:
    people: list[Values] = []
    for (tender_id, kind), persons in plan.people.items():
        session.execute(
            delete(TenderPerson).where(TenderPerson.tender_id == tender_id, TenderPerson.kind == kind)
        )
        people += [{"tender_id": tender_id, "kind": kind, **person} for person in persons]
    changes: list[Values] = []
    for tender_id, variations in plan.changes.items():
        session.execute(delete(TenderChange).where(TenderChange.tender_id == tender_id))
        changes += [{"tender_id": tender_id, **change} for change in variations]
    _insert(session, TenderPerson, _numbered(people))
    _insert(session, TenderChange, _numbered(changes))


def _numbered(rows: Sequence[Values]) -> list[Values]:
    """Ids that keep the order of the file: those of one millisecond do not sort by themselves."""
    return [{"id": key, **row} for key, row in zip(sorted(new_id() for _ in rows), rows, strict=True)]
