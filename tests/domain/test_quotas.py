"""The yearly numbers and the quarterly return."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.cases import answer
from inspect_app.domain.editions import by_id, ids
from inspect_app.domain.quotas import Adjustment, Case, quarterly_return, quota
from inspect_app.domain.reasons import Evidence, Source
from tests.support.vectors import vectors

RULES = by_id("2023-08-09")
CITY = Source("本市補充規定", "2025-01-01", Evidence.SEC)
CASES = st.lists(
    st.builds(Case, budget=st.none() | st.integers(0, 10**8), excluded=st.booleans()), max_size=60
)


@pytest.mark.parametrize(("given_", "expected"), vectors("quotas"))
def test_quotas(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    found = answer("quota", given_)
    assert found["ratio"] == expected["ratio"]
    assert [[band["available"], band["required"], band["done"]] for band in found["bands"]] == expected[
        "bands"
    ]
    assert found["unknown"] == expected["unknown"]


@given(CASES, st.builds(Case, budget=st.integers(0, 10**8), excluded=st.booleans()), st.sampled_from(ids()))
def test_one_more_tender_never_lowers_a_requirement(tenders: list[Case], more: Case, edition: str) -> None:
    rules = by_id(edition)
    before, after = quota(tenders, [], rules), quota([*tenders, more], [], rules)
    assert before.ratio_required <= after.ratio_required <= before.ratio_required + 1
    for old, new in zip(before.bands, after.bands, strict=True):
        assert old.required <= new.required <= old.required + 1
        assert new.required <= new.available


@given(CASES, CASES, st.sampled_from(ids()))
def test_every_case_counts_once_or_is_told_apart(tenders: list[Case], done: list[Case], edition: str) -> None:
    found = quota(tenders, done, by_id(edition))
    small = sum(case.budget is not None and case.budget < 1_500_000 for case in tenders)
    assert sum(band.available for band in found.bands) + found.unknown_tenders + small == len(tenders)
    assert 10 * found.ratio_required >= sum(
        not case.excluded and (case.budget or 0) >= 1_500_000 for case in tenders
    )
    finished = sum(band.done for band in found.bands)
    assert found.ratio_done <= finished <= len(done) - found.unknown_done


def test_the_words_of_a_quota() -> None:
    tenders = [Case(60_000_000)] * 11 + [Case(None)] * 2
    change = Adjustment(50_000_000, 8, "人力不足")
    found = quota(tenders, [Case(None)], RULES, [change, Adjustment(None, 1, "年度中成立")])
    texts = [reason.text for reason in found.reasons]
    assert texts == [
        "預算 NT$ 1,500,000 以上的自辦標案 11 件（不含補助或委辦），10% 無條件進位為 2 件",
        "比率件數由 2 件調整為 1 件，理由：年度中成立",
        "各級距的件數含補助或委辦案件（此項未經查證，為可調整的設定，自 105.01.01 起適用）",
        "預算 NT$ 50,000,000 以上的標案 11 件，應查核 20 件（不足時全數），計 11 件",
        "預算 NT$ 50,000,000 以上由 11 件調整為 8 件，理由：人力不足",
        "預算 NT$ 10,000,000 以上未達 NT$ 50,000,000的標案 0 件，應查核 15 件（不足時全數），計 0 件",
        "預算 NT$ 1,500,000 以上未達 NT$ 10,000,000的標案 0 件，應查核 10 件（不足時全數），計 0 件",
        "預算不明的標案 2 件、查核 1 件，級距不明，未列入計算，請補正預算",
    ]
    assert (found.ratio_required, found.bands[0].required) == (1, 8)
    assert found.reasons[0].figures == {"available": 11, "required": 2}
    assert found.reasons[3].figures == {"available": 11, "number": 20, "required": 11}
    assert found.reasons[4].figures == {"before": 11, "required": 8}


def test_where_a_quota_stands() -> None:
    change = Adjustment(50_000_000, 8, "人力不足")
    found = quota([Case(60_000_000)], [Case(None)], RULES, [change])
    places = [(reason.rule, reason.source.article, reason.source.edition) for reason in found.reasons]
    article, adjusted = (
        "工程施工查核小組作業辦法第4條",
        "工程施工查核小組作業辦法第4條，首長調整並送工程會備查",
    )
    assert places == [
        ("quota.ratio", article, "2023-08-09"),
        ("quota.bands_exclude", "級距件數是否扣除補助或委辦案件", "2016-01-01"),
        ("quota.band", article, "2023-08-09"),
        ("quota.adjusted", adjusted, "2023-08-09"),
        ("quota.band", article, "2023-08-09"),
        ("quota.band", article, "2023-08-09"),
        ("quota.unknown", article, "2023-08-09"),
    ]
    due = quarterly_return(2026, 1).reason
    assert (due.rule, due.source.article, due.source.edition) == (
        "quota.return",
        "工程施工查核小組組織準則第10條",
        "2023-08-17",
    )


@pytest.mark.parametrize(("available", "required"), [(0, 0), (1, 1), (10, 1), (11, 2), (100, 10), (101, 11)])
def test_a_tenth_is_rounded_up_to_the_next_whole_case(available: int, required: int) -> None:
    found = quota([Case(1_500_000)] * available, [], RULES)
    assert (found.ratio_required, found.reasons[0].figures["required"]) == (required, required)


def test_the_head_may_set_nothing_at_all() -> None:
    found = quota(
        [Case(60_000_000)], [], RULES, [Adjustment(50_000_000, 0, "無案"), Adjustment(None, 0, "無案")]
    )
    assert (found.ratio_required, found.bands[0].required) == (0, 0)


def test_bands_may_leave_out_the_same_cases() -> None:
    tenders, done = [Case(60_000_000), Case(60_000_000, excluded=True)], [Case(60_000_000, excluded=True)]
    whole = quota(tenders, done, RULES).bands[0]
    without = quota(tenders, done, RULES.with_setting("bands_exclude", True, CITY))
    assert (whole.available, whole.done) == (2, 1)
    assert (without.bands[0].available, without.bands[0].done) == (1, 0)
    assert without.reasons[1].text == "各級距的件數不含補助或委辦案件"


def test_only_tenders_without_a_budget_are_told_too() -> None:
    assert quota([], [Case(None)], RULES).reasons[-1].rule == "quota.unknown"
    assert quota([Case(None)], [], RULES).reasons[-1].rule == "quota.unknown"
    assert quota([Case(1)], [Case(1)], RULES).reasons[-1].rule == "quota.band"


@pytest.mark.parametrize(
    ("tenders", "done", "changes", "told"),
    [
        ([Case(-1)], [], [], "預算金額 -1 是負數，預算不可為負"),
        ([], [Case(-1)], [], "預算金額 -1 是負數，預算不可為負"),
        ([], [], [Adjustment(None, 1, " ")], "首長調整件數要寫理由"),
        ([], [], [Adjustment(None, -1, "理由")], "調整後件數 -1 是負數"),
    ],
)
def test_impossible_cases_are_refused(
    tenders: list[Case], done: list[Case], changes: list[Adjustment], told: str
) -> None:
    with pytest.raises(ValueError, match=f"^{told}$"):
        quota(tenders, done, RULES, changes)


@pytest.mark.parametrize(
    ("quarter", "due"),
    [(1, date(2026, 4, 30)), (2, date(2026, 7, 31)), (3, date(2026, 10, 31)), (4, date(2027, 1, 31))],
)
def test_results_go_to_pcc_every_quarter(quarter: int, due: date) -> None:
    found = quarterly_return(2026, quarter)
    assert (found.year, found.quarter, found.due) == (2026, quarter, due)
    assert found.reason.text == f"民國115年第 {quarter} 季查核結果，於 {due.month} 月底前送工程會備查"


def test_there_is_no_fifth_quarter() -> None:
    with pytest.raises(ValueError, match=r"^沒有第 5 季$"):
        quarterly_return(2026, 5)
