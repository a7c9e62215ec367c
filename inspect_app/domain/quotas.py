"""The yearly number of inspections (作業辦法 art 4): a ratio and a number per budget band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .editions import RuleSet
from .money import format_money
from .reasons import Evidence, Reason, Source, because


@dataclass(frozen=True, slots=True)
class Case:
    """A tender or an inspection done. `budget` in NT$, None where unknown. `excluded`: subsidised or commissioned to others."""

    budget: int | None
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The head's own number for a band (by its lower bound) or, with `band` None, for the ratio; filed with PCC."""

    band: int | None
    required: int
    reason: str


@dataclass(frozen=True, slots=True)
class BandQuota:
    """One budget band: from (included) to (excluded), in NT$."""

    low: int
    high: int | None
    available: int
    required: int
    done: int


@dataclass(frozen=True, slots=True)
class Quota:
    """Required and done by the ratio and by bands. `unknown_*`: cases without a budget, in no band, to be repaired."""

    ratio_required: int
    ratio_done: int
    bands: tuple[BandQuota, ...]
    unknown_tenders: int
    unknown_done: int
    reasons: tuple[Reason, ...]


def quota(
    tenders: Sequence[Case], done: Sequence[Case], rules: RuleSet, adjustments: Iterable[Adjustment] = ()
) -> Quota:
    """The quota of a year so far. ValueError for a negative budget or an adjustment without a reason."""
    for case in (*tenders, *done):
        if case.budget is not None and case.budget < 0:
            raise ValueError(f"預算金額 {case.budget} 是負數，預算不可為負")
    changed = {change.band: change for change in map(_checked, adjustments)}
    required, ratio_done, ratio_reasons = _ratio(tenders, done, rules, changed.get(None))
    bands, band_reasons = _bands(tenders, done, rules, changed)
    unknown, unknown_done = _unknown(tenders), _unknown(done)
    told = (*ratio_reasons, *band_reasons, *_unknown_reason(unknown, unknown_done, rules))
    return Quota(required, ratio_done, bands, unknown, unknown_done, told)


def _checked(change: Adjustment) -> Adjustment:
    if not change.reason.strip():
        raise ValueError("首長調整件數要寫理由")
    if change.required < 0:
        raise ValueError(f"調整後件數 {change.required} 是負數")
    return change


def _within(cases: Iterable[Case], low: int, high: int | None) -> list[Case]:
    return [
        c for c in cases if c.budget is not None and c.budget >= low and (high is None or c.budget < high)
    ]


def _counted(cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if not case.excluded]


def _ratio(
    tenders: Sequence[Case], done: Sequence[Case], rules: RuleSet, change: Adjustment | None
) -> tuple[int, int, list[Reason]]:
    parts = rules.value("quotas")["ratios"]
    own, own_done = _counted(tenders), _counted(done)
    counted = [(part, len(_within(own, part["from"], part["to"]))) for part in parts]
    required = sum(-(-available * part["percent"] // 100) for part, available in counted)
    finished = sum(len(_within(own_done, part["from"], part["to"])) for part in parts)
    reasons = [_ratio_reason(part, available, rules) for part, available in counted]
    if change is None:
        return required, finished, reasons
    return change.required, finished, [*reasons, _adjusted("比率件數", required, change)]


def _ratio_reason(part: Mapping[str, Any], available: int, rules: RuleSet) -> Reason:
    needed = -(-available * part["percent"] // 100)
    text = f"{_span(part['from'], part['to'])}的自辦標案 {available} 件（不含補助或委辦），{part['percent']}% 無條件進位為 {needed} 件"
    return because("quota.ratio", text, rules.source_of("quotas"), available=available, required=needed)


def _span(low: int, high: int | None) -> str:
    return f"預算 {format_money(low)} 以上" + (f"未達 {format_money(high)}" if high is not None else "")


def _bands(
    tenders: Sequence[Case], done: Sequence[Case], rules: RuleSet, changed: Mapping[int | None, Adjustment]
) -> tuple[tuple[BandQuota, ...], list[Reason]]:
    if rules.value("bands_exclude"):
        tenders, done = _counted(tenders), _counted(done)
    what = "不含" if rules.value("bands_exclude") else "含"
    text = f"各級距的件數{what}補助或委辦案件"
    reasons = [
        because(
            "quota.bands_exclude",
            text,
            rules.source_of("bands_exclude"),
            excluded=rules.value("bands_exclude"),
        )
    ]
    bands: list[BandQuota] = []
    for rule in rules.value("quotas")["bands"]:
        band, told = _band(rule, tenders, done, rules, changed.get(rule["from"]))
        bands.append(band)
        reasons += told
    return tuple(bands), reasons


def _band(
    rule: Mapping[str, Any],
    tenders: Sequence[Case],
    done: Sequence[Case],
    rules: RuleSet,
    change: Adjustment | None,
) -> tuple[BandQuota, list[Reason]]:
    low, high, number = rule["from"], rule["to"], rule["number"]
    available, finished = len(_within(tenders, low, high)), len(_within(done, low, high))
    required = min(available, number)
    text = f"{_span(low, high)}的標案 {available} 件，應查核 {number} 件（不足時全數），計 {required} 件"
    told = [
        because(
            "quota.band",
            text,
            rules.source_of("quotas"),
            available=available,
            number=number,
            required=required,
        )
    ]
    if change is not None:
        told.append(_adjusted(_span(low, high), required, change))
        required = change.required
    return BandQuota(low, high, available, required, finished), told


def _adjusted(what: str, before: int, change: Adjustment) -> Reason:
    source = Source("工程施工查核小組作業辦法第4條，首長調整並送工程會備查", "2023-08-09", Evidence.LAW)
    text = f"{what}由 {before} 件調整為 {change.required} 件，理由：{change.reason}"
    return because("quota.adjusted", text, source, before=before, required=change.required)


def _unknown(cases: Iterable[Case]) -> int:
    return sum(case.budget is None for case in cases)


def _unknown_reason(tenders: int, done: int, rules: RuleSet) -> list[Reason]:
    if not tenders and not done:
        return []
    text = f"預算不明的標案 {tenders} 件、查核 {done} 件，級距不明，未列入計算，請補正預算"
    return [because("quota.unknown", text, rules.source_of("quotas"), tenders=tenders, done=done)]


@dataclass(frozen=True, slots=True)
class Return:
    """A quarterly return of results to PCC (組織準則 art 10)."""

    year: int
    quarter: int
    due: date
    reason: Reason


_RETURN = Source("工程施工查核小組組織準則第10條", "2023-08-17", Evidence.LAW)


def quarterly_return(year: int, quarter: int) -> Return:
    """Due by the end of April, July, October and the January after. `year` of our era; ValueError for no such quarter."""
    dues = {1: date(year, 4, 30), 2: date(year, 7, 31), 3: date(year, 10, 31), 4: date(year + 1, 1, 31)}
    if quarter not in dues:
        raise ValueError(f"沒有第 {quarter} 季")
    text = f"民國{year - 1911}年第 {quarter} 季查核結果，於 {dues[quarter].month} 月底前送工程會備查"
    return Return(
        year, quarter, dues[quarter], because("quota.return", text, _RETURN, year=year, quarter=quarter)
    )
