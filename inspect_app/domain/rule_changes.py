"""Two sets of rules side by side, setting by setting: what is new, gone or another value, and where each stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .calendars import Calendar
from .editions import RuleSet
from .reasons import Source

LABELS = {
    "grades": "等第級距",
    "forced_tests": "檢驗不合格列丙等",
    "forced_judgements": "判定列丙等",
    "score_sheet": "委員評分表",
    "progress": "施工進度給分",
    "spread_hint": "委員評分差距提示",
    "reference_score": "校準參考分數",
    "rates": "每點扣款",
    "cap_ratio": "扣款上限（契約金額的基點）",
    "quotas": "年度查核件數",
    "bands_exclude": "級距件數扣除補助或委辦",
    "count_first_day": "期限起算日計入",
    "record_days": "查核紀錄發送期限",
    "citizen_days": "全民督工處理期限",
    "overdue_ladder": "稽催階段",
    "recusal_degree": "迴避的親等",
    "outside_share": "外聘委員比例",
    "leader_in_house": "領隊須為內聘",
    "performance": "廠商履約計分",
    "risk": "選案原因與配分",
}
WORDS = {
    "max": "滿分", "label": "名稱", "block": "部分", "number": "件數", "percent": "比率（%）", "to": "未達", "from": "自",
    "score": "分數", "kinds": "項目", "items": "細項", "indicators": "指標", "bands": "級距", "ratios": "比率",
    "contractor": "承攬廠商", "supervision": "監造單位", "pcm": "專案管理廠商", "after": "天數", "text": "說明", "tenths": "十分之一分",
    "no_basis": "未訂進度計算基準", "ahead_over_bp": "超前門檻（基點）", "ahead": "超前", "measures": "有效對策",
    "blameless_unhandled": "非可歸責落後未處理", "behind_from_bp": "落後門檻（基點）", "behind": "可歸責落後",
    "behind_far_over_bp": "落後甚多門檻（基點）", "behind_far": "落後甚多", "base": "基本分", "flags": "配分",
    "start": "起算", "weights": "每項扣",
}  # fmt: skip
_NAMED_BY = ("field", "step", "grade", "label", "from")


@dataclass(frozen=True, slots=True)
class Change:
    """One place of a setting. `before` or `after` is None where the place is not there; `place` in words, "" for the whole."""

    setting: str
    place: str
    before: Any
    after: Any
    old: Source | None
    new: Source | None

    @property
    def kind(self) -> str:
        """added, removed or changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def compare_rules(old: RuleSet, new: RuleSet) -> tuple[Change, ...]:
    """What differs from one set to the other, in the order of the settings and, inside, of the places."""
    names = [*new.settings, *(name for name in old.settings if name not in new.settings)]
    return tuple(change for name in names for change in _compared(name, old, new))


def _compared(name: str, old: RuleSet, new: RuleSet) -> Iterator[Change]:
    before, after = _places(old, name), _places(new, name)
    sources = [rules.source_of(name) if name in rules.settings else None for rules in (old, new)]
    for place in [*after, *(gone for gone in before if gone not in after)]:
        values = before.get(place), after.get(place)
        if values[0] != values[1]:
            yield Change(name, place, *values, *sources)


def _places(rules: RuleSet, name: str) -> dict[str, Any]:
    """{place in words: value} of a setting; nothing where the rules do not have it."""
    return dict(_flat(rules.value(name), ())) if name in rules.settings else {}


def _flat(value: Any, here: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, (*here, WORDS.get(key, str(key))))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from _item(item, here)
    else:
        yield "，".join(here), tuple(value) if isinstance(value, list) else value


def _item(item: Mapping[str, Any], here: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """A line of a list goes by its own name, so that a line put in between moves no other."""
    name = next(key for key in _NAMED_BY if key in item)
    shown = (
        str(item.get("label") or item.get("text") or item[name]) if name != "from" else f"{item['from']:,} 起"
    )
    yield from _flat({key: inner for key, inner in item.items() if key != name}, (*here, shown))


@dataclass(frozen=True, slots=True)
class YearOfDays:
    """A year of the calendar: how many days offices work, and the days that are no ordinary ones."""

    year: int
    working: int
    holidays: tuple[date, ...]
    makeup: tuple[date, ...]
    closures: tuple[date, ...]


def year_of_days(year: int, calendar: Calendar) -> YearOfDays:
    """What a calendar says of a year."""
    first = date(year, 1, 1)
    days = [first + timedelta(days=step) for step in range((date(year + 1, 1, 1) - first).days)]
    parts = (calendar.holidays, calendar.makeup, calendar.closures)
    special = [tuple(day for day in days if day in part) for part in parts]
    return YearOfDays(year, sum(map(calendar.works, days)), *special)
