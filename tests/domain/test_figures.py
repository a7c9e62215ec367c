"""Repeat defects, statistics, reasons to inspect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.catalogue import Block
from inspect_app.domain.editions import by_id
from inspect_app.domain.periods import Quarter
from inspect_app.domain.repeats import RELATIONS, Found, recurring, repeats, trend
from inspect_app.domain.risk import FINISHED, NOT_STARTED, STOPPED, Facts, assess
from inspect_app.domain.statistics import (
    grade_counts,
    performance,
    rate,
    rounded_mean,
    score_summary,
    top_defects,
)
from tests.support.vectors import vectors

RULES = by_id("2023-08-09")
ON = date(2026, 11, 23)
NOW = Found("5.01.01", "now", ON, "A/1", "大成", "台灣工程", "工務局")


def told(*earlier: Found) -> list[tuple[str, str, int, date]]:
    return [(found.relation, found.name, found.times, found.last) for found in repeats([NOW], earlier)]


def test_the_same_code_again_is_told_for_each_relation() -> None:
    before = Found("5.01.01", "old", date(2026, 3, 1), "A/1", "大成", "台灣工程", "工務局")
    assert told(before) == [
        ("project", "A/1", 1, date(2026, 3, 1)),
        ("contractor", "大成", 1, date(2026, 3, 1)),
        ("supervision", "台灣工程", 1, date(2026, 3, 1)),
        ("agency", "工務局", 1, date(2026, 3, 1)),
    ]


def test_only_what_is_the_same_counts() -> None:
    before = Found("5.01.01", "old", date(2026, 3, 1), "B/2", "大成", "別家", "水利局")
    assert told(before) == [("contractor", "大成", 1, date(2026, 3, 1))]
    assert told(replace(before, code="5.01.02")) == []
    assert told(replace(before, inspection="now")) == []
    assert told(replace(before, on=ON + timedelta(days=1))) == []
    assert told(replace(before, on=ON)) == [("contractor", "大成", 1, ON)]
    assert told(replace(before, contractor="")) == []
    assert repeats([replace(NOW, contractor="")], [replace(before, contractor="")]) == []


def test_inspections_count_not_findings() -> None:
    first = Found("5.01.01", "one", date(2026, 3, 1), "B/2", "大成")
    later = replace(first, inspection="two", on=date(2026, 5, 1))
    found = repeats([NOW, NOW], [later, first, first])
    assert [(each.times, each.last) for each in found] == [(2, date(2026, 5, 1))]
    assert found[0].reason.text == "5.01.01 在承攬廠商「大成」曾出現 2 次，最近一次 民國115年5月1日（五）"


def test_repeats_stand_by_code_and_relation() -> None:
    other = replace(NOW, code="4.03.04")
    past = [replace(found, inspection="old", on=date(2026, 1, 1)) for found in (NOW, other)]
    assert [(found.code, found.relation) for found in repeats([NOW, other], past)] == [
        (code, relation)
        for code in ("4.03.04", "5.01.01")
        for relation in ("project", "contractor", "supervision", "agency")
    ]


def test_what_comes_back_is_grouped_by_code_and_name() -> None:
    first = Found("5.01.01", "one", date(2026, 1, 5), "B/2", "大成", "", "水利局")
    found = [
        first,
        first,
        replace(first, inspection="two", on=date(2026, 5, 1), agency="工務局"),
        replace(first, inspection="three", on=date(2026, 4, 30), code="4.03.04"),
        replace(first, inspection="four", on=date(2026, 8, 1), code="4.03.04"),
        replace(first, inspection="five", contractor="別家"),
        replace(first, inspection="six", contractor=""),
        replace(first, inspection="seven", contractor=""),
    ]
    later, earlier = recurring(found, "contractor")
    assert (later.code, later.name, later.inspections, later.last) == (
        "4.03.04",
        "大成",
        ("three", "four"),
        date(2026, 8, 1),
    )
    assert (earlier.code, earlier.inspections) == ("5.01.01", ("one", "two"))
    assert [(step.count, step.change) for step in earlier.steps] == [(1, None), (1, 0)]
    assert (
        earlier.reason.text
        == "5.01.01 在承攬廠商「大成」於 2 次查核出現，民國115年1月5日（一）至民國115年5月1日（五）"
    )
    assert earlier.reason.figures == {"times": 2}
    assert recurring(found, "agency")[0].name == "水利局"
    assert recurring(found, "contractor", least=3) == []
    assert recurring(found, "project")[0].inspections == ("five", "one", "seven", "six", "two")


@given(
    st.lists(
        st.builds(
            Found,
            code=st.sampled_from(["5.01.01", "4.03.04"]),
            inspection=st.sampled_from("abcdef"),
            on=st.just(date(2026, 1, 1)),
            project=st.sampled_from(["A", "B"]),
            contractor=st.sampled_from(["", "大成", "別家"]),
        ),
        max_size=20,
    ),
    st.sampled_from(list(RELATIONS)),
)
def test_what_comes_back_is_what_a_later_visit_would_be_told(found: list[Found], relation: str) -> None:
    for one in recurring(found, relation):
        newest = one.inspections[-1]
        same = [each for each in found if each.inspection == newest and each.code == one.code]
        told = {(each.relation, each.name): each.times for each in repeats(same, found)}
        assert told[relation, one.name] == len(one.inspections) - 1
        assert sum(step.count for step in one.steps) == len(one.inspections)


def test_a_trend_has_no_gaps() -> None:
    steps = trend([date(2026, 1, 1), date(2026, 3, 31), date(2026, 11, 1), date(2025, 12, 31)])
    assert [(step.quarter.label, step.count, step.change) for step in steps] == [
        ("114年第4季", 1, None),
        ("115年第1季", 2, 1),
        ("115年第2季", 0, -2),
        ("115年第3季", 0, 0),
        ("115年第4季", 1, 1),
    ]
    assert trend([]) == []


@pytest.mark.parametrize(
    ("month", "number"), [(1, 1), (3, 1), (4, 2), (6, 2), (7, 3), (9, 3), (10, 4), (12, 4)]
)
def test_quarters(month: int, number: int) -> None:
    assert Quarter.of(date(2026, month, 1)) == Quarter(2026, number)


@given(st.lists(st.dates(date(2020, 1, 1), date(2027, 12, 31)), max_size=30))
def test_a_trend_counts_every_day(days: list[date]) -> None:
    steps = trend(days)
    assert sum(step.count for step in steps) == len(days)
    assert all(old.quarter.next() == new.quarter for old, new in pairwise(steps))
    assert all(new.change == new.count - old.count for old, new in pairwise(steps))


def test_top_defects() -> None:
    codes = ["5.01.01"] * 3 + ["4.03.04"] * 3 + ["5.02.05"] + ["6.01.01"] * 2
    assert [(each.rank, each.code, each.count, each.percent) for each in top_defects(codes, 7)] == [
        (1, "4.03.04", 3, "42.86"),
        (1, "5.01.01", 3, "42.86"),
        (3, "6.01.01", 2, "28.57"),
        (4, "5.02.05", 1, "14.29"),
    ]
    assert top_defects(codes, 7)[0].ratio == Fraction(3, 7)
    assert [each.code for each in top_defects(codes, 7, number=1)] == ["4.03.04"]
    assert [(each.rank, each.code) for each in top_defects(codes, 7, block=Block.W)] == [
        (1, "5.01.01"),
        (2, "5.02.05"),
    ]
    assert top_defects(codes, 0) == []
    assert top_defects([], 7) == []
    assert len(top_defects([f"5.{n // 100:02d}.{n % 100:02d}" for n in range(120)], 7)) == 50


def test_the_published_density() -> None:
    """990 inspections with 17,648 defects are 17.8 each (paper)."""
    assert top_defects(["5.01.01"] * 17_648, 990)[0].percent == "1782.63"


def test_grades_are_counted_in_order_with_zeros() -> None:
    assert list(grade_counts(["甲等", "乙等", "甲等"], RULES).items()) == [
        ("優等", 0),
        ("甲等", 2),
        ("乙等", 1),
        ("丙等", 0),
    ]


def test_score_summary() -> None:
    summary = score_summary([78, 84, 81])
    assert summary is not None
    assert (summary.count, summary.mean, summary.low, summary.high) == (3, "81.00", 78, 84)
    assert score_summary([]) is None
    assert (rounded_mean([79, 80]), rounded_mean([])) == (80, None)


@pytest.mark.parametrize(
    ("scores", "tenths"),
    [
        ([90], 40),
        ([89, 90], 30),
        ([85], 30),
        ([84], 20),
        ([80], 20),
        ([79], 0),
        ([75], 0),
        ([74], -5),
        ([74, 75], -5),
        ([69], -15),
        ([69, 100], 20 - 10),
        ([60, 60], -25),
    ],
)
def test_performance(scores: list[int], tenths: int) -> None:
    assert performance(scores, RULES).tenths == tenths


def test_the_words_of_performance() -> None:
    reason = performance([69, 100], RULES).reasons[0]
    assert reason.text.startswith("平均 84.50 分計 +2.0 分，未達 70 分 1 次，合計 +1.0 分")
    assert (
        performance([60], RULES)
        .reasons[0]
        .text.startswith("平均 60.00 分計 -0.5 分，未達 70 分 1 次，合計 -1.5 分")
    )
    with pytest.raises(ValueError):
        performance([], RULES)


def test_rates() -> None:
    assert [rate(1, 3), rate(2, 3), rate(0, 3), rate(5, 0), rate(4, 3)] == [
        "33.3",
        "66.7",
        "0.0",
        None,
        "133.3",
    ]


QUIET = Facts(last_inspected=date(2026, 1, 1))


def flags(**changes: Any) -> dict[str, int]:
    return {flag.id: flag.points for flag in assess(replace(QUIET, **changes), ON, RULES).flags}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"behind_bp": 1000}, "behind"),
        ({"behind_bp": 999}, None),
        ({"behind_bp": -4800}, None),
        ({"behind_bp": 5400}, "behind"),
        ({"referred": True}, "meeting"),
        ({"accident": True}, "accident"),
        ({"complaints": 1}, "complaint"),
        ({"audit_fault": True}, "audit_fault"),
        ({"controlled": True}, "controlled"),
        ({"poor_record": True}, "poor_record"),
        ({"last_score": 74}, "last_poor"),
        ({"last_score": 75}, None),
        ({"last_inspected": None}, "never_inspected"),
        ({"award_ratio_bp": 7999}, "low_bid"),
        ({"award_ratio_bp": 8000}, None),
        ({"performance_score": 59}, "low_performance"),
        ({"performance_score": 60}, None),
        ({"debarred_on": ON}, "debarred"),
        ({"debarred_on": ON - timedelta(days=1095)}, "debarred"),
        ({"debarred_on": ON - timedelta(days=1096)}, None),
        ({"debarred_on": ON + timedelta(days=1)}, None),
        ({"open_contracts": 6}, "overloaded"),
        ({"open_contracts": 5}, None),
        ({"out_of_area": True}, "out_of_area"),
        ({"outsourced_supervision": True}, "outsourced_supervision"),
        ({"sensitive_area": True}, "sensitive_area"),
        ({"variations": 3}, "variations"),
        ({"variations": 2}, None),
        ({"variations_bp": 2000}, "variations"),
        ({"variations_bp": 1999}, None),
        ({"bad_reporting": True}, "bad_reporting"),
    ],
)
def test_flags(changes: dict[str, Any], expected: str | None) -> None:
    points = RULES.value("risk")["flags"]
    assert flags(**changes) == ({} if expected is None else {expected: points[expected]})


def test_an_assessment_adds_up_and_stands_by_points() -> None:
    found = assess(Facts(behind_bp=1234, complaints=2, referred=True), ON, RULES)
    assert [flag.id for flag in found.flags] == ["meeting", "behind", "complaint", "never_inspected"]
    assert found.points == sum(flag.points for flag in found.flags) == 83
    assert found.flags[1].reason.text.startswith("進度落後 12.34%，25 分")
    assert found.selectable


@pytest.mark.parametrize(
    ("states", "rule"),
    [(NOT_STARTED, "risk.not_started"), (STOPPED, "risk.stopped"), (FINISHED, "risk.finished")],
)
def test_some_states_cannot_be_selected(states: tuple[str, ...], rule: str) -> None:
    for state in states:
        found = assess(replace(QUIET, state=state), ON, RULES)
        assert [barrier.rule for barrier in found.barriers] == [rule]
        assert not found.selectable


@pytest.mark.parametrize(("given_", "expected"), vectors("selection"))
def test_selection(given_: dict[str, Any], expected: list[str]) -> None:
    last, on = given_["last_inspected"], date.fromisoformat(given_["on"])
    facts = Facts(state=given_["state"], last_inspected=date.fromisoformat(last) if last else None)
    found = assess(facts, on, RULES)
    assert [barrier.rule for barrier in found.barriers] == expected
    assert found.selectable == (expected == [])


def test_a_stopped_project_is_not_selectable_whatever_its_points() -> None:
    assert not assess(Facts(state="停工中", behind_bp=5400, accident=True), ON, RULES).selectable


@pytest.mark.parametrize(("days", "selectable"), [(0, False), (89, False), (90, True), (-1, True)])
def test_what_was_inspected_recently_is_not_selected_again(days: int, selectable: bool) -> None:
    assert assess(Facts(last_inspected=ON - timedelta(days=days)), ON, RULES).selectable is selectable
