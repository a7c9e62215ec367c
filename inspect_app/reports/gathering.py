"""What the lists and the copy page are made from: issued records and what followed them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select

from inspect_app.domain.roc import short_date
from inspect_app.extensions import db
from inspect_app.inspections import queries as inspections
from inspect_app.inspections.document import with_results
from inspect_app.inspections.models import Inspection, Record, TestResult
from inspect_app.installation.services import current
from inspect_app.notices import queries as notices
from inspect_app.notices.models import Case, Letter, Sanction
from inspect_app.notices.rules import SANCTIONS
from inspect_app.reports.inspection_list import Content, Listed

CHUNK = 100
"""How many records stand in memory at once: a list of years is as long as it is."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed a record: its case with letters and sanctions. `case` is None before the letter."""

    case: Case | None
    letters: Sequence[Letter] = ()
    sanctions: Sequence[Sanction] = ()


def issued_between(first: date | None, last: date | None, agency_id: str = "") -> list[str]:
    """The inspections whose records were issued, by the day of the visit."""
    query = select(Inspection.id).where(Inspection.state == "issued")
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


def listed_all(inspection_ids: Sequence[str]) -> Iterator[Listed]:
    """The lines of a list, in this order, a hundred at a time: five questions for each hundred."""
    team = team_name()
    for start in range(0, len(inspection_ids), CHUNK):
        chunk = inspection_ids[start : start + CHUNK]
        records = {row.inspection_id: row for row in db.session.scalars(_records(chunk))}
        results, followed = inspections.results_by_inspection(chunk), _followed(chunk)
        for key in chunk:
            record = records[key]
            yield _listed(record, _present(record, results.get(key, {})), followed[key], team)


def _records(inspection_ids: Sequence[str]) -> Select[Record]:
    return select(Record).where(Record.inspection_id.in_(inspection_ids))


def _present(record: Record, results: Mapping[str, TestResult]) -> Content:
    """The issued content; judgements that came later stand in it unless a score depends on them."""
    content = record.content or {}
    return content if record.withheld else with_results(content, results)


def _followed(inspection_ids: Sequence[str]) -> dict[str, Followed]:
    cases = notices.by_inspections(inspection_ids)
    keys = [case.id for case in cases.values()]
    letters, sanctions = notices.letters_of(keys), notices.sanctions_of(keys)
    found = ((key, cases.get(key)) for key in inspection_ids)
    return {
        key: Followed(case, letters.get(case.id, ()), sanctions.get(case.id, ())) if case else Followed(None)
        for key, case in found
    }


def listed(record: Record, content: Content) -> Listed:
    """One inspection with its letters, the improvement's end and the sanctions."""
    key = record.inspection_id
    return _listed(record, content, _followed([key])[key], team_name())


def _listed(record: Record, content: Content, then: Followed, team: str) -> Listed:
    return Listed(
        content=content, team=team, letter=_dated(record.letter_on, record.letter_no), reply=_reply(then.letters),
        result=_result(then.case), advised=_advised(then.sanctions), done=_done(then.sanctions),
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
