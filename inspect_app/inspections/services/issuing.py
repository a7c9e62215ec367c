"""發文: the letter that carries the record, and the one that tells a withheld score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.deadlines import Punctuality, record_punctuality
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import queries, verdict
from inspect_app.inspections.document import content_digest, with_results
from inspect_app.inspections.due import due_now
from inspect_app.inspections.models import Inspection, Record
from inspect_app.inspections.rollup import write_rollup
from inspect_app.inspections.services.opening import reach
from inspect_app.scheduling import queries as scheduling
from inspect_app.transaction import transaction


@dataclass(frozen=True, slots=True)
class Dispatch:
    """發文: the letter that carries the record. `late_reason` is wanted from working day 8 on."""

    letter_no: str
    letter_on: date
    late_reason: str = ""


def issue_record(actor: Actor, inspection_id: str, dispatch: Dispatch) -> None:
    """Enter the letter's date and number: the 7-working-day clock stops and the record counts in every figure.

    Raises `missing`, `bad_value` (a date before the visit's day or in the future), `reason_required` (late).
    """
    with transaction() as session:
        row = reach(actor, Permission.ISSUE_RECORDS, inspection_id, "approved")
        record = session.get_one(Record, inspection_id, with_for_update=True)
        punctual = _check_dispatch(row, dispatch)
        record.letter_no, record.letter_on = dispatch.letter_no.strip(), dispatch.letter_on
        record.late_reason = dispatch.late_reason.strip() if punctual.reason_wanted else ""
        record.due_on, record.issued_at, row.state = due_now(row), clock.now(), "issued"
        write_rollup(row, record)
        facts = {"letter_on": dispatch.letter_on, "letter_no": record.letter_no, "day": punctual.day}
        audit.record(actor, "inspections.issued", f"inspection:{inspection_id}", **facts)


def letter_punctuality(row: Inspection, on: date) -> Punctuality:
    """On which working day a record sent `on` that day goes out, with its reasons. ValueError before the visit."""
    day = row.inspected_on
    calendar = catalogue.calendar(day.year, max(on.year, day.year) + 1)
    return record_punctuality(day, on, calendar, scheduling.rules_of(row.id))


def _check_dispatch(row: Inspection, dispatch: Dispatch) -> Punctuality:
    _check_letter(dispatch.letter_no, dispatch.letter_on, row.inspected_on)
    found = letter_punctuality(row, dispatch.letter_on)
    if found.reason_wanted and not dispatch.late_reason.strip():
        raise Problem("reason_required", found.reasons[0].text + "。", field="late_reason")
    return found


def _check_letter(number: str, on: date, earliest: date) -> None:
    if not number.strip():
        raise Problem("missing", "請填寫發文字號。", field="letter_no")
    if len(number.strip()) > 100:
        raise Problem("bad_value", "發文字號最多 100 個字。", field="letter_no")
    if on < earliest:
        raise Problem("bad_value", "發文日期不能早於查核日期。", field="letter_on")
    if on > clock.today():
        raise Problem("bad_value", "發文日期不能晚於今天。", field="letter_on")


def issue_score_letter(actor: Actor, inspection_id: str, number: str, on: date) -> None:
    """Tell a withheld score by its own letter, once every test that can force 丙等 is judged (art 8).

    The sheets are those of the approved record: what came in later does not change a score. Raises `wrong_state` (nothing is
    withheld, or a test is not judged yet), `missing`, `bad_value` (a date before the record's letter or in the future).
    """
    with transaction() as session:
        row = reach(actor, Permission.ISSUE_RECORDS, inspection_id, "issued")
        record = session.get_one(Record, inspection_id, with_for_update=True)
        if not record.withheld or record.content is None or record.letter_on is None:
            raise Problem("wrong_state", "這次查核的成績沒有保留，不需要另發成績函。")
        _check_score_letter(number, on, record.letter_on)
        content = _told(record.content, inspection_id)
        if content["result"]["withheld"]:
            raise Problem("wrong_state", "還有檢驗結果沒有判定，成績還不能告知。")
        record.content = content
        record.withheld, record.score_letter_no, record.score_letter_on = False, number.strip(), on
        write_rollup(row, record)
        facts = {"letter_on": on, "letter_no": record.score_letter_no, "content": content_digest(content)}
        audit.record(actor, "inspections.score_told", f"inspection:{inspection_id}", **facts)
    db.session.expire(record)


def _check_score_letter(number: str, on: date, record_sent: date) -> None:
    _check_letter(number, on, date.min)
    if on < record_sent:
        raise Problem("bad_value", "成績函的日期不能早於查核紀錄的發文日期。", field="letter_on")


def _told(content: dict[str, Any], inspection_id: str) -> dict[str, Any]:
    """The frozen content with the laboratory's judgements, and the result that follows from both."""
    judged = with_results(content, queries.results_of(inspection_id))
    return {**judged, "result": verdict.result(judged, queries.sources_of(inspection_id))}
