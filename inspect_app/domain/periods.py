"""Quarters and years as the field counts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .roc import OFFSET


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year of our era, 1-4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Quarter:
        """The quarter of a day."""
        return cls(day.year, (day.month + 2) // 3)

    @property
    def label(self) -> str:
        """115年第4季."""
        return f"{self.year - OFFSET}年第{self.number}季"

    def next(self) -> Quarter:
        """The quarter after."""
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    def until(self, last: Quarter) -> Iterator[Quarter]:
        """This quarter and all up to the last."""
        current = self
        while current <= last:
            yield current
            current = current.next()
