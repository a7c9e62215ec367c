"""Scores and grades: the member's sheet, the mean, forced 丙等, withholding (作業辦法 art 7-8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .editions import RuleSet
from .reasons import Reason, because
from .rounding import decimal_text, half_up, mean


class Result(StrEnum):
    """What became of a test or a judgement of the team."""

    PASS = "pass"
    FAIL = "fail"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Test:
    """`kind`: concrete_core, asphalt_core, subgrade_compaction (tests); main_structure, main_material, safety (judgements)."""

    __test__ = False

    kind: str
    result: Result


@dataclass(frozen=True, slots=True)
class Grading:
    """The answer. Withheld: `score` and `grade` are None. `raw_mean` has two decimals, `raw_score` is the rounded mean."""

    score: int | None
    grade: str | None
    withheld: bool
    raw_mean: str
    raw_score: int
    reasons: tuple[Reason, ...]


def grade(members: Sequence[int], tests: Iterable[Test], rules: RuleSet) -> Grading:
    """The team's score and grade from the members' totals (0-100) and the tests.

    ValueError for no member, a total outside 0-100 or an unknown kind of test.
    """
    for total in members:
        _check_total(total)
    average, known = mean(members), _known(tests, rules)
    raw = half_up(average)
    step = _mean_reason(members, decimal_text(average), raw, rules)
    score, withheld, reasons = _decide(raw, known, rules)
    named = None if withheld else grade_of(score, rules)
    shown = () if named is None else (_grade_reason(score, named, rules),)
    return Grading(
        None if withheld else score, named, withheld, decimal_text(average), raw, (step, *reasons, *shown)
    )


def _check_total(total: int) -> None:
    if not 0 <= total <= 100:
        raise ValueError(f"委員評分 {total} 不在 0 到 100 之間")


def _known(tests: Iterable[Test], rules: RuleSet) -> list[Test]:
    kinds = forcing_kinds(rules)
    listed = list(tests)
    for test in listed:
        if test.kind not in kinds:
            raise ValueError(f"沒有「{test.kind}」這種檢驗或判定")
    return listed


def forcing_kinds(rules: RuleSet) -> dict[str, str]:
    """{kind: zh-TW label} of everything that can force 丙等."""
    return {**rules.value("forced_tests")["kinds"], **rules.value("forced_judgements")["kinds"]}


def grade_of(score: int, rules: RuleSet) -> str:
    """優等, 甲等, 乙等 or 丙等."""
    name: str = next(band["grade"] for band in rules.value("grades") if score >= band["from"])
    return name


def _decide(raw: int, tests: Sequence[Test], rules: RuleSet) -> tuple[int, bool, list[Reason]]:
    """(score, withheld, reasons). A failure decides at once, also while another test is pending."""
    failed = [test.kind for test in tests if test.result is Result.FAIL]
    pending = [test.kind for test in tests if test.result is Result.PENDING]
    if failed:
        return _forced(raw, failed, rules)
    if pending and raw >= _threshold(rules):
        return raw, True, [_withheld_reason(raw, pending, rules)]
    return raw, False, []


def _threshold(rules: RuleSet) -> int:
    """The raw score from which a test decides about the grade."""
    limit: int = rules.value("forced_tests")["from"]
    return limit


def _forced(raw: int, failed: Sequence[str], rules: RuleSet) -> tuple[int, bool, list[Reason]]:
    """The law's number for a failed test; a setting for a judgement alone; a lower raw score stays."""
    name = _decisive(failed, rules)
    rule = rules.value(name)
    labels = "、".join(forcing_kinds(rules)[kind] for kind in dict.fromkeys(failed))
    limit = _threshold(rules)
    score = rule["score"] if raw >= limit else raw
    what = f"核定為 {score} 分" if raw >= limit else f"原始分數 {raw} 分未達 {limit} 分，維持不變"
    verb = "不合格" if name == "forced_tests" else "經查核小組判定"
    text = f"{labels}{verb}，列為丙等，{what}"
    source = rules.source_of(name)
    return (
        score,
        False,
        [because(f"grade.{name}", text, source, raw_score=raw, score=score, failed=",".join(failed))],
    )


def _decisive(failed: Sequence[str], rules: RuleSet) -> str:
    tests = rules.value("forced_tests")["kinds"]
    return "forced_tests" if any(kind in tests for kind in failed) else "forced_judgements"


def _withheld_reason(raw: int, pending: Sequence[str], rules: RuleSet) -> Reason:
    labels = "、".join(forcing_kinds(rules)[kind] for kind in dict.fromkeys(pending))
    limit = f"原始分數達 {_threshold(rules)} 分以上"
    text = f"{labels}尚未判定，{limit}，檢驗結果判定後才告知成績；查核紀錄仍依限發出"
    return because(
        "grade.withheld", text, rules.source_of("forced_tests"), raw_score=raw, pending=",".join(pending)
    )


def _mean_reason(members: Sequence[int], average: str, raw: int, rules: RuleSet) -> Reason:
    listed = "、".join(map(str, members))
    text = f"{len(members)} 位委員評分 {listed}，總和 {sum(members)}，平均 {average}，小數四捨五入為 {raw} 分"
    source = rules.source_of("grades")
    return because(
        "grade.mean", text, source, sum=sum(members), count=len(members), mean=average, raw_score=raw
    )


def _grade_reason(score: int, named: str, rules: RuleSet) -> Reason:
    bands: list[dict[str, Any]] = rules.value("grades")
    low = next(band["from"] for band in bands if band["grade"] == named)
    higher = [band["from"] for band in bands if band["from"] > low]
    limit = f"{low} 分以上" + (f"未達 {min(higher)} 分" if higher else "")
    limit = limit if low else f"未達 {min(higher)} 分"
    return because(
        "grade.band", f"{score} 分為{named}（{limit}）", rules.source_of("grades"), score=score, grade=named
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the members lie apart. `wide`: more than the hint's setting; a reason to look, never a change of the score."""

    low: int
    high: int
    range: int
    wide: bool
    reasons: tuple[Reason, ...]


def spread(members: Sequence[int], rules: RuleSet) -> Spread:
    """Lowest, highest and their distance; ValueError for no member."""
    if not members:
        raise ValueError("沒有委員評分，無法比較差距")
    low, high, limit = min(members), max(members), rules.value("spread_hint")
    text = f"委員評分最低 {low}、最高 {high}，相差 {high - low} 分，提示門檻 {limit} 分"
    reason = because("grade.spread", text, rules.source_of("spread_hint"), low=low, high=high, limit=limit)
    return Spread(low, high, high - low, high - low > limit, (reason,))
