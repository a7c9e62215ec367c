"""A list as its address says: filters, order and page stand in the query, so that a link shows the same list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, redirect

from inspect_app.office.filters import url_with

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """The order and the part of a list that is asked for."""

    sort: str
    descending: bool
    page: int
    size: int = PAGE_SIZE

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def last(self, count: int) -> int:
        """The number of the last page of so many lines; an empty list has one page."""
        return max(-(-count // self.size), 1)

    def within(self, count: int) -> Listing:
        """This order; a page past the end (a kept link, lines that are gone) leads to the last one instead of to an empty list."""
        if self.page > self.last(count):
            abort(redirect(url_with(page=self.last(count)), 303))
        return self


def listing(
    args: Mapping[str, str], sortable: tuple[str, ...], default: str, size: int = PAGE_SIZE
) -> Listing:
    """Read `sort` (key, or -key for descending) and `page`; what is unknown falls back to `default` and the first page."""
    asked = args.get("sort", default)
    key = asked.removeprefix("-")
    if key not in sortable:
        asked, key = default, default.removeprefix("-")
    page = args.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    return Listing(key, asked.startswith("-"), max(number, 1), size)
