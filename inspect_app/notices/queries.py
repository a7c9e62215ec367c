"""Reading cases: an agency's people see their own, the commission all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.notices.deadlines import standing, why_due
from inspect_app.notices.models import Case, CaseItem, Deduction, Extension, Letter, Reply, Sanction
from inspect_app.photos.access import decides
from inspect_app.projects.models import Tender


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


def cases(actor: Actor, *, state: str = "", agency_id: str = "") -> list[Case]:
    """The cases that the actor may see, by deadline."""
    query = _visible(select(Case), actor).options(selectinload(Case.items))
    if state:
        query = query.where(Case.state == state)
    if agency_id:
        query = query.where(Case.agency_id == agency_id)
    return list(db.session.scalars(query.order_by(Case.due_on, Case.id)))


def _visible(query: Select[tuple[Case]], actor: Actor) -> Select[tuple[Case]]:
    if not actor.may(Permission.VIEW_CASES):
        return query.where(Case.id.is_(None))
    return query.where(Case.agency_id == (actor.agency_id or "")) if actor.of_agency else query


def overdue(today: date, agency_id: str = "") -> list[Case]:
    """Open cases past their deadline with something not yet sent or returned: for the meeting and the reminders."""
    query = select(Case).where(Case.state == "open", Case.due_on < today)
    if agency_id:
        query = query.where(Case.agency_id == agency_id)
    return [row for row in db.session.scalars(query.order_by(Case.due_on)) if progress(row, today).overdue]


def progress(row: Case, today: date) -> Progress:
    states = [entry.state for entry in row.items]
    return Progress(
        total=len(states),
        waiting=states.count("waiting") + states.count("returned"),
        ready=states.count("ready"),
        sent=states.count("sent"),
        accepted=states.count("accepted"),
        days_left=(row.due_on - today).days,
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
    return list(
        db.session.scalars(select(Extension).where(Extension.case_id == case_id).order_by(Extension.asked_at))
    )


def letters(case_id: str) -> list[Letter]:
    return list(
        db.session.scalars(select(Letter).where(Letter.case_id == case_id).order_by(Letter.on, Letter.at))
    )


def deductions(case_id: str) -> dict[str, Deduction]:
    return {
        row.party: row for row in db.session.scalars(select(Deduction).where(Deduction.case_id == case_id))
    }


def sanctions(case_id: str) -> dict[str, Sanction]:
    return {row.kind: row for row in db.session.scalars(select(Sanction).where(Sanction.case_id == case_id))}


def todos(actor: Actor, today: date) -> list[Todo]:
    """What waits for this person among the open cases."""
    found = (_todo(actor, row, today) for row in cases(actor, state="open"))
    return [todo for todo in found if todo is not None]


def _todo(actor: Actor, row: Case, today: date) -> Todo | None:
    state = progress(row, today)
    choices: Iterable[tuple[Permission, bool, str, str]] = (
        (Permission.SEND_REPLIES, state.ready > 0, f"核章並送出 {state.ready} 項改善結果", "核章"),
        (Permission.REPLY_CASES, state.waiting > 0, f"填報 {state.waiting} 項缺失的改善結果", "填報改善結果"),
        (Permission.REVIEW_CASES, state.sent > 0, f"審查 {state.sent} 項改善結果", "審查"),
        (Permission.REVIEW_CASES, state.accepted == state.total, "全部同意，辦理備查結案", "結案"),
        (Permission.REVIEW_CASES, state.overdue, f"逾期 {-state.days_left} 天，稽催機關", "稽催"),
    )
    for permission, wanted, what, button in choices:
        if wanted and actor.may(permission):
            return _line(row, what, button, state, today)
    return None


def _line(row: Case, what: str, button: str, state: Progress, today: date) -> Todo:
    tender = db.session.get_one(Tender, row.tender_id)
    return Todo(
        what=f"{tender.name}：{what}",
        until=row.due_on,
        endpoint="office.case",
        args={"case_id": row.id},
        button=button,
        kind="case",
        overdue=state.overdue,
        why=why_due(row, extensions(row.id)) + standing(row, today).reasons,
    )
