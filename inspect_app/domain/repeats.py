"""The same defect again: at the same contractor, supervision firm, agency or project; and how a code moves over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from .periods import Quarter
from .reasons import Evidence, Reason, Source, because
from .roc import format_date

RELATIONS = {"project": "本標案", "contractor": "承攬廠商", "supervision": "監造單位", "agency": "主辦機關"}
_SOURCE = Source("重複缺失統計（公共工程督導會報）", "", Evidence.SEC)


@dataclass(frozen=True, slots=True)
class Found:
    """A defect found on a visit and who was concerned. Blank names stand for nobody."""

    code: str
    inspection: str
    on: date
    project: str
    contractor: str = ""
    supervision: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """`times`: earlier inspections with this code under this relation; `last`: the latest of them."""

    code: str
    relation: str
    name: str
    times: int
    last: date
    reason: Reason


def repeats(now: Sequence[Found], earlier: Iterable[Found]) -> list[Repeat]:
    """What of this visit had been found before, by code and relation. Findings of the visit itself never count."""
    past = list(earlier)
    seen: dict[tuple[str, str, str], Repeat] = {}
    for found in now:
        for repeat in _of(found, past):
            seen.setdefault((repeat.code, repeat.relation, repeat.name), repeat)
    order = list(RELATIONS)
    return sorted(seen.values(), key=lambda repeat: (repeat.code, order.index(repeat.relation), repeat.name))


def _of(found: Found, past: Iterable[Found]) -> Iterator[Repeat]:
    same = [
        old
        for old in past
        if old.code == found.code and old.inspection != found.inspection and old.on <= found.on
    ]
    for relation, label in RELATIONS.items():
        name = getattr(found, relation)
        hits = {old.inspection: old.on for old in same if name and getattr(old, relation) == name}
        if hits:
            yield _repeat(found.code, relation, label, name, hits)


def _repeat(code: str, relation: str, label: str, name: str, hits: dict[str, date]) -> Repeat:
    last = max(hits.values())
    text = f"{code} 在{label}「{name}」曾出現 {len(hits)} 次，最近一次 {format_date(last)}"
    return Repeat(code, relation, name, len(hits), last, because("repeat", text, _SOURCE, times=len(hits)))


@dataclass(frozen=True, slots=True)
class Step:
    """A quarter's count, and the change to the quarter before (None for the first)."""

    quarter: Quarter
    count: int
    change: int | None


def trend(days: Iterable[date]) -> list[Step]:
    """Counts by quarter without gaps, from the first to the last day given."""
    quarters = [Quarter.of(day) for day in days]
    if not quarters:
        return []
    counts = [(quarter, quarters.count(quarter)) for quarter in min(quarters).until(max(quarters))]
    before = [None, *(count for _, count in counts)]
    return [
        Step(quarter, count, None if old is None else count - old)
        for (quarter, count), old in zip(counts, before, strict=False)
    ]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A code that came back under one name of a relation. `inspections` by day; `steps` count them by quarter."""

    code: str
    relation: str
    name: str
    inspections: tuple[str, ...]
    last: date
    steps: tuple[Step, ...]
    reason: Reason


def recurring(found: Iterable[Found], relation: str, least: int = 2) -> list[Recurring]:
    """The codes found on `least` inspections or more under the same name of a relation, the most frequent and latest first."""
    groups: dict[tuple[str, str], dict[str, date]] = {}
    for one in found:
        name = getattr(one, relation)
        if name:
            groups.setdefault((one.code, name), {})[one.inspection] = one.on
    kept = [
        _recurring(code, relation, name, days) for (code, name), days in groups.items() if len(days) >= least
    ]
    return sorted(kept, key=lambda one: (-len(one.inspections), -one.last.toordinal(), one.code, one.name))


def _recurring(code: str, relation: str, name: str, days: dict[str, date]) -> Recurring:
    ordered = sorted(days, key=lambda key: (days[key], key))
    first, last = days[ordered[0]], days[ordered[-1]]
    span = f"{format_date(first)}至{format_date(last)}"
    text = f"{code} 在{RELATIONS[relation]}「{name}」於 {len(days)} 次查核出現，{span}"
    reason = because("repeat.recurring", text, _SOURCE, times=len(days))
    return Recurring(code, relation, name, tuple(ordered), last, tuple(trend(days.values())), reason)
