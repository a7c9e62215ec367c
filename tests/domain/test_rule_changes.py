"""Two editions of the rules side by side: everything that the field names, the calendar too."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from inspect_app.domain.calendars import government_calendar
from inspect_app.domain.editions import by_id, ids, in_force
from inspect_app.domain.reasons import Evidence, Source
from inspect_app.domain.rule_changes import LABELS, compare_rules, year_of_days

OLD, NEW = by_id("2016"), by_id("2023-08-09")
CITY = Source("本市補充規定", "2025-01-01", Evidence.SEC)


def told(name: str, value: Any) -> list[tuple[str, str, Any, Any]]:
    changes = compare_rules(NEW, NEW.with_setting(name, value, CITY))
    assert {change.setting for change in changes} <= {name}
    assert all(change.new == CITY for change in changes)
    return [(change.kind, change.place, change.before, change.after) for change in changes]


def edited(name: str, change: Any) -> Any:
    value = copy.deepcopy(NEW.value(name))
    change(value)
    return value


def test_nothing_differs_from_itself() -> None:
    assert [compare_rules(by_id(name), by_id(name)) for name in ids()] == [(), ()]


def test_the_amendment_of_2023_told_setting_by_setting() -> None:
    found = [
        (change.setting, change.kind, change.place, change.before, change.after)
        for change in compare_rules(OLD, NEW)
    ]
    assert ("quotas", "changed", "級距，1,500,000 起，件數", 20, 10) in found
    assert ("quotas", "removed", "比率，50,000,000 起，比率（%）", 20, None) in found
    assert {name for name, *_ in found} == {"quotas", "recusal_degree"}
    assert ("recusal_degree", "changed", "", 3, 2) in found


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("grades", lambda value: value[0].update({"from": 95}), ("changed", "優等，自", 90, 95)),
        ("forced_tests", lambda value: value.update(score=68), ("changed", "分數", 69, 68)),
        (
            "forced_tests",
            lambda value: value["kinds"].pop("asphalt_core"),
            ("removed", "項目，asphalt_core", "瀝青混凝土鑽心試體試驗", None),
        ),
        (
            "forced_judgements",
            lambda value: value["kinds"].update(fire="消防"),
            ("added", "項目，fire", None, "消防"),
        ),
        (
            "score_sheet",
            lambda value: value["items"][3].update(max=30),
            ("changed", "細項，混凝土、鋼筋（構）、模板、土方、結構體、裝修、雜項等，滿分", 40, 30),
        ),
        (
            "rates",
            lambda value: value[0].update(contractor=9000),
            ("changed", "巨額採購以上，承攬廠商", 8000, 9000),
        ),
        ("progress", lambda value: value.update(ahead=[1, 2]), ("changed", "超前", (1, 3), (1, 2))),
        (
            "overdue_ladder",
            lambda value: value[1].update(after=2),
            ("changed", "逾期稽催，天數", 1, 2),
        ),
    ],
)
def test_each_part_of_the_rules_is_compared(name: str, change: Any, expected: tuple[Any, ...]) -> None:
    assert told(name, edited(name, change)) == [expected]


def test_a_line_put_in_between_moves_no_other() -> None:
    value = edited(
        "score_sheet",
        lambda sheet: sheet["items"].insert(0, {"field": "q_new", "block": "Q", "label": "新項", "max": 1}),
    )
    assert [place for _, place, *_ in told("score_sheet", value)] == [
        "細項，新項，部分", "細項，新項，名稱", "細項，新項，滿分",
    ]  # fmt: skip


def test_a_setting_that_only_one_side_knows() -> None:
    more = NEW.with_setting("night_work", 3, CITY)
    (added,) = compare_rules(NEW, more)
    (removed,) = compare_rules(more, NEW)
    assert (added.setting, added.kind, added.before, added.after, added.old) == (
        "night_work",
        "added",
        None,
        3,
        None,
    )
    assert (removed.kind, removed.before, removed.after, removed.new) == ("removed", 3, None, None)


def test_every_setting_has_a_name() -> None:
    assert set(NEW.settings) == set(LABELS)


def test_recusal_changed_between_two_days_of_one_edition() -> None:
    changes = compare_rules(in_force(date(2019, 5, 23)), in_force(date(2019, 5, 24)))
    assert [(change.setting, change.before, change.after) for change in changes] == [("recusal_degree", 3, 2)]
    assert changes[0].old is not None
    assert changes[0].new is not None
    assert (changes[0].old.edition, changes[0].new.edition) == ("1999-05-27", "2019-05-24")


def test_a_year_of_the_calendar() -> None:
    plain = year_of_days(2024, government_calendar())
    closed = year_of_days(
        2024, government_calendar().closed_on([date(2024, 7, 24), date(2024, 7, 27), date(2025, 7, 1)])
    )
    assert plain.working - closed.working == 1, "a closed Saturday takes no working day"
    assert closed.closures == (date(2024, 7, 24), date(2024, 7, 27))
    assert plain.makeup == (date(2024, 2, 17),)
    assert date(2024, 2, 8) in plain.holidays
    assert plain.year == 2024
    assert year_of_days(2026, government_calendar()).makeup == ()
