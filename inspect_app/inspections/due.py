"""The last day for a record's letter (作業辦法 art 9)."""

from __future__ import annotations

from datetime import date

from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.deadlines import Due, record_due
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Record
from inspect_app.scheduling import queries as scheduling


def reckoned(row: Inspection) -> Due:
    """With its reasons, by the calendar as it is known now: a typhoon day that is entered later moves it."""
    day = row.inspected_on
    return record_due(day, catalogue.calendar(day.year, day.year + 1), scheduling.rules_of(row.id))


def due_now(row: Inspection) -> date:
    """The day of `reckoned`."""
    return reckoned(row).due


def due_of(row: Inspection) -> date:
    """As `due_now` until the letter is out; from then on the day that counted."""
    record = db.session.get(Record, row.id)
    return record.due_on if record is not None and record.letter_on is not None else due_now(row)
