"""Lines that say an earlier moment than their place: whoever writes to the tables may write a line of last month, correctly
chained, but not before the heads that were signed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

LATEST_COMMIT = timedelta(hours=1)
"""A line's moment is taken when it is written, its place after its commit: an import may take that long."""
WENT_BACK, WATCH = "clock.went_back", timedelta(days=1)
"""The line that the clock's watch writes (evidence.clocks), and how long it may take to notice: it runs with the jobs process."""


class Moments:
    """`signed`: {lines that a head covers: when it was signed}. `early`: place and number of the first line that is too early."""

    def __init__(self, signed: Mapping[int, datetime]) -> None:
        self._signed = signed
        self._bound: datetime | None = None
        self._early: tuple[int, int, datetime] | None = None

    @property
    def early(self) -> tuple[int, int] | None:
        return self._early[:2] if self._early else None

    def step(self, position: int, line_n: int, at: datetime, action: str) -> None:
        """The line at the next place."""
        head = self._signed.get(position)
        if head is not None and (self._bound is None or head > self._bound):
            self._bound = head
        if action == WENT_BACK:
            self._back(at)
        elif self._early is None and self._bound is not None and at < self._bound - LATEST_COMMIT:
            self._early = position, line_n, at

    def _back(self, at: datetime) -> None:
        """The clock was put back, which is told by that line: heads from before it say nothing about what comes after it."""
        self._bound = None
        if self._early is not None and abs(at - self._early[2]) <= WATCH:
            self._early = None
