"""Scores and grades, the member's sheet, the progress rule."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.editions import RuleSet, by_id
from inspect_app.domain.reasons import Evidence, Source
from inspect_app.domain.scoring import Result, Test, forcing_kinds, grade, grade_of, spread
from inspect_app.domain.sheets import (
    Progress,
    bare_blocks,
    block_maxima,
    maxima,
    progress_points,
    reference_score,
    sheet_total,
    total_reason,
    with_maxima,
)
from tests.support.vectors import vectors

RULES = by_id("2023-08-09")
CITY = Source("本市補充規定", "2025-01-01", Evidence.SEC)


def results_of(items: list[dict[str, str]]) -> list[Test]:
    return [Test(item["kind"], Result(item["result"])) for item in items]


@pytest.mark.parametrize(("given_", "expected"), vectors("scoring"))
def test_grade(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    if expected == {"error": True}:
        with pytest.raises(ValueError):
            grade(given_["members"], results_of(given_["tests"]), by_id(given_["edition"]))
        return
    graded = grade(given_["members"], results_of(given_["tests"]), by_id(given_["edition"]))
    assert {name: getattr(graded, name) for name in expected} == expected


def test_every_mean_of_one_to_four_members_is_rounded_half_up() -> None:
    for count, scores in ((1, range(101)), (2, range(101)), (3, range(60, 101)), (4, range(68, 92))):
        for members in combinations_with_replacement(scores, count):
            wanted = (Decimal(sum(members)) / count).quantize(Decimal(1), ROUND_HALF_UP)
            assert grade(members, [], RULES).score == wanted, members


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9))
def test_every_mean_of_one_to_nine_members_is_rounded_half_up(members: list[int]) -> None:
    graded = grade(members, [], RULES)
    exact = Decimal(sum(members)) / len(members)
    assert graded.score == exact.quantize(Decimal(1), ROUND_HALF_UP)
    assert graded.raw_mean == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
    assert graded.grade == (
        "優等"
        if graded.score >= 90
        else "甲等"
        if graded.score >= 80
        else "乙等"
        if graded.score >= 70
        else "丙等"
    )


def test_every_sum_of_one_to_nine_members_is_rounded_half_up() -> None:
    """Exhaustive: the score depends on sum and count only."""
    for count in range(1, 10):
        for total in range(100 * count + 1):
            whole, rest = divmod(total, count)
            members = [whole + 1] * rest + [whole] * (count - rest)
            assert grade(members, [], RULES).score == whole + (2 * rest >= count), (count, total)


KINDS = st.sampled_from(sorted(forcing_kinds(RULES)))


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=5),
    st.lists(st.tuples(KINDS, st.sampled_from(Result)), max_size=4),
    st.randoms(use_true_random=False),
)
def test_tests_only_lower_and_their_order_does_not_matter(
    members: list[int], found: Any, chance: Any
) -> None:
    tests = [Test(kind, result) for kind, result in found]
    graded, untested = grade(members, tests, RULES), grade(members, [], RULES)
    shuffled = chance.sample(tests, len(tests))
    assert (graded.score, graded.grade, graded.withheld) == (
        (again := grade(members, shuffled, RULES)).score,
        again.grade,
        again.withheld,
    )
    assert graded.withheld == (graded.score is None) == (graded.grade is None)
    if graded.score is not None and untested.score is not None:
        assert graded.score <= untested.score
    failed = any(test.result is Result.FAIL for test in tests)
    if failed:
        assert graded.grade == "丙等"
        assert graded.score == min(untested.score or 0, 69)
    pending = any(test.result is Result.PENDING for test in tests)
    assert graded.withheld == (not failed and pending and graded.raw_score >= 70)


def rules_told(members: list[int], *tests: tuple[str, str]) -> list[str]:
    graded = grade(members, [Test(kind, Result(result)) for kind, result in tests], RULES)
    return [reason.rule for reason in graded.reasons]


def test_reasons_tell_each_step() -> None:
    assert rules_told([80]) == ["grade.mean", "grade.band"]
    assert rules_told([80], ("concrete_core", "pass")) == ["grade.mean", "grade.band"]
    assert rules_told([80], ("concrete_core", "pending")) == ["grade.mean", "grade.withheld"]
    assert rules_told([80], ("concrete_core", "fail")) == ["grade.mean", "grade.forced_tests", "grade.band"]
    assert rules_told([80], ("safety", "fail")) == ["grade.mean", "grade.forced_judgements", "grade.band"]
    assert rules_told([80], ("safety", "fail"), ("asphalt_core", "fail"))[1] == "grade.forced_tests"


def test_the_words_of_a_grade() -> None:
    mean, band = grade([79, 80, 80], [], RULES).reasons
    assert mean.text == "3 位委員評分 79、80、80，總和 239，平均 79.67，小數四捨五入為 80 分"
    assert mean.figures == {"sum": 239, "count": 3, "mean": "79.67", "raw_score": 80}
    assert (mean.source.article, mean.source.edition) == ("工程施工查核小組作業辦法第7條", "2023-08-09")
    assert band.text == "80 分為甲等（80 分以上未達 90 分）"
    assert band.figures == {"score": 80, "grade": "甲等"}
    assert grade([75], [], RULES).reasons[1].text == "75 分為乙等（70 分以上未達 80 分）"
    assert grade([95], [], RULES).reasons[1].text == "95 分為優等（90 分以上）"
    assert grade([50], [], RULES).reasons[1].text == "50 分為丙等（未達 70 分）"


def test_the_words_of_a_failed_test() -> None:
    reason = grade(
        [84], [Test("concrete_core", Result.FAIL), Test("concrete_core", Result.FAIL)], RULES
    ).reasons[1]
    assert reason.text == "混凝土鑽心試體試驗不合格，列為丙等，核定為 69 分"
    assert reason.figures == {"raw_score": 84, "score": 69, "failed": "concrete_core,concrete_core"}
    edge = grade([70], [Test("concrete_core", Result.FAIL)], RULES).reasons[1]
    assert edge.text == "混凝土鑽心試體試驗不合格，列為丙等，核定為 69 分"
    low = grade([65], [Test("concrete_core", Result.FAIL)], RULES).reasons[1]
    assert low.text == "混凝土鑽心試體試驗不合格，列為丙等，原始分數 65 分未達 70 分，維持不變"
    pending = grade([84], [Test("asphalt_core", Result.PENDING)] * 2, RULES).reasons[1]
    assert pending.text == (
        "瀝青混凝土鑽心試體試驗尚未判定，原始分數達 70 分以上，檢驗結果判定後才告知成績；查核紀錄仍依限發出"
    )
    both = ("concrete_core", "asphalt_core")
    for result, ending in ((Result.FAIL, "不合格，列為丙等，核定為 69 分"), (Result.PENDING, "尚未判定")):
        text = grade([84], [Test(kind, result) for kind in both], RULES).reasons[1].text
        assert text.startswith(f"混凝土鑽心試體試驗、瀝青混凝土鑽心試體試驗{ending}")
    assert pending.figures == {"raw_score": 84, "pending": "asphalt_core,asphalt_core"}


def test_a_judgement_takes_its_number_from_a_setting_that_says_so() -> None:
    judged = grade([84], [Test("safety", Result.FAIL)], RULES).reasons[1]
    assert judged.source.evidence is Evidence.NV
    assert judged.text == (
        "其他影響安全的重大缺失經查核小組判定，列為丙等，核定為 69 分"
        "（此項未經查證，為可調整的設定，自 105.01.01 起適用）"
    )
    kinds = RULES.value("forced_judgements")["kinds"]
    city = RULES.with_setting("forced_judgements", {"score": 60, "kinds": kinds}, CITY)
    assert grade([84], [Test("safety", Result.FAIL)], city).score == 60
    assert grade([84], [Test("safety", Result.FAIL), Test("concrete_core", Result.FAIL)], city).score == 69


@pytest.mark.parametrize("members", [[], [101], [-1], [80, 101]])
def test_impossible_members_are_refused(members: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^委員評分 (101|-1) 不在 0 到 100 之間$|^沒有任何數值，無法平均$"):
        grade(members, [], RULES)


def test_an_unknown_test_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^沒有「rebar」這種檢驗或判定$"):
        grade([80], [Test("rebar", Result.PASS)], RULES)


def test_a_city_with_other_bands() -> None:
    city = RULES.with_setting("grades", [{"from": 85, "grade": "優等"}, {"from": 0, "grade": "丙等"}], CITY)
    assert [grade_of(score, city) for score in (84, 85)] == ["丙等", "優等"]


def test_spread() -> None:
    near, wide = spread([78, 80, 86], RULES), spread([78, 80, 87], RULES)
    assert (near.low, near.high, near.range, near.wide) == (78, 86, 8, False)
    assert (wide.range, wide.wide) == (9, True)
    assert wide.reasons[0].figures == {"low": 78, "high": 87, "limit": 8}
    assert wide.reasons[0].text.startswith("委員評分最低 78、最高 87，相差 9 分，提示門檻 8 分（")
    assert wide.reasons[0].rule == "grade.spread"
    with pytest.raises(ValueError, match=r"^沒有委員評分，無法比較差距$"):
        spread([], RULES)


def rules_with(given_: dict[str, Any]) -> RuleSet:
    """The rules, with the case's own maxima of the sheet."""
    sheet = with_maxima(RULES.value("score_sheet"), given_.get("maxima", {}))
    return RULES.with_setting("score_sheet", sheet, RULES.source_of("score_sheet"))


