"""The member's sheet: Q 20 / W 60 / P 20 with sub-items, the progress rule, and the coordinator's reference score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .editions import RuleSet
from .reasons import Reason, because


def maxima(sheet: Mapping[str, Any]) -> dict[str, int]:
    """The most that each field of a score sheet takes, the side indicators among them."""
    return {line["field"]: line["max"] for line in (*sheet["items"], *sheet["indicators"])}


def with_maxima(sheet: Mapping[str, Any], most: Mapping[str, int]) -> dict[str, Any]:
    """The sheet with other maxima; a field that is not named keeps its own."""
    return {
        part: [{**line, "max": most.get(line["field"], line["max"])} for line in sheet[part]]
        for part in ("items", "indicators")
    }


@dataclass(frozen=True, slots=True)
class Total:
    """A member's sheet added up: the three blocks and their sum. `missing`: fields without a number yet."""

    q: int
    w: int
    p: int
    total: int
    missing: tuple[str, ...]


def sheet_total(scores: Mapping[str, int | None], rules: RuleSet) -> Total:
    """Q + W + P of a sheet {field: points}; blank fields count nothing and are named. ValueError names a field out of range."""
    items = rules.value("score_sheet")["items"]
    sums = {"Q": 0, "W": 0, "P": 0}
    for item in items:
        sums[item["block"]] += _item_points(item, scores.get(item["field"]))
    missing = tuple(item["field"] for item in items if scores.get(item["field"]) is None)
    return Total(sums["Q"], sums["W"], sums["P"], sum(sums.values()), missing)


def total_reason(q: int, w: int, p: int, rules: RuleSet) -> Reason:
    """How a handed-in sheet adds up, and what each block could have given at most."""
    most = block_maxima(rules)
    parts = [
        f"{block} {points}（滿分 {most[block]}）" for block, points in zip("QWP", (q, w, p), strict=True)
    ]
    text = f"{' ＋ '.join(parts)} ＝ {q + w + p} 分"
    return because("grade.sheet", text, rules.source_of("score_sheet"), q=q, w=w, p=p)


def block_maxima(rules: RuleSet) -> dict[str, int]:
    """The most that each block (Q, W, P) gives: the sum of its items."""
    sums = dict.fromkeys("QWP", 0)
    for item in rules.value("score_sheet")["items"]:
        sums[item["block"]] += item["max"]
    return sums


def _item_points(item: Mapping[str, Any], points: int | None) -> int:
    if points is None:
        return 0
    if not 0 <= points <= item["max"]:
        raise ValueError(f"{item['label']}（{item['field']}）{points} 分不在 0 到 {item['max']} 之間")
    return points


def bare_blocks(scores: Mapping[str, int | None], told: Iterable[str]) -> tuple[str, ...]:
    """Blocks (Q, W, P) with points but without a merit, defect or comment (`told`): remind, never block."""
    used = {
        name[0].upper()
        for name, points in scores.items()
        if points is not None and name[:2] in ("q_", "w_", "p")
    }
    return tuple(block for block in "QWP" if block in used and block not in set(told))


@dataclass(frozen=True, slots=True)
class Progress:
    """The site's progress in basis points (100 = 1 %), and what the member found about it."""

    planned_bp: int | None
    actual_bp: int | None
    basis: bool = True
    at_fault: bool = True
    handled: bool = False
    measures: bool = False


@dataclass(frozen=True, slots=True)
class ProgressPoints:
    """The span that the rule allows for P and the value that the sheet proposes; the member may enter any other."""

    low: int
    high: int
    proposed: int
    reasons: tuple[Reason, ...]


def progress_points(progress: Progress, rules: RuleSet) -> ProgressPoints:
    """P starts at its base; each finding moves it by a span. The proposal takes the smallest step of each."""
    rule, source = rules.value("progress"), rules.source_of("progress")
    steps = [(name, text, rule[name]) for name, text in _progress_steps(progress, rule)]
    reasons = [because(f"progress.{name}", f"{text}，{_span(span)}", source) for name, text, span in steps]
    start = because("progress.base", f"P 施工進度基本分 {rule['base']} 分", source, base=rule["base"])
    most = min(rule["max"], block_maxima(rules)["P"])
    low, high, near = (
        _moved(rule, most, [pick(span) for _, _, span in steps]) for pick in (min, max, _nearest)
    )
    return ProgressPoints(low, high, near, (start, *reasons))


def _moved(rule: Mapping[str, Any], most: int, by: Sequence[int]) -> int:
    points: int = min(most, rule["base"] + sum(by))
    return max(0, points)


def _nearest(span: Sequence[int]) -> int:
    return min(span, key=abs)


def _span(span: Sequence[int]) -> str:
    low, high = sorted(map(abs, span))
    return f"{'扣' if span[0] < 0 else '加'} {low} 至 {high} 分"


def _progress_steps(progress: Progress, rule: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if not progress.basis:
        yield "no_basis", "未訂進度計算基準"
    if progress.planned_bp is not None and progress.actual_bp is not None:
        yield from _ahead_or_behind(progress, progress.actual_bp - progress.planned_bp, rule)
    if progress.measures:
        yield "measures", "有效對策"


def _ahead_or_behind(progress: Progress, gap: int, rule: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if gap > rule["ahead_over_bp"]:
        yield "ahead", f"超前 {_percent(gap)}"
    elif gap < 0 and not progress.at_fault:
        if not progress.handled:
            yield "blameless_unhandled", f"非可歸責落後 {_percent(-gap)}，未積極處理"
    elif gap < -rule["behind_far_over_bp"]:
        yield "behind_far", f"可歸責落後 {_percent(-gap)}"
    elif gap <= -rule["behind_from_bp"]:
        yield "behind", f"可歸責落後 {_percent(-gap)}"


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02d}%"


@dataclass(frozen=True, slots=True)
class Reference:
    """A score from the findings, in tenths of a point: for the coordinator's calibration after submission only."""

    tenths: int
    reasons: tuple[Reason, ...]


def reference_score(findings: Iterable[tuple[str, str]], rules: RuleSet) -> Reference:
    """From (block Q/W/P, severity L/M/S) pairs. Never beside a member's sheet, never in the record."""
    rule, source = rules.value("reference_score"), rules.source_of("reference_score")
    left = dict(rule["start"])
    for block, severity in findings:
        if block in left:
            left[block] = max(0, left[block] - rule["weights"][severity])
    tenths = sum(left.values())
    text = f"依缺失等級推得參考 {tenths // 10}.{tenths % 10} 分，僅供校準，不影響成績"
    return Reference(tenths, (because("grade.reference", text, source, tenths=tenths),))
