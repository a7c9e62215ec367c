"""What the lists and the copy page are made from: issued records and what followed them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from inspect_app.domain.roc import short_date
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Record
from inspect_app.installation.services import current
from inspect_app.notices import queries as notices
from inspect_app.notices.models import Case, Letter, Sanction
from inspect_app.notices.rules import SANCTIONS
from inspect_app.reports.inspection_list import Content, Listed


def issued_between(first: date | None, last: date | None, agency_id: str = "") -> list[Record]:
    """Issued records by the day of the visit."""
    query = select(Record).join(Inspection, Inspection.id == Record.inspection_id)
    query = query.where(Inspection.state == "issued")
    if first:
        query = query.where(Inspection.inspected_on >= first)
    if last:
        query = query.where(Inspection.inspected_on <= last)
    if agency_id:
        query = query.where(Inspection.agency_id == agency_id)
    return list(db.session.scalars(query.order_by(Inspection.inspected_on, Inspection.id)))


def team_name() -> str:
    """查核督導小組 as lists print it."""
    return f"{current().government}工程施工查核小組"


def listed(record: Record, content: Content) -> Listed:
    """One inspection with its letters, the improvement's end and the sanctions."""
    case = notices.by_inspection(record.inspection_id)
    letters = notices.letters(case.id) if case else []
    sanctions = notices.sanctions(case.id).values() if case else []
    return Listed(
        content=content, team=team_name(), letter=_dated(record.letter_on, record.letter_no), reply=_reply(letters),
        result=_result(case), advised=_advised(sanctions), done=_done(sanctions),
    )  # fmt: skip


def _dated(on: date | None, number: str) -> str:
    return f"{short_date(on)} {number}".strip() if on else ""


def _reply(letters: Iterable[Letter]) -> str:
    first = next((one for one in letters if one.kind == "reply" and one.incoming), None)
    return _dated(first.on, first.number) if first else ""


def _result(case: Case | None) -> str:
    if case is None:
        return ""
    if case.state == "closed":
        return "存查結案" + (f"（{_dated(case.closed_on, case.closing_no)}）" if case.closed_on else "")
    return "改善中"


def closed_on(record: Record) -> str:
    """備查結案日期 with its number, empty while open."""
    case = notices.by_inspection(record.inspection_id)
    return _dated(case.closed_on, case.closing_no) if case else ""


def _advised(sanctions: Iterable[Sanction]) -> str:
    return "；".join(_sentence(one.kind, one.advice) for one in sanctions if one.advised)


def _done(sanctions: Iterable[Sanction]) -> str:
    return "；".join(_sentence(one.kind, one.done_note) for one in sanctions if one.done)


def _sentence(kind: str, note: str) -> str:
    return SANCTIONS.get(kind, kind) + (f"：{note}" if note else "")
