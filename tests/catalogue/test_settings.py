"""The city's own values with their dates, and local days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inspect_app.accounts.actor import SYSTEM
from inspect_app.catalogue import queries, services
from inspect_app.catalogue.knobs import KNOBS
from inspect_app.domain import editions
from inspect_app.domain.deadlines import record_due
from inspect_app.domain.quotas import Case, quota
from inspect_app.domain.reasons import Evidence
from inspect_app.errors import Problem

TODAY = date(2026, 11, 23)


def put(key: str, on: date, text: str, **values: Any) -> Any:
    return services.set_setting(SYSTEM, key, on, text, **{"source": "", "verified": False, **values})


def test_every_knob_stands_in_the_shipped_rules() -> None:
    for rules in map(editions.by_id, editions.ids()):
        for knob in KNOBS.values():
            value = knob.shipped(rules)
            assert knob.show(value)
            if knob.rule and not knob.flag:
                assert knob.low <= value <= knob.high, knob.key


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
