"""The city's own values with their dates, and local days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inspect_app.accounts.actor import SYSTEM
from inspect_app.catalogue import queries, services
from inspect_app.catalogue.knobs import KNOBS
from inspect_app.domain import editions
from inspect_app.domain.deadlines import overdue, record_due
from inspect_app.domain.quotas import Case, quota
from inspect_app.domain.reasons import Evidence
from inspect_app.domain.rule_changes import compare_rules
from inspect_app.domain.sheets import Progress, block_maxima, progress_points
from inspect_app.errors import Problem
from inspect_app.inspections import queries as inspections
from inspect_app.scheduling import queries as scheduling
from inspect_app.scheduling.models import Visit
from inspect_app.scheduling.plan import from_json
from inspect_app.scheduling.services.releasing import open_up
from inspect_app.transaction import transaction
from tests.support.inspected import Told, inspection_with_log

TODAY = date(2026, 11, 23)


def put(key: str, on: date, text: str, **values: Any) -> Any:
    return services.set_setting(SYSTEM, key, on, text, **{"source": "", "verified": False, **values})


def test_every_knob_stands_in_the_shipped_rules() -> None:
    for rules in map(editions.by_id, editions.ids()):
        for knob in KNOBS.values():
            value = knob.shipped(rules)
            assert knob.show(value)
            if not knob.flag:
                values = value.values() if knob.parts else [value]
                assert all(one is None or knob.low <= one <= knob.high for one in values), knob.key


def test_what_the_source_does_not_verify_is_a_setting() -> None:
    """Every rule that is marked [NV] or [SYS] has a value that a city can set from a day on."""
    newest = editions.by_id(editions.ids()[-1])
    unsure = {
        name
        for name, setting in newest.settings.items()
        if setting.source.evidence in (Evidence.NV, Evidence.SYS)
    }
    assert unsure >= {"forced_judgements", "score_sheet", "count_first_day", "performance", "recusal_degree"}
    assert unsure <= {knob.rule for knob in KNOBS.values()}


def test_a_value_counts_from_its_day_on(db: Any) -> None:
    put("record_days", date(2027, 1, 1), "9")
    put("record_days", date(2026, 1, 1), "8", source="本市補充規定", verified=True)
    assert [
        queries.setting("record_days", day)
        for day in (date(2025, 12, 31), date(2026, 1, 1), date(2027, 1, 1))
    ] == [7, 8, 9]
    rules = queries.rules_on(TODAY)
    assert rules.value("record_days") == 8
    assert (rules.source_of("record_days").article, rules.source_of("record_days").evidence) == (
        "本市補充規定",
        Evidence.SEC,
    )
    assert queries.rules_on(date(2025, 1, 1)).value("record_days") == 7
    services.remove_setting(SYSTEM, "record_days", date(2026, 1, 1))
    assert queries.setting("record_days", TODAY) == 7


def test_own_values_reach_the_rules(db: Any) -> None:
    put("quota_large", date(2026, 1, 1), "3")
    put("grave_judgement_score", date(2026, 1, 1), "60")
    put("first_day_counts", date(2026, 1, 1), "1")
    rules = queries.rules_on(TODAY)
    assert [band.required for band in quota([Case(60_000_000)] * 30, [], rules).bands] == [3, 0, 0]
    assert rules.value("forced_judgements")["score"] == 60
    assert rules.value("forced_judgements")["kinds"]
    assert rules.value("count_first_day") is True
    assert editions.in_force(TODAY).value("forced_judgements")["score"] == 69


@pytest.mark.parametrize(
    ("key", "text", "values"),
    [
        ("record_days", "", {}),
        ("record_days", "七", {}),
        ("record_days", "0", {}),
        ("grave_judgement_score", "70", {}),
        ("record_days", "8", {"verified": True}),
        ("nothing", "8", {}),
    ],
)
def test_wrong_values_are_told(db: Any, key: str, text: str, values: dict[str, Any]) -> None:
    with pytest.raises(Problem):
        put(key, date(2026, 1, 1), text, **values)
    assert queries.all_settings() == []


@pytest.mark.parametrize("key", [key for key, knob in KNOBS.items() if not knob.flag and not knob.parts])
def test_every_value_can_be_set_and_reaches_the_rules_alone(db: Any, key: str) -> None:
    """One more than shipped (or one less where nothing is above): that place of the rules changes and no other."""
    shipped, knob = editions.in_force(TODAY), KNOBS[key]
    value = knob.shipped(shipped) or 0
    for number in (value + 1, value - 1):
        try:
            put(key, date(2026, 1, 1), str(number))
            break
        except Problem:
            continue
    changes = compare_rules(shipped, queries.rules_on(TODAY))
    assert {change.setting for change in changes} == {knob.rule}
    assert len(changes) <= 2, "a place that goes by its own name is told as gone and new"
    assert KNOBS[key].shipped(queries.rules_on(TODAY)) == queries.setting(key, TODAY) == number


def test_values_that_do_not_fit_on_a_later_day_or_after_a_removal_are_refused(db: Any) -> None:
    """優等 from 82 next year and 甲等 from 84 this year: next year a score of 83 would have no sense."""
    next_year = date(2027, 1, 1)
    put("grade_0", next_year, "82")
    with pytest.raises(Problem, match="民國116年1月1日（五） 起"):
        put("grade_1", date(2026, 1, 1), "84")
    assert [row.key for row in queries.all_settings()] == ["grade_0"]
    put("grade_1", date(2026, 1, 1), "75")
    put("grade_0", next_year, "78")
    with pytest.raises(Problem, match="等第的起分要一級比一級低"):
        services.remove_setting(SYSTEM, "grade_1", date(2026, 1, 1))
    assert queries.setting("grade_1", TODAY) == 75
    services.remove_setting(SYSTEM, "grade_0", next_year)
    services.remove_setting(SYSTEM, "grade_1", date(2026, 1, 1))
    assert queries.all_settings() == []


def sheet_text(**most: object) -> str:
    shipped = KNOBS["score_sheet"].shipped(editions.in_force(TODAY))
    return " ".join(f"{name}={value}" for name, value in (shipped | most).items())


def test_the_score_sheet_is_set_from_a_day_on(db: Any) -> None:
    put("score_sheet", date(2026, 6, 1), sheet_text(w_structure=30, p=30, env=10), source="本市評分表")
    before, after = (queries.rules_on(date(2026, month, 1)) for month in (5, 6))
    assert block_maxima(before) == {"Q": 20, "W": 60, "P": 20}
    assert block_maxima(after) == {"Q": 20, "W": 50, "P": 30}
    assert after.source_of("score_sheet").article == "本市評分表"
    changes = {(one.place, one.before, one.after) for one in compare_rules(before, after)}
    assert changes == {
        ("細項，混凝土、鋼筋（構）、模板、土方、結構體、裝修、雜項等，滿分", 40, 30),
        ("細項，施工進度，滿分", 20, 30),
        ("指標，環境，滿分", 100, 10),
    }
    assert "P 施工進度 30 分" in KNOBS["score_sheet"].show(queries.setting("score_sheet", TODAY))


@pytest.mark.parametrize(
    ("most", "told", "field"),
    [
        ({"p": 19}, "評分表各細項的滿分合計要是 100 分，現在是 99 分，請調整到合計 100 分", "value"),
        ({"p": 21}, "現在是 101 分", "value"),
        ({"p": ""}, "「P 施工進度」請填 0 到 100 的整數", "part_p"),
        ({"p": "-20"}, "「P 施工進度」請填 0 到 100 的整數", "part_p"),
        ({"p": "２０"}, "「P 施工進度」請填 0 到 100 的整數", "part_p"),
        ({"looks": 101}, "「指標：美觀」請填 0 到 100 的整數", "part_looks"),
    ],
)
def test_a_score_sheet_adds_up_to_a_hundred(db: Any, most: dict[str, Any], told: str, field: str) -> None:
    with pytest.raises(Problem, match=told) as refused:
        put("score_sheet", date(2026, 1, 1), sheet_text(**most))
    assert refused.value.field == field
    assert queries.all_settings() == []


def test_progress_and_ladder_are_written_as_sizes(db: Any) -> None:
    put("progress_behind_far_least", date(2026, 1, 1), "5")
    put("ladder_due_soon", date(2026, 1, 1), "10")
    put("progress_base", date(2026, 1, 1), "16")
    rules = queries.rules_on(TODAY)
    points = progress_points(Progress(5000, 3000), rules)
    assert (points.proposed, points.high, points.low) == (11, 11, 0)
    assert "本市設定" in rules.source_of("progress").article
    assert overdue(date(2026, 12, 3), TODAY, rules).step == "due_soon"
    assert KNOBS["progress_behind_far_least"].show(5) == "5 分"


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("grade_1", "90", "等第的起分要一級比一級低"),
        ("grade_0", "80", "等第的起分要一級比一級低"),
        ("ladder_second", "1", "稽催各階段的天數"),
        ("progress_ahead_least", "4", "下限不可大於上限"),
        ("progress_behind_least", "4", "下限不可大於上限"),
    ],
)
def test_a_value_must_fit_to_its_neighbours(db: Any, key: str, text: str, told: str) -> None:
    with pytest.raises(Problem, match=told):
        put(key, date(2026, 1, 1), text)
    assert queries.all_settings() == []


def test_a_released_visit_keeps_the_values_of_its_day(db: Any, clock: Any) -> None:
    """A value entered later, though from an earlier day on, changes no visit that has been."""
    put("grave_judgement_score", date(2026, 1, 1), "60", source="本市補充規定", verified=True)
    one = inspection_with_log(Told(judgement="safety"))
    visit = db.session.get_one(Visit, one.id)
    plan = from_json(visit.plan)
    with transaction():
        open_up(one.coordinator, visit, plan)
    put("grave_judgement_score", date(2026, 1, 1), "50")
    assert queries.rules_on(TODAY).value("forced_judgements")["score"] == 50
    pinned = scheduling.rules_of(one.id)
    assert pinned.value("forced_judgements")["score"] == 60
    assert pinned.source_of("forced_judgements").article == "本市補充規定"
    assert inspections.content_of(one.id)["result"]["score"] == 60


def test_local_days_move_deadlines(db: Any) -> None:
    day = date(2026, 11, 23)
    before = record_due(day, queries.calendar(2026, 2027), queries.rules_on(day)).due
    services.set_closure(SYSTEM, date(2026, 11, 25), working=False, reason="颱風停止上班")
    after = record_due(day, queries.calendar(2026, 2027), queries.rules_on(day)).due
    assert after > before
    services.set_closure(SYSTEM, date(2026, 11, 28), working=True, reason="補班")
    assert record_due(day, queries.calendar(2026, 2027), queries.rules_on(day)).due == before
    services.remove_closure(SYSTEM, date(2026, 11, 25))
    services.remove_closure(SYSTEM, date(2026, 11, 28))
    assert record_due(day, queries.calendar(2026, 2027), queries.rules_on(day)).due == before
    with pytest.raises(Problem):
        services.remove_closure(SYSTEM, date(2026, 11, 28))
