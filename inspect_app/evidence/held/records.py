"""Records and what they are made from, against the lines of those who decided: each of the latest of its line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select

from inspect_app.evidence.held import lines
from inspect_app.evidence.walking import Fault
from inspect_app.extensions import db
from inspect_app.inspections.document import content_digest
from inspect_app.inspections.models import Confirmation, Record, TestResult, Wording
from inspect_app.transaction import walked

Lines = dict[str, list[Row[Any]]]
PAGE = 100  # each holds all that was found at a site
WITHDRAWN = "inspections.approval_withdrawn"
ONCE = {
    "inspections.approved": "approved",
    "inspections.issued": "issued",
    "inspections.score_told": "told a score",
}


def faults() -> Iterator[Fault]:
    """Bad records, laboratory results, confirmations and wordings."""
    yield from _records(lines.told(*ONCE, WITHDRAWN))
    yield from _results(lines.told("inspections.test_judged"))
    yield from _confirmations(lines.told("inspections.confirmed", "inspections.objected"))
    yield from _wordings(lines.told("inspections.tidied"))


def _records(told: Lines) -> Iterator[Fault]:
    seen = set()
    with walked(select(Record).order_by(Record.inspection_id), PAGE) as rows:
        for record in rows.scalars():
            subject = f"inspection:{record.inspection_id}"
            seen.add(subject)
            for says in _of_record(record, told.get(subject, [])):
                yield Fault("record", f"record of inspection {record.inspection_id}", says)
    yield from _gone("record", set(told) - seen)


def _of_record(record: Record, lines_of_it: Sequence[Row[Any]]) -> Iterator[str]:
    *taken_back, told = _until_withdrawn(lines_of_it)
    if any([line.action for line in part] != ["inspections.approved"] for part in taken_back):
        yield "an approval was withdrawn that did not stand, or was out already"
    by_action = {line.action: line for line in told}
    if len(by_action) < len(told):
        twice = [what for action, what in ONCE.items() if sum(line.action == action for line in told) > 1]
        yield f"it was {' and '.join(twice)} twice"
    approved, issued, score = (by_action.get(action) for action in ONCE)
    content = None if record.content is None else content_digest(record.content)
    frozen = score or approved
    if content != (frozen.detail["content"] if frozen else None):
        yield "its content is not what was approved"
    if record.approved_by != (approved.actor_id if approved else None):
        yield "somebody else approved it"
    letter = (record.letter_no, _day(record.letter_on))
    if letter != ((issued.detail["letter_no"], issued.detail["letter_on"]) if issued else ("", None)):
        yield "its letter is not the one that was entered"
    letter = (record.score_letter_no, _day(record.score_letter_on))
    if letter != ((score.detail["letter_no"], score.detail["letter_on"]) if score else ("", None)):
        yield "its score's letter is not the one that was entered"


def _until_withdrawn(told: Sequence[Row[Any]]) -> list[list[Row[Any]]]:
    """What each withdrawal took back, and last what stands (撤回核定)."""
    parts: list[list[Row[Any]]] = [[]]
    for line in told:
        if line.action == WITHDRAWN:
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def _day(value: Any) -> str | None:
    return None if value is None else value.isoformat()


def _gone(kind: str, subjects: Iterable[str]) -> Iterator[Fault]:
    for subject in sorted(subjects):
        yield Fault("record", f"{kind} of {subject.replace(':', ' ')}", "it was deleted")


def _results(told: Lines) -> Iterator[Fault]:
    latest = {
        (subject.partition(":")[2], line.detail["test"]): (
            line.detail["result"],
            line.detail["judged_on"],
            line.actor_id,
        )
        for subject, found in told.items()
        for line in found
    }
    rows = {
        (row.inspection_id, row.entity_id): (row.result, row.judged_on.isoformat(), row.entered_by)
        for row in db.session.scalars(select(TestResult))
    }
    yield from _differing("laboratory result", latest, rows)


def _confirmations(told: Lines) -> Iterator[Fault]:
    latest = {
        (subject.partition(":")[2], f"{line.actor_id} v{line.detail['version']}"): line.action
        == "inspections.confirmed"
        for subject, found in told.items()
        for line in found
    }
    rows = {
        (row.inspection_id, f"{row.account_id} v{row.version}"): row.agreed
        for row in db.session.scalars(select(Confirmation))
    }
    yield from _differing("confirmation", latest, rows)


def _wordings(told: Lines) -> Iterator[Fault]:
    latest = {
        (subject.partition(":")[2], line.detail["wording"]): (
            line.detail["entity"],
            line.detail["field"],
            line.detail["sha256"],
        )
        for subject, found in told.items()
        for line in found
    }
    with walked(select(Wording), PAGE) as found:
        rows = {
            (row.inspection_id, row.id): (
                row.entity_id,
                row.field,
                hashlib.sha256(row.text.encode()).hexdigest(),
            )
            for row in found.scalars()
        }
    yield from _differing("wording", latest, rows)


def _differing(
    what: str, told: dict[tuple[str, str], Any], rows: dict[tuple[str, str], Any]
) -> Iterator[Fault]:
    """Rows against lines, both {(inspection, key): values}."""
    for inspection, key in sorted(told.keys() | rows.keys()):
        place = (inspection, key)
        if told.get(place) != rows.get(place):
            gone = "it was deleted" if place not in rows else "no line of the log tells of it"
            says = "it is not what the log says" if place in rows and place in told else gone
            yield Fault("record", f"{what} {key} of inspection {inspection}", says)
