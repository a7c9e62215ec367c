"""Types of visit, recusal, team composition."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.conflicts import (
    Disqualification,
    Expert,
    Member,
    Relative,
    TenderParties,
    Tie,
    composition,
    conflicts,
    plain_name,
)
from inspect_app.domain.editions import by_id, in_force
from inspect_app.domain.reasons import Evidence, Source
from inspect_app.domain.types_of_visit import LABELS, Visit, VisitType, Window, check_window, propose
from tests.support.vectors import vectors

RULES = by_id("2023-08-09")
CITY = Source("本市補充規定", "2025-01-01", Evidence.SEC)


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def visit_of(data: dict[str, Any]) -> Visit:
    return Visit(tuple(data["tender"]), data["team"], date.fromisoformat(data["on"]), data["by_agency"])


@pytest.mark.parametrize(("given_", "expected"), vectors("types"))
def test_types(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    found = propose(visit_of(given_["visit"]), map(visit_of, given_["earlier"]))
    assert {"kind": found.type, "may_be_unscored": found.may_be_unscored} == expected
    assert len(found.reasons) == 1
    assert LABELS[found.type] in found.reasons[0].text


def test_a_reinspection_names_the_first_visit_of_the_year() -> None:
    tender = ("A", "1")
    earlier = [Visit(tender, "kh", date(2026, 5, 1)), Visit(tender, "kh", date(2026, 3, 1))]
    reason = propose(Visit(tender, "kh", date(2026, 11, 1)), earlier).reasons[0]
    assert reason.text.startswith("本小組民國115年度已於 民國115年3月1日（日） 查核此標案，為複查，請確認")
    assert reason.figures == {"first": "2026-03-01"}
    assert propose(Visit(tender, "kh", date(2026, 1, 1)), []).reasons[0].figures == {"year": 115}


def test_the_types_have_the_field_s_names() -> None:
    assert [LABELS[kind] for kind in VisitType] == ["查核", "複查", "督導"]


@pytest.mark.parametrize(
    ("announced", "end", "rule"),
    [
        (False, None, "plan.no_end"),
        (False, "2026-11-30", None),
        (False, "2026-11-23", None),
        (False, "2026-11-22", "plan.end_before_start"),
        (True, None, None),
        (True, "2026-11-22", "plan.end_before_start"),
    ],
)
def test_an_unannounced_plan_needs_an_end(announced: bool, end: str | None, rule: str | None) -> None:
    reason = check_window(Window(announced, date(2026, 11, 23), day(end)))
    assert (reason.rule if reason else None) == rule


def expert_of(data: dict[str, Any]) -> Expert:
    ties = tuple(
        Tie(tie["organisation"], tie.get("post", ""), day(tie.get("since")), day(tie.get("until")))
        for tie in data.get("ties", [])
    )
    bars = tuple(
        Disqualification(bar["ground"], date.fromisoformat(bar["since"]), day(bar.get("until")))
        for bar in data.get("disqualifications", [])
    )
    plain = {
        name: data[name] for name in ("name", "external", "on_roster", "approved_reason") if name in data
    }
    lists = {name: tuple(data[name]) for name in ("earlier_work", "declared") if name in data}
    relatives = tuple(Relative(**relative) for relative in data.get("relatives", []))
    return Expert(**plain, **lists, ties=ties, disqualifications=bars, relatives=relatives)


def tender_of(data: dict[str, Any]) -> TenderParties:
    return TenderParties(
        data["key"], {role: tuple(names) for role, names in data["parties"].items()}, data["posts"]
    )


@pytest.mark.parametrize(("given_", "expected"), vectors("conflicts"))
def test_conflicts(given_: dict[str, Any], expected: list[str]) -> None:
    on = date.fromisoformat(given_["on"])
    found = conflicts(expert_of(given_["expert"]), tender_of(given_["tender"]), on, in_force(on))
    assert [conflict.kind for conflict in found] == expected
    assert all(given_["expert"]["name"] in conflict.reason.text for conflict in found)


TENDER = TenderParties(
    "A/1", {"承攬廠商": ("大成營造",), "設計單位": ("和平",)}, {"王大明": "承攬廠商專任工程人員"}
)
ON = date(2026, 11, 23)


def words(expert: Expert) -> list[str]:
    return [conflict.reason.text for conflict in conflicts(expert, TENDER, ON, RULES)]


def test_the_words_of_a_conflict() -> None:
    expert = Expert(
        "王大明",
        ties=(Tie("大成營造", "專任工程人員"), Tie("和平")),
        relatives=(Relative("配偶", 0, "大成營造"), Relative("胞弟", 2, "和平")),
        earlier_work=("A/1",),
        declared=("A/1", "和平"),
        disqualifications=(
            Disqualification("停業", date(2026, 1, 1), date(2026, 12, 31)),
            Disqualification("判刑", ON),
        ),
        on_roster=False,
    )
    texts = words(expert)
    assert texts[:7] == [
        "王大明因停業不得擔任查核委員，至 民國115年12月31日（四）",
        "王大明因判刑不得擔任查核委員，未定期限",
        "王大明不在工程會專家名單內，也沒有機關首長核可的理由",
        "王大明任職或服務於承攬廠商「大成營造」，擔任專任工程人員",
        "王大明任職或服務於設計單位「和平」",
        "王大明與本標案的承攬廠商專任工程人員同名，應迴避或查證",
        "王大明的配偶（配偶或共同生活家屬）在承攬廠商「大成營造」，迴避範圍為2親等以內"
        "（此項未經查證，為可調整的設定，自 108.05.24 起適用）",
    ]
    assert texts[7].startswith("王大明的胞弟（2親等）在設計單位「和平」")
    assert texts[8:] == [
        "王大明曾參與本標案的設計或監造",
        "王大明自行聲明與本標案有利害關係",
        "王大明自行聲明與設計單位「和平」有利害關係",
    ]


def test_names_of_organisations_are_compared_without_their_form() -> None:
    assert plain_name("臺灣 工程（股）公司") == plain_name("台灣工程（股）公司") == "台灣工程(股)"
    assert plain_name("大成營造股份有限公司") == plain_name("大成營造有限公司") == "大成營造"


def members_of(data: list[dict[str, Any]]) -> list[Member]:
    return [
        Member(each["name"], each["external"], each["leader"], frozenset(each["specialities"]))
        for each in data
    ]


@pytest.mark.parametrize(("given_", "expected"), vectors("windows"))
def test_windows(given_: dict[str, Any], expected: str | None) -> None:
    found = check_window(Window(given_["announced"], date.fromisoformat(given_["start"]), day(given_["end"])))
    assert (found.rule if found else None) == expected


@pytest.mark.parametrize(("given_", "expected"), vectors("teams"))
def test_teams(given_: dict[str, Any], expected: dict[str, list[str]]) -> None:
    found = composition(members_of(given_["members"]), RULES, given_["letter"], given_["specialities"])
    assert [fault.kind for fault in found.faults] == expected["faults"]
    assert [hint.kind for hint in found.hints] == expected["hints"]


@given(st.integers(1, 12), st.integers(0, 12))
def test_outside_members_are_at_least_a_third(inside: int, outside: int) -> None:
    team = [
        Member("領隊", False, leader=True),
        *[Member("內", False)] * (inside - 1),
        *[Member("外", True)] * outside,
    ]
    faults = [fault.kind for fault in composition(team, RULES).faults]
    assert ("outside_share" in faults) == (outside / (inside + outside) < 1 / 3 - 1e-9)


def test_the_words_of_a_team() -> None:
    team = [Member("甲", False, leader=True), *[Member("乙", False)] * 2, Member("丙", True)]
    refused, agreed = composition(team, RULES), composition(team, RULES, " 工程管字第1號 ", ["結構"])
    assert (
        refused.faults[0].reason.text == "外聘 1 位，少於 4 位的 3 分之 1，請增聘外聘委員或填工程會同意函文號"
    )
    assert refused.reasons[0].text == "委員 4 位，外聘 1 位，外聘不得少於 3 分之 1"
    assert refused.reasons[0].figures == {"members": 4, "outside": 1}
    assert (
        agreed.reasons[0].text == "委員 4 位，外聘 1 位，外聘不得少於 3 分之 1；工程會以 工程管字第1號 函同意"
    )
    assert agreed.hints[0].reason.text.startswith("沒有「結構」專長的委員")
    enough = composition(team[1:], RULES, "工程管字第1號")
    assert enough.reasons[0].text == "委員 3 位，外聘 1 位，外聘不得少於 3 分之 1"


def test_the_leader_s_setting() -> None:
    team = [Member("甲", True, leader=True), Member("乙", False)]
    text = composition(team, RULES).faults[0].reason.text
    assert text.startswith("領隊甲是外聘委員，設定為由內聘委員擔任")
    assert composition(team, RULES.with_setting("leader_in_house", False, CITY)).faults == ()
    two = composition([*team, Member("丙", False, leader=True)], RULES).faults[0].reason.text
    assert two.startswith("領隊要有一位，目前 2 位")
