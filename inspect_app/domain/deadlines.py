"""Deadlines: working days, the record's seven, citizen reports' fourteen, extensions, the overdue ladder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .calendars import Calendar
from .editions import RuleSet
from .reasons import Evidence, Reason, Source, because
from .roc import format_date

_IN_TIME: Mapping[str, Any] = {"step": None, "text": "期限內"}
DAY = timedelta(days=1)
LONGEST = 2_000
_CONSENT = Source("工程施工查核小組作業辦法第10條", "2023-08-09", Evidence.LAW)


@dataclass(frozen=True, slots=True)
class Due:
    """The last day and every day that counted."""

    due: date
    days: tuple[date, ...]
    reasons: tuple[Reason, ...]


def due(
    start: date, working_days: int, calendar: Calendar, rules: RuleSet, count_first_day: bool | None = None
) -> Due:
    """The day on which the n-th working day falls. `count_first_day` None takes the setting; 0 days is the start itself.

    ValueError for a number outside 0-2000.
    """
    if not 0 <= working_days <= LONGEST:
        raise ValueError(f"工作天數 {working_days} 不在 0 到 {LONGEST} 之間")
    counts = rules.value("count_first_day") if count_first_day is None else count_first_day
    days = _count(start if counts else start + DAY, working_days, calendar)
    last = days[-1] if days else start
    return Due(last, tuple(days), tuple(_due_reasons(start, last, working_days, calendar, rules, counts)))


def _count(first: date, number: int, calendar: Calendar) -> list[date]:
    days: list[date] = []
    day = first
    while len(days) < number:
        if calendar.works(day):
            days.append(day)
        day += DAY
    return days


def _due_reasons(
    start: date, last: date, number: int, calendar: Calendar, rules: RuleSet, counts: bool
) -> Iterable[Reason]:
    first = "起算日計入" if counts else "起算日不計入"
    published = Source("政府行政機關辦公日曆表", calendar.first.isoformat(), Evidence.SEC)
    yield because("deadline.first_day", first, rules.source_of("count_first_day"), count_first_day=counts)
    text = f"自 {format_date(start)} 起 {number} 個工作天，到期日為 {format_date(last)}"
    yield because(
        "deadline.working_days", text, published, start=start.isoformat(), due=last.isoformat(), days=number
    )
    yield from _special_days(start, last, calendar, published)
    if not (calendar.covers(start) and calendar.covers(last)):
        text = "部分日期不在已公布的行事曆內，只扣除週末，公布後請重新計算"
        yield because(
            "deadline.uncovered", text, published, first=str(calendar.first), last=str(calendar.last)
        )


def _special_days(start: date, last: date, calendar: Calendar, published: Source) -> Iterable[Reason]:
    between = [start + DAY * step for step in range((last - start).days + 1)]
    for rule, days, text in (
        ("holidays", calendar.holidays, "國定假日及補假"),
        ("makeup", calendar.makeup, "補行上班日（計入）"),
        ("closures", calendar.closures, "停止上班日（不計入）"),
    ):
        found = [day for day in between if day in days]
        if found:
            listed = "、".join(map(format_date, found))
            yield because(f"deadline.{rule}", f"期間內的{text}：{listed}", published, count=len(found))


def working_days_between(after: date, until: date, calendar: Calendar) -> int:
    """How many working days lie after the one and up to the other, which counts; 0 when `until` is not later."""
    return sum(calendar.works(after + DAY * step) for step in range(1, (until - after).days + 1))


def record_due(inspected: date, calendar: Calendar, rules: RuleSet) -> Due:
    """The last day to send the inspection record (art 9: 7 working days)."""
    return due(inspected, rules.value("record_days"), calendar, rules)


@dataclass(frozen=True, slots=True)
class Punctuality:
    """On which working day the record went out, and whether a reason is wanted (day 8 or later)."""

    day: int
    reason_wanted: bool
    reasons: tuple[Reason, ...]


def record_punctuality(inspected: date, sent: date, calendar: Calendar, rules: RuleSet) -> Punctuality:
    """ValueError when the record was sent before the inspection."""
    if sent < inspected:
        raise ValueError(f"發文日期 {format_date(sent)} 早於查核日期 {format_date(inspected)}")
    first = int(rules.value("count_first_day") and calendar.works(inspected))
    day, limit = working_days_between(inspected, sent, calendar) + first, rules.value("record_days")
    late = sent > record_due(inspected, calendar, rules).due
    day = (
        max(day, limit + 1) if late else day
    )  # a weekend after the last day belongs to the working day after it
    text = f"查核紀錄於第 {day} 個工作天發文，期限 {limit} 個工作天" + ("，請填逾期原因" if late else "")
    reason = because("deadline.record", text, rules.source_of("record_days"), day=day, limit=limit)
    return Punctuality(day, late, (reason,))


def citizen_due(dispatched: date, rules: RuleSet) -> Due:
    """A citizen report's last day: calendar days from its dispatch."""
    number = rules.value("citizen_days")
    last = dispatched + DAY * number
    text = f"自派案日 {format_date(dispatched)} 起 {number} 個日曆天，到期日為 {format_date(last)}"
    reason = because(
        "deadline.citizen", text, rules.source_of("citizen_days"), days=number, due=last.isoformat()
    )
    return Due(last, tuple(dispatched + DAY * step for step in range(1, number + 1)), (reason,))


@dataclass(frozen=True, slots=True)
class Extension:
    """A later improvement deadline that the team agreed to on a day, by a letter."""

    until: date
    agreed_on: date
    letter: str = ""


def improvement_due(set_for: date, extensions: Sequence[Extension] = ()) -> Due:
    """The improvement deadline in force: what the leader set, or the last agreed extension.

    ValueError for an extension that does not lie later than the deadline before it.
    """
    current = set_for
    reasons = [
        because("deadline.improvement", f"改善期限為 {format_date(set_for)}", _CONSENT, due=str(set_for))
    ]
    for extension in extensions:
        if extension.until <= current:
            raise ValueError(f"展延期限 {format_date(extension.until)} 沒有晚於原期限 {format_date(current)}")
        current = extension.until
        text = f"查核小組於 {format_date(extension.agreed_on)} 同意展延至 {format_date(current)}"
        reasons.append(
            because("deadline.extension", text, _CONSENT, due=str(current), letter=extension.letter)
        )
    return Due(current, (), tuple(reasons))


@dataclass(frozen=True, slots=True)
class Overdue:
    """`days` after the deadline (negative before it); `step` of the ladder or None; `label` for the screen."""

    days: int
    step: str | None
    label: str
    reasons: tuple[Reason, ...]


def overdue(deadline: date, on: date, rules: RuleSet) -> Overdue:
    """Where a case stands on the ladder on a day (calendar days)."""
    days = (on - deadline).days
    reached = [rung for rung in rules.value("overdue_ladder") if days >= rung["after"]]
    rung = max(reached, key=lambda rung: int(rung["after"]), default=_IN_TIME)
    told = f"逾期 {days} 天" if days > 0 else f"距期限 {-days} 天"
    text = f"期限 {format_date(deadline)}，{told}：{rung['text']}"
    reason = because(
        "deadline.overdue", text, rules.source_of("overdue_ladder"), days=days, step=rung["step"]
    )
    return Overdue(days, rung["step"], rung["text"], (reason,))
