"""The list of cases, a page at a time: a page of a city's third year costs as many questions as one of its first week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from inspect_app.accounts.actor import Actor
from inspect_app.domain.deadlines import Overdue
from inspect_app.extensions import db
from inspect_app.notices.deadlines import standing
from inspect_app.notices.models import Case, CaseItem
from inspect_app.notices.queries import Progress, progress_of, visible
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender
from inspect_app.scheduling import queries as scheduling
from inspect_app.scheduling.models import Visit

WITH_AGENCY = ("waiting", "ready", "returned")
"""The states of an item that still lies with the agency: one is enough for a case to be overdue."""
SORTS: dict[str, Any] = {"due": Case.due_on, "issued": Case.issued_on}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; `state` is open, closed, overdue or empty for all. `sort`: a key of SORTS."""

    state: str = ""
    agency_id: str = ""
    sort: str = "due"
    descending: bool = False
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `visit` is read along with the case, because the ladder goes by the rules of its day."""

    case: Case
    tender: Tender
    visit: Visit
    progress: Progress
    standing: Overdue


def page(actor: Actor, wanted: Wanted, today: date) -> tuple[list[Line], int]:
    """One page of the cases that the actor may see, and how many the filter finds."""
    conditions = _conditions(wanted, today)
    count = db.session.scalar(visible(select(func.count(Case.id)), actor).where(*conditions)) or 0
    column = SORTS[wanted.sort]
    query = visible(select(Case), actor).where(*conditions)
    query = query.order_by(column.desc() if wanted.descending else column, Case.id)
    return _lines(query.offset(wanted.offset).limit(wanted.limit), today), count


def _conditions(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state == "overdue":
        lies = select(CaseItem.id).where(CaseItem.case_id == Case.id, CaseItem.state.in_(WITH_AGENCY))
        found += [Case.state == "open", Case.due_on < today, lies.exists()]
    elif wanted.state:
        found.append(Case.state == wanted.state)
    if wanted.agency_id:
        found.append(Case.agency_id == wanted.agency_id)
    return found


def _lines(query: Select[Case], today: date) -> list[Line]:
    """Sorted by the narrow rows alone: a plan and a seal are kilobytes each."""
    cases = list(db.session.scalars(query))
    states = _states([case.id for case in cases])
    tenders = {row.id: row for row in projects.by_ids([case.tender_id for case in cases])}
    visits = {row.id: row for row in scheduling.by_ids([case.inspection_id for case in cases])}
    return [
        Line(
            case, tenders[case.tender_id], visits[case.inspection_id],
            progress_of(states[case.id], case.due_on, today), standing(case, today),
        )
        for case in cases
    ]  # fmt: skip


def _states(case_ids: Sequence[str]) -> dict[str, Counter[str]]:
    """Case id -> how many of its items are in each state."""
    found: dict[str, Counter[str]] = {key: Counter() for key in case_ids}
    query = select(CaseItem.case_id, CaseItem.state, func.count()).where(CaseItem.case_id.in_(case_ids))
    rows: Iterable[Any] = db.session.execute(query.group_by(CaseItem.case_id, CaseItem.state))
    for key, state, count in rows:
        found[key][state] = count
    return found


def open_lines(actor: Actor, today: date) -> list[Line]:
    """Every open case that the actor may see, by deadline."""
    query = visible(select(Case), actor).where(Case.state == "open")
    return _lines(query.order_by(Case.due_on, Case.id), today)


def overdue(today: date, agency_id: str = "") -> list[Line]:
    """Open cases past their deadline with something not yet sent or returned, for the meeting."""
    conditions = _conditions(Wanted("overdue", agency_id), today)
    return _lines(select(Case).where(*conditions).order_by(Case.due_on, Case.id), today)
