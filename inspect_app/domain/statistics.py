"""Figures of the meeting and the returns: top defects, grades, means, the contractor's performance points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .catalogue.rows import Block, block_of
from .editions import RuleSet
from .reasons import Reason, because
from .rounding import decimal_text, half_up, mean


@dataclass(frozen=True, slots=True)
class TopDefect:
    """`ratio` = count / inspections, in percent with two decimals as `percent`. Equal counts share a rank."""

    rank: int
    code: str
    count: int
    ratio: Fraction
    percent: str


def top_defects(
    codes: Iterable[str], inspections: int, number: int = 50, block: Block | None = None
) -> list[TopDefect]:
    """The most frequent codes of a period's findings, by count, then code. No inspections: an empty list."""
    counts = Counter(code for code in codes if block is None or block_of(code) is block)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [_top(code, count, counts, inspections) for code, count in ordered[:number]] if inspections else []


def _top(code: str, count: int, counts: Counter[str], inspections: int) -> TopDefect:
    rank = 1 + sum(other > count for other in counts.values())
    ratio = Fraction(count, inspections)
    return TopDefect(rank, code, count, ratio, decimal_text(ratio * 100))


def grade_counts(grades: Iterable[str], rules: RuleSet) -> dict[str, int]:
    """{grade: count} in the order of the bands, zeros included."""
    counts = Counter(grades)
    return {band["grade"]: counts[band["grade"]] for band in rules.value("grades")}


@dataclass(frozen=True, slots=True)
class Summary:
    """Scores of a period; `mean` with two decimals. Scores bunch at 78-84, so show severity and spread beside them."""

    count: int
    mean: str
    low: int
    high: int


def score_summary(scores: Sequence[int]) -> Summary | None:
    """None where no score was given."""
    return Summary(len(scores), decimal_text(mean(scores)), min(scores), max(scores)) if scores else None


@dataclass(frozen=True, slots=True)
class Performance:
    """Points for the contractor's rating, in tenths (-5 = minus half a point)."""

    tenths: int
    reasons: tuple[Reason, ...]


def performance(scores: Sequence[int], rules: RuleSet) -> Performance:
    """From all scores of a contract: the band of their exact mean, and a deduction for each below 70. ValueError for none."""
    rule, source = rules.value("performance"), rules.source_of("performance")
    average = mean(scores)
    band = next(item for item in rule["bands"] if average >= item["from"])
    failed = sum(score < rule["failed_below"] for score in scores)
    tenths = band["tenths"] + failed * rule["failed_tenths"]
    each = f"平均 {decimal_text(average)} 分計 {_tenths(band['tenths'])} 分"
    text = f"{each}，未達 {rule['failed_below']} 分 {failed} 次，合計 {_tenths(tenths)} 分"
    return Performance(tenths, (because("performance", text, source, tenths=tenths, failed=failed),))


def _tenths(value: int) -> str:
    return f"{'-' if value < 0 else '+'}{abs(value) // 10}.{abs(value) % 10}"


def rate(part: int, whole: int) -> str | None:
    """A share in percent with one decimal, halves up; None of nothing. 執行率 and 達成率 are two different shares."""
    return decimal_text(Fraction(part * 100, whole), 1) if whole > 0 and part >= 0 else None


def rounded_mean(scores: Sequence[int]) -> int | None:
    """The mean of scores, halves up to a whole number; None where there is none."""
    return half_up(mean(scores)) if scores else None
