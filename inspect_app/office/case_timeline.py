"""The picture of a case: its letters and deadlines on one line of time, numbered as in the table beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_app.notices.models import Case, Letter

NEAR = 4.5  # per cent of the width: marks nearer than this stand beneath each other


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened or is due: `url` is the place on the page that tells more."""

    day: date
    what: str
    url: str
    deadline: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """An event on the line: `no` as in the table, `x` in per cent, `row` counts downwards from the line."""

    no: int
    x: float
    row: int
    event: Event


@dataclass(frozen=True, slots=True)
class Line:
    """Everything that the picture shows; `due` and `now` in per cent, `over` when the time ran out before the end."""

    marks: list[Mark]
    issued: float
    due: float
    now: float | None
    end: float
    rows: int

    @property
    def over(self) -> bool:
        return self.end > self.due


def timeline(
    case: Case, letters: Sequence[Letter], names: Mapping[str, str], inspected_on: date, today: date
) -> Line:
    """The line from the inspection to the closing, or to today or the deadline, whichever is later."""
    events = _events(case, letters, names, inspected_on)
    settled = case.closed_on or today
    last = max(settled, events[-1].day)
    span = max(1, (last - inspected_on).days)

    def x(day: date) -> float:
        return round(100 * (day - inspected_on).days / span, 2)

    marks = _placed([(event, x(event.day)) for event in events])
    return Line(
        marks=marks,
        issued=x(case.issued_on),
        due=x(case.due_on),
        now=x(today) if case.closed_on is None else None,
        end=x(settled),
        rows=max(mark.row for mark in marks) + 1,
    )


def _events(
    case: Case, letters: Sequence[Letter], names: Mapping[str, str], inspected_on: date
) -> list[Event]:
    found = [Event(inspected_on, "查核", "#items"), *(_letter(line, names) for line in letters)]
    if case.first_due_on != case.due_on:
        found.append(Event(case.first_due_on, "原改善期限", "#extension", deadline=True))
    found.append(Event(case.due_on, "改善期限", "#extension", deadline=True))
    return sorted(found, key=lambda event: event.day)


def _letter(line: Letter, names: Mapping[str, str]) -> Event:
    return Event(line.on, f"{names.get(line.kind, line.kind)} {line.number}".strip(), f"#letter-{line.id}")


def _placed(events: Sequence[tuple[Event, float]]) -> list[Mark]:
    """Numbered in the order of time; each in the first row where it touches no earlier mark."""
    last_in_row: list[float] = []
    marks = []
    for number, (event, x) in enumerate(events, start=1):
        row = next((n for n, last in enumerate(last_in_row) if x - last >= NEAR), len(last_in_row))
        last_in_row[row : row + 1] = [x]
        marks.append(Mark(number, x, row, event))
    return marks


def told(line: Line, case: Case) -> list[dict[str, Any]]:
    """The same as rows of a table: number, day, what, days since the letter went out."""
    return [
        {
            "no": mark.no,
            "day": mark.event.day,
            "what": mark.event.what,
            "url": mark.event.url,
            "deadline": mark.event.deadline,
            "days": (mark.event.day - case.issued_on).days,
        }
        for mark in line.marks
    ]
