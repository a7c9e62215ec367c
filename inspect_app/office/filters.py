"""What templates say in the field's way: dates, money, points; and the few globals that pages share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from flask import Flask, request

from inspect_app.domain import money as amounts
from inspect_app.domain import roc
from inspect_app.domain.reasons import Reason

NOTHING = "—"
BLANK = "（空白）"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `ui.table`: its head, the key by which the address sorts it, and how it stands."""

    label: str
    sort: str = ""
    num: bool = False
    wide: bool = False  # takes the room that is left
    minor: bool = False  # gives way on a narrow screen


def col(label: str, sort: str = "", *, num: bool = False, wide: bool = False, minor: bool = False) -> Column:
    return Column(label, sort, num, wide, minor)


def _day(value: date | datetime) -> date:
    return roc.local_date(value) if isinstance(value, datetime) else value


def iso_day(value: str | None) -> date | None:
    """The day of an ISO text, as frozen figures carry it."""
    return date.fromisoformat(value) if value else None


def roc_date(value: date | datetime | None) -> str:
    """民國115年11月23日（一）; a moment is taken in Taipei's time."""
    return roc.format_date(_day(value)) if value else NOTHING


def roc_short(value: date | datetime | None) -> str:
    """115.11.23, for tables."""
    return roc.short_date(_day(value)) if value else NOTHING


def roc_datetime(value: datetime | None) -> str:
    """民國115年11月23日（一）14:05."""
    return f"{roc.format_date(roc.local_date(value))}{roc.format_time(value)}" if value else NOTHING


def roc_stamp(value: datetime | None) -> str:
    """115.11.23 14:05, for tables."""
    return f"{roc.short_date(roc.local_date(value))} {roc.format_time(value)}" if value else NOTHING


def money(value: int | None) -> str:
    return amounts.format_money(value) if value is not None else NOTHING


def points(value: int | None) -> str:
    """3 點."""
    return f"{value} 點" if value is not None else NOTHING


def percent_bp(value: int | None, places: int = 1) -> str:
    """Basis points as a percentage: 1234 -> 12.3%, rounded half up."""
    if value is None:
        return NOTHING
    step = 10 ** (2 - places)
    whole = (abs(value) + step // 2) // step
    unit = 10**places
    text = f"{whole // unit}.{whole % unit:0{places}d}" if places else str(whole)
    return f"{'-' if value < 0 and whole else ''}{text}%"


def url_with(**changes: object) -> str:
    """This page's address with some query values changed; None or "" takes one away. The page number starts anew."""
    kept = [
        (key, value) for key, value in request.args.items(multi=True) if key not in changes and key != "page"
    ]
    new = [(key, str(value)) for key, value in changes.items() if value not in (None, "")]
    query = urlencode(kept + new)
    return request.path + (f"?{query}" if query else "")


def sort_state(key: str) -> str:
    """How the table stands sorted by `key`: ascending, descending or none (for aria-sort)."""
    now = request.args.get("sort", "")
    return {key: "ascending", f"-{key}": "descending"}.get(now, "none")


def sort_url(key: str) -> str:
    return url_with(sort=f"-{key}" if sort_state(key) == "ascending" else key)


def reasons(value: Iterable[object]) -> list[str]:
    """The sentences of Reason objects or of their dicts, each with the rule it follows; plain texts as they are."""
    return [_sentence(item) for item in value]


def _sentence(item: object) -> str:
    if isinstance(item, Reason):
        item = item.as_dict()
    if not isinstance(item, dict):
        return str(item)
    return f"{item.get('text', '')}{_stands_in(str(item.get('source', '')), str(item.get('edition', '')))}"


def _stands_in(article: str, edition: str) -> str:
    """〔依據：作業辦法第7條，112.08.09 起適用〕, nothing where a reason names none."""
    if not article:
        return ""
    since = roc.short_date(date.fromisoformat(edition)) if edition else ""
    return f"〔依據：{article}{f'，{since} 起適用' if since else ''}〕"


def stored_words(value: object, options: Iterable[tuple[object, ...]] = ()) -> str:
    """A stored value as a person reads it: a choice by its label, a date in our era, a number with commas."""
    labels = {str(option[0]): str(option[1]) for option in options}
    if isinstance(value, list):
        return "、".join(labels.get(str(item), str(item)) for item in value) or BLANK
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return labels.get(str(value), f"{value:,}")
    if isinstance(value, datetime):
        return roc_datetime(value)
    return roc_date(value) if isinstance(value, date) else labels.get(str(value), str(value or BLANK))


FILTERS = (
    stored_words, iso_day, roc_date, roc_short, roc_datetime, roc_stamp, money, points, percent_bp, reasons,
)  # fmt: skip
GLOBALS = (col, url_with, sort_state, sort_url)


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update({function.__name__: function for function in FILTERS})
    app.jinja_env.globals.update({function.__name__: function for function in GLOBALS})
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