@pytest.mark.parametrize(("given_", "expected"), vectors("sheets"))
def test_sheets(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    rules = rules_with(given_)
    if expected == {"error": True}:
        with pytest.raises(ValueError):
            sheet_total(given_["scores"], rules)
        return
    total = sheet_total(given_["scores"], rules)
    assert {name: getattr(total, name) for name in ("q", "w", "p", "total")} == {
        name: expected[name] for name in ("q", "w", "p", "total")
    }
    assert list(total.missing) == expected["missing"]


def test_blocks_without_a_word_are_reminded() -> None:
    sheet = {"q_owner": 4, "w_safety": None, "p": 17, "env": 90}
    assert bare_blocks(sheet, []) == ("Q", "P")
    assert bare_blocks(sheet, ["P"]) == ("Q",)
    assert bare_blocks({}, []) == ()


@pytest.mark.parametrize(("given_", "expected"), vectors("progress"))
def test_progress(given_: dict[str, Any], expected: dict[str, int]) -> None:
    progress = Progress(**{name: value for name, value in given_.items() if name != "maxima"})
    points = progress_points(progress, rules_with(given_))
    assert {"low": points.low, "high": points.high, "proposed": points.proposed} == expected


def test_the_words_of_progress() -> None:
    points = progress_points(Progress(5000, 3499, basis=False, measures=True), RULES)
    assert [reason.rule for reason in points.reasons] == [
        "progress.base",
        "progress.no_basis",
        "progress.behind_far",
        "progress.measures",
    ]
    texts = [reason.text.split("（")[0] for reason in points.reasons]
    assert texts == [
        "P 施工進度基本分 17 分",
        "未訂進度計算基準，扣 1 至 2 分",
        "可歸責落後 15.01%，扣 3 至 17 分",
        "有效對策，加 1 至 2 分",
    ]
    assert all("機關系統所見" in reason.text for reason in points.reasons)


@pytest.mark.parametrize(
    ("progress", "told"),
    [
        (Progress(5000, 5150), "超前 1.50%，加 1 至 3 分"),
        (Progress(5000, 4000, at_fault=False), "非可歸責落後 10.00%，未積極處理，扣 1 至 3 分"),
        (Progress(5000, 4999, at_fault=False), "非可歸責落後 0.01%，未積極處理，扣 1 至 3 分"),
        (Progress(5000, 4900), "可歸責落後 1.00%，扣 1 至 3 分"),
        (Progress(5000, 4000), "可歸責落後 10.00%，扣 1 至 3 分"),
        (Progress(5000, 3999), "可歸責落後 10.01%，扣 3 至 17 分"),
    ],
)
def test_each_step_of_progress_says_how_far(progress: Progress, told: str) -> None:
    assert [reason.text.split("（")[0] for reason in progress_points(progress, RULES).reasons][1:] == [told]


@pytest.mark.parametrize(
    ("name", "span", "progress", "told"),
    [
        ("ahead", [0, 3], Progress(5000, 5150), "超前 1.50%，加 0 至 3 分"),
        ("behind", [-3, 0], Progress(5000, 4900), "可歸責落後 1.00%，扣 0 至 3 分"),
    ],
)
def test_a_citys_step_may_begin_at_nothing(name: str, span: list[int], progress: Progress, told: str) -> None:
    own = {**RULES.value("progress"), name: span}
    points = progress_points(progress, RULES.with_setting("progress", own, RULES.source_of("progress")))
    assert points.reasons[1].text.split("（")[0] == told
    assert points.proposed == own["base"]


@pytest.mark.parametrize(
    "progress",
    [
        Progress(5000, 5000),
        Progress(5000, 5100),
        Progress(5000, 4901),
        Progress(None, 5000),
        Progress(5000, None),
        Progress(5000, 5000, at_fault=False),
        Progress(5000, 4000, at_fault=False, handled=True),
    ],
)
def test_nothing_moves_what_is_on_time_or_handled(progress: Progress) -> None:
    points = progress_points(progress, RULES)
    assert (points.low, points.high, points.proposed) == (17, 17, 17)
    assert [reason.rule for reason in points.reasons] == ["progress.base"]


def test_the_sheet_s_maxima() -> None:
    most = maxima(RULES.value("score_sheet"))
    assert list(most.items())[:7] == [
        ("q_owner", 5), ("q_supervision", 5), ("q_contractor", 10), ("w_structure", 40), ("w_materials", 10),
        ("w_safety", 10), ("p", 20),
    ]  # fmt: skip
    assert list(most.items())[7:] == [
        (name, 100) for name in ("env", "safety", "strength", "looks", "function")
    ]
    assert block_maxima(RULES) == {"Q": 20, "W": 60, "P": 20}
    own = rules_with({"maxima": {"w_structure": 30, "p": 30, "env": 10}})
    assert block_maxima(own) == {"Q": 20, "W": 50, "P": 30}
    assert maxima(own.value("score_sheet")) == most | {"w_structure": 30, "p": 30, "env": 10}
    assert block_maxima(RULES) == {"Q": 20, "W": 60, "P": 20}, "the shipped form stays as it is"


def test_a_sheet_says_how_it_adds_up() -> None:
    reason = total_reason(17, 48, 15, RULES)
    assert reason.rule == "grade.sheet"
    assert reason.text.startswith("Q 17（滿分 20） ＋ W 48（滿分 60） ＋ P 15（滿分 20） ＝ 80 分（")
    assert reason.figures == {"q": 17, "w": 48, "p": 15}
    assert reason.source.article == "查核委員評分表（機關系統表單）"


def test_a_field_out_of_range_is_named() -> None:
    for points in (-1, 6):
        with pytest.raises(
            ValueError, match=f"^工程主辦機關（含專案管理廠商）（q_owner）{points} 分不在 0 到 5 之間$"
        ):
            sheet_total({"q_owner": points}, RULES)


@pytest.mark.parametrize(("given_", "expected"), vectors("spread"))
def test_spreads(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    if expected == {"error": True}:
        with pytest.raises(ValueError):
            spread(given_["members"], RULES)
        return
    found = spread(given_["members"], RULES)
    assert {name: getattr(found, name) for name in expected} == expected


def test_side_indicators_are_no_block() -> None:
    assert bare_blocks({"w_materials": 8, "env": 90, "safety": 80, "looks": 1}, []) == ("W",)
    assert bare_blocks({"q_owner": 0, "w_safety": 0, "p": 0}, []) == ("Q", "W", "P")
    assert bare_blocks({"q_owner": 0, "w_safety": 0, "p": 0}, "QWP") == ()


def test_the_reference_score_is_for_calibration() -> None:
    usual = [("Q", "L")] * 8 + [("W", "M")] * 4 + [("W", "S")] + [("P", "L"), ("design", "S")]
    found = reference_score(usual, RULES)
    assert found.tenths == 180 + 540 + 170 - 8 * 2 - 4 * 5 - 15 - 2
    assert found.reasons[0].text.startswith("依缺失等級推得參考 83.7 分，僅供校準，不影響成績（")
    assert found.reasons[0].rule == "grade.reference"
    assert found.reasons[0].figures == {"tenths": 837}
    assert reference_score([("Q", "S")] * 100, RULES).tenths == 540 + 170
    assert reference_score([("Q", "S")] * 12, RULES).tenths == 540 + 170, "no block falls below nothing"
    assert reference_score([], RULES).tenths == 890
