"""The government's office calendar as a value: holidays, make-up days, local closures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off and on. `closures` are typhoon days and the like of one place; `first` and `last` bound what was published."""

    holidays: frozenset[date]
    makeup: frozenset[date]
    first: date
    last: date
    closures: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether offices work: never on a closure, always on a make-up day, else on weekdays that are no holiday."""
        if day in self.closures:
            return False
        return day in self.makeup or (day.weekday() < SATURDAY and day not in self.holidays)

    def closed_on(self, days: Iterable[date]) -> Calendar:
        """The same calendar with more local closures."""
        return replace(self, closures=self.closures | frozenset(days))

    def covers(self, day: date) -> bool:
        """Whether the official calendar of that day was known; outside, only weekends count."""
        return self.first <= day <= self.last


@cache
def government_calendar() -> Calendar:
    """The shipped calendar, 2022-2027."""
    data = json.loads((files("inspect_app.domain") / "data" / "calendar.json").read_text(encoding="utf-8"))
    holidays, makeup = (frozenset(map(date.fromisoformat, data[name])) for name in ("holidays", "makeup"))
    return Calendar(holidays, makeup, date.fromisoformat(data["first"]), date.fromisoformat(data["last"]))
