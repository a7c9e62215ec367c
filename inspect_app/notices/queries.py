"""Reading cases: an agency's people see their own, the commission all."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.notices.models import Case, CaseItem, Deduction, Extension, Letter, Reply, Sanction
from inspect_app.photos.access import decides

Asked = TypeVar("Asked", bound="Select[*tuple[Any, ...]]")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a case is: items per state, and days to (negative: past) its deadline."""

    total: int
    waiting: int
    ready: int
    sent: int
    accepted: int
    days_left: int

    @property
    def overdue(self) -> bool:
        return self.days_left < 0 and self.accepted + self.sent < self.total


def case(actor: Actor, case_id: str) -> Case:
    """The case, for those who may see it; else `not_found`."""
    row = db.session.get(Case, case_id)
    if row is None or not may_see(actor, row):
        raise Problem("not_found", "找不到這個案件，或您沒有查看的權限。")
    return row


def may_see(actor: Actor, row: Case) -> bool:
    return actor.may(Permission.VIEW_CASES) and (not actor.of_agency or row.agency_id == actor.agency_id)


@decides("case")
def _sees_photo(actor: Actor, case_id: str, _sha256: str) -> bool:
    """The inspection's photos of a case: whoever sees the case."""
    row = db.session.get(Case, case_id)
    return row is not None and may_see(actor, row)


@decides("reply")
def _sees_reply_photo(actor: Actor, reply_id: str, _sha256: str) -> bool:
    """The agency's own photos: its people at once, the commission once the reply is sent."""
    reply = db.session.get(Reply, reply_id)
    entry = db.session.get(CaseItem, reply.item_id) if reply is not None else None
    if reply is None or entry is None or not may_see(actor, entry.case):
        return False
    return actor.of_agency or reply.sent_at is not None


def item(actor: Actor, item_id: str) -> CaseItem:
    """One item of a case that the actor may see; else `not_found`."""
    row = db.session.get(CaseItem, item_id)
    if row is None or not may_see(actor, row.case):
        raise Problem("not_found", "找不到這一項，或您沒有查看的權限。")
    return row


def by_inspection(inspection_id: str) -> Case | None:
    return db.session.scalars(select(Case).where(Case.inspection_id == inspection_id)).first()


def by_inspections(inspection_ids: Sequence[str]) -> dict[str, Case]:
    """Inspection id -> its case, where there is one."""
    query = select(Case).where(Case.inspection_id.in_(inspection_ids))
    return {row.inspection_id: row for row in db.session.scalars(query)}


def cases(actor: Actor, *, state: str = "", agency_id: str = "") -> list[Case]:
    """The cases that the actor may see, by deadline."""
    query = visible(select(Case), actor).options(selectinload(Case.items))
    if state:
        query = query.where(Case.state == state)
    if agency_id:
        query = query.where(Case.agency_id == agency_id)
    return list(db.session.scalars(query.order_by(Case.due_on, Case.id)))


def visible(query: Asked, actor: Actor) -> Asked:
    """The same rule as `may_see`, for the database."""
    if not actor.may(Permission.VIEW_CASES):
        return query.where(Case.id.is_(None))
    return query.where(Case.agency_id == (actor.agency_id or "")) if actor.of_agency else query


def progress(row: Case, today: date) -> Progress:
    return progress_of(Counter(entry.state for entry in row.items), row.due_on, today)


def progress_of(states: Counter[str], due_on: date, today: date) -> Progress:
    """The same of a case whose items are counted by state already."""
    return Progress(
        total=states.total(),
        waiting=states["waiting"] + states["returned"],
        ready=states["ready"],
        sent=states["sent"],
        accepted=states["accepted"],
        days_left=(due_on - today).days,
    )


def current_reply(entry: CaseItem) -> Reply | None:
    """The reply of the present round."""
    return next((reply for reply in entry.replies if reply.round == entry.round), None)


def ready(row: Case) -> str:
    """Which answers stand ready and in which version, as one short text: what the approver saw is what is sent."""
    replies = ((entry, current_reply(entry)) for entry in row.items if entry.state == "ready")
    lines = [f"{entry.id} {reply.version if reply else 0}" for entry, reply in replies]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def extensions(case_id: str) -> list[Extension]:
    return extensions_of([case_id]).get(case_id, [])


def extensions_of(case_ids: Sequence[str]) -> dict[str, list[Extension]]:
    """Case id -> what was asked for, the oldest first."""
    found: dict[str, list[Extension]] = {}
    query = select(Extension).where(Extension.case_id.in_(case_ids)).order_by(Extension.asked_at)
    for row in db.session.scalars(query):
        found.setdefault(row.case_id, []).append(row)
    return found


def letters(case_id: str) -> list[Letter]:
    return letters_of([case_id]).get(case_id, [])


def letters_of(case_ids: Sequence[str]) -> dict[str, list[Letter]]:
    """Case id -> its ledger, the oldest first."""
    found: dict[str, list[Letter]] = {}
    query = select(Letter).where(Letter.case_id.in_(case_ids)).order_by(Letter.on, Letter.at)
    for row in db.session.scalars(query):
        found.setdefault(row.case_id, []).append(row)
    return found


def deductions(case_id: str) -> dict[str, Deduction]:
    return {
        row.party: row for row in db.session.scalars(select(Deduction).where(Deduction.case_id == case_id))
    }


def sanctions(case_id: str) -> dict[str, Sanction]:
    return {row.kind: row for row in sanctions_of([case_id]).get(case_id, [])}


def sanctions_of(case_ids: Sequence[str]) -> dict[str, list[Sanction]]:
    """Case id -> what was advised and done."""
    found: dict[str, list[Sanction]] = {}
    query = select(Sanction).where(Sanction.case_id.in_(case_ids))
    for row in db.session.scalars(query):
        found.setdefault(row.case_id, []).append(row)
    return found
