"""What a file says of one tender, read and checked but not yet compared with what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inspect_app.intake import Rejection

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TenderRecord:
    """One tender. Absent keys and blanks were not said and never erase what is stored.

    `fields`: columns of Tender. `firms`: role (designer, supervision, contractor, pcm) -> name. `months` and `delays`
    by the month's first day. `people` by kind and `changes` replace what stands when they are not empty.
    """

    row: int
    agency_code: str
    agency_name: str
    number: str
    fields: Values
    firms: Mapping[str, str] = field(default_factory=dict)
    details: Values = field(default_factory=dict)
    months: Mapping[date, Values] = field(default_factory=dict)
    delays: Mapping[date, Values] = field(default_factory=dict)
    people: Mapping[str, list[Values]] = field(default_factory=dict)
    changes: list[Values] = field(default_factory=list)
    progress_as_of: date | None = None  # None: the file does not date its progress


@dataclass(slots=True)
class Parsed:
    """The good rows, the bad ones, and what was let pass (for people)."""

    records: list[TenderRecord] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class BadRow(Exception):
    """This row cannot be taken: which field, and why."""

    def __init__(self, name: str, message: str) -> None:
        self.field, self.message = name, message
        super().__init__(message)
