"""Working days, the record's seven, citizen reports, extensions, the ladder."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.calendars import Calendar, government_calendar
from inspect_app.domain.case_text import CaseError
from inspect_app.domain.cases import answer
from inspect_app.domain.deadlines import (
    Extension,
    citizen_due,
    due,
    improvement_due,
    overdue,
    record_due,
    record_punctuality,
    working_days_between,
)
from inspect_app.domain.editions import by_id
from inspect_app.domain.reasons import Evidence, Source
from tests.support.vectors import vectors

RULES = by_id("2023-08-09")
GOVERNMENT = government_calendar()
CITY = Source("本市補充規定", "2025-01-01", Evidence.SEC)
COUNTS_FIRST = RULES.with_setting("count_first_day", True, CITY)
DAY = timedelta(days=1)
DAYS = st.dates(date(2022, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(("given_", "expected"), vectors("deadlines"))
def test_deadlines(given_: dict[str, Any], expected: Any) -> None:
    if expected == {"error": True}:
        with pytest.raises(CaseError):
            answer("deadline", given_)
        return
    found = answer("deadline", given_)
    assert found["due"] == expected
    assert len(found["days"]) == given_["working_days"]
    assert found["days"] == sorted(found["days"])
    assert not found["days"] or found["days"][-1] == expected


@pytest.mark.parametrize(("given_", "expected"), vectors("punctuality"))
def test_record_punctuality(given_: dict[str, str], expected: dict[str, Any]) -> None:
    inspected, sent = (date.fromisoformat(given_[name]) for name in ("inspected", "sent"))
    found = record_punctuality(inspected, sent, GOVERNMENT, RULES)
    assert {"day": found.day, "reason_wanted": found.reason_wanted} == expected


def official() -> tuple[set[date], set[date]]:
    """Days off and make-up days by a library that nobody here wrote."""
    years = range(2022, 2028)
    table = holidays.country_holidays("TW", years=years)
    return {day for day in table if day.year in years}, {
        day for day in table.weekend_workdays if day.year in years
    }


OFF, MAKEUP = official()


def works(day: date, closures: set[date]) -> bool:
    return day not in closures and (day in MAKEUP or (day.isoweekday() <= 5 and day not in OFF))


def brute_force(start: date, number: int, counts: bool, closures: set[date]) -> date:
    day, left = start, number
    if counts and left and works(day, closures):
        left -= 1
    while left:
        day += DAY
        left -= works(day, closures)
    return day


def test_the_shipped_calendar_equals_the_official_one_on_every_day() -> None:
    read = government_calendar.__wrapped__()
    day = date(2022, 1, 1)
    while day <= date(2027, 12, 31):
        assert read.works(day) == works(day, set()), day
        day += DAY
    assert (read.first, read.last) == (date(2022, 1, 1), date(2027, 12, 31))
    edges = (read.first - DAY, read.first, read.last, read.last + DAY)
    assert [read.covers(edge) for edge in edges] == [False, True, True, False]


def test_every_start_of_six_years_equals_a_brute_force_count() -> None:
    start = date(2022, 1, 1)
    while start <= date(2027, 11, 30):
        for number, counts in ((1, False), (1, True), (5, True), (7, False), (10, False)):
            found = due(start, number, GOVERNMENT, RULES, counts)
            assert found.due == brute_force(start, number, counts, set()) or (
                counts and not works(start, set())
            )
            assert found.due == (found.days[-1])
        start += DAY


@given(DAYS, st.integers(1, 60), st.booleans(), st.sets(DAYS, max_size=5))
def test_deadlines_equal_a_brute_force_count(
    start: date, number: int, counts: bool, closures: set[date]
) -> None:
    found = due(start, number, GOVERNMENT.closed_on(closures), RULES, counts)
    if found.due <= date(2027, 12, 31):
        assert found.due == brute_force(start, number, counts, closures)
        assert found.days == tuple(
            day
            for step in range((found.due - start).days + 1)
            if works(day := start + DAY * step, closures) and (counts or step)
        )


@given(DAYS, st.integers(0, 40), st.sets(DAYS, max_size=5))
def test_counting_back_gives_the_number(start: date, number: int, closures: set[date]) -> None:
    calendar = GOVERNMENT.closed_on(closures)
    assert working_days_between(start, due(start, number, calendar, RULES, False).due, calendar) == number


@given(DAYS, st.integers(1, 30), st.sets(DAYS, max_size=3))
def test_a_closure_never_brings_a_deadline_nearer(start: date, number: int, closures: set[date]) -> None:
    assert (
        due(start, number, GOVERNMENT.closed_on(closures), RULES).due
        >= due(start, number, GOVERNMENT, RULES).due
    )


def test_working_days_between_counts_the_last_and_not_the_first() -> None:
    friday, monday = date(2024, 3, 15), date(2024, 3, 18)
    assert working_days_between(friday, monday, GOVERNMENT) == 1
    assert working_days_between(monday, friday, GOVERNMENT) == 0
    assert working_days_between(friday, friday, GOVERNMENT) == 0
    assert working_days_between(date(2024, 2, 7), date(2024, 2, 22), GOVERNMENT) == 7


@pytest.mark.parametrize("number", [-1, 2001])
def test_impossible_numbers_of_days_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"^工作天數 {number} 不在 0 到 2000 之間$"):
        due(date(2024, 1, 2), number, GOVERNMENT, RULES)


def test_the_longest_number_of_days_is_counted() -> None:
    assert len(due(date(2022, 1, 1), 2000, GOVERNMENT, RULES).days) == 2000
    assert due(date(2022, 1, 1), 0, GOVERNMENT, RULES).days == ()


def test_the_setting_decides_about_the_first_day_where_the_case_does_not() -> None:
    monday = date(2024, 3, 4)
    assert due(monday, 1, GOVERNMENT, RULES).due == date(2024, 3, 5)
    assert due(monday, 1, GOVERNMENT, COUNTS_FIRST).due == monday
    assert due(monday, 1, GOVERNMENT, COUNTS_FIRST, False).due == date(2024, 3, 5)
    assert record_due(monday, GOVERNMENT, COUNTS_FIRST).due == date(2024, 3, 12)


def told(found: Any) -> list[tuple[str, str]]:
    return [(reason.rule, reason.text) for reason in found.reasons]


def test_the_words_of_a_deadline() -> None:
    calendar = GOVERNMENT.closed_on([date(2024, 2, 16), date(2025, 1, 1)])
    found = due(date(2024, 2, 7), 2, calendar, RULES, True)
    assert told(found) == [
        ("deadline.first_day", "起算日計入（此項未經查證，為可調整的設定，自 105.01.01 起適用）"),
        ("deadline.working_days", "自 民國113年2月7日（三） 起 2 個工作天，到期日為 民國113年2月15日（四）"),
        (
            "deadline.holidays",
            "期間內的國定假日及補假：民國113年2月8日（四）、民國113年2月9日（五）、民國113年2月12日（一）、民國113年2月13日（二）、民國113年2月14日（三）",
        ),
    ]
    later = due(date(2024, 2, 15), 1, calendar, RULES, False)
    assert told(later)[0][1].startswith("起算日不計入（")
    sources = {reason.source for reason in later.reasons[1:]}
    assert {(source.article, source.edition) for source in sources} == {
        ("政府行政機關辦公日曆表", "2022-01-01")
    }
    assert told(later)[2:] == [
        ("deadline.makeup", "期間內的補行上班日（計入）：民國113年2月17日（六）"),
        ("deadline.closures", "期間內的停止上班日（不計入）：民國113年2月16日（五）"),
    ]
    assert later.reasons[1].figures == {"start": "2024-02-15", "due": "2024-02-17", "days": 1}
    assert later.reasons[2].figures == {"count": 1}


def test_days_beyond_the_published_calendar_say_so() -> None:
    inside = due(date(2027, 12, 29), 2, GOVERNMENT, RULES)
    assert [rule for rule, _ in told(inside)][
        -1
    ] == "deadline.uncovered"  # 2027-12-31 is a holiday, so it ends in 2028
    assert inside.reasons[-1].text == "部分日期不在已公布的行事曆內，只扣除週末，公布後請重新計算"
    assert "deadline.uncovered" not in dict(told(due(date(2027, 12, 28), 2, GOVERNMENT, RULES)))
    assert "deadline.uncovered" in dict(told(due(date(2021, 12, 31), 1, GOVERNMENT, RULES)))
    assert "deadline.uncovered" not in dict(told(due(date(2022, 1, 1), 1, GOVERNMENT, RULES)))


def test_the_record() -> None:
    assert record_due(date(2024, 2, 7), GOVERNMENT, RULES).due == date(2024, 2, 22)
    weekend = record_punctuality(date(2024, 3, 6), date(2024, 3, 16), GOVERNMENT, RULES)
    assert (weekend.day, weekend.reason_wanted) == (8, True), (
        "the Saturday after the seventh belongs to the Monday"
    )
    late = record_punctuality(date(2024, 3, 4), date(2024, 3, 14), GOVERNMENT, RULES)
    assert late.reasons[0].text == "查核紀錄於第 8 個工作天發文，期限 7 個工作天，請填逾期原因"
    assert late.reasons[0].figures == {"day": 8, "limit": 7}
    assert late.reasons[0].rule == "deadline.record"
    fine = record_punctuality(date(2024, 3, 4), date(2024, 3, 13), GOVERNMENT, RULES)
    assert fine.reasons[0].text == "查核紀錄於第 7 個工作天發文，期限 7 個工作天"
    with pytest.raises(
        ValueError, match=r"^發文日期 民國113年3月3日（日） 早於查核日期 民國113年3月4日（一）$"
    ):
        record_punctuality(date(2024, 3, 4), date(2024, 3, 3), GOVERNMENT, RULES)


def test_the_record_where_the_first_day_counts() -> None:
    monday = date(2024, 3, 4)
    assert record_punctuality(monday, monday, GOVERNMENT, COUNTS_FIRST).day == 1
    assert not record_punctuality(monday, date(2024, 3, 12), GOVERNMENT, COUNTS_FIRST).reason_wanted
    assert record_punctuality(monday, date(2024, 3, 13), GOVERNMENT, COUNTS_FIRST).reason_wanted
    saturday = date(2024, 3, 2)
    assert record_punctuality(saturday, monday, GOVERNMENT, COUNTS_FIRST).day == 1


def test_a_citizen_report_has_fourteen_calendar_days() -> None:
    found = citizen_due(date(2024, 2, 7), RULES)
    assert found.due == date(2024, 2, 21)
    assert (len(found.days), found.days[0], found.days[-1]) == (14, date(2024, 2, 8), date(2024, 2, 21))
    assert found.reasons[0].text.startswith(
        "自派案日 民國113年2月7日（三） 起 14 個日曆天，到期日為 民國113年2月21日（三）"
    )
    assert found.reasons[0].figures == {"days": 14, "due": "2024-02-21"}
    assert found.reasons[0].rule == "deadline.citizen"


def test_an_improvement_deadline_moves_only_by_agreed_extensions() -> None:
    first = date(2024, 3, 1)
    assert improvement_due(first).due == first
    steps = [
        Extension(date(2024, 3, 20), date(2024, 2, 28), "研查字第1號"),
        Extension(date(2024, 4, 1), date(2024, 3, 19)),
    ]
    found = improvement_due(first, steps)
    assert (found.due, found.days) == (date(2024, 4, 1), ())
    assert told(found) == [
        ("deadline.improvement", "改善期限為 民國113年3月1日（五）"),
        ("deadline.extension", "查核小組於 民國113年2月28日（三） 同意展延至 民國113年3月20日（三）"),
        ("deadline.extension", "查核小組於 民國113年3月19日（二） 同意展延至 民國113年4月1日（一）"),
    ]
    assert found.reasons[1].figures == {"due": "2024-03-20", "letter": "研查字第1號"}
    assert found.reasons[2].figures == {"due": "2024-04-01", "letter": ""}
    assert {(each.source.article, each.source.edition) for each in found.reasons} == {
        ("工程施工查核小組作業辦法第10條", "2023-08-09")
    }
    for until in (first, first - DAY):
        with pytest.raises(
            ValueError, match=r"^展延期限 民國113年\d月\d+日（.） 沒有晚於原期限 民國113年3月1日（五）$"
        ):
            improvement_due(first, [Extension(until, first)])


@pytest.mark.parametrize(
    ("days", "step", "label"),
    [
        (-6, None, "期限內"),
        (-5, "due_soon", "即將到期"),
        (0, "due_soon", "即將到期"),
        (1, "reminder", "逾期稽催"),
        (9, "reminder", "逾期稽催"),
        (10, "second_reminder", "再次稽催"),
        (20, "escalate", "報上級機關"),
        (400, "escalate", "報上級機關"),
    ],
)
def test_the_overdue_ladder(days: int, step: str | None, label: str) -> None:
    deadline = date(2024, 3, 1)
    found = overdue(deadline, deadline + DAY * days, RULES)
    assert (found.days, found.step, found.label) == (days, step, label)
    far = f"逾期 {days} 天" if days > 0 else f"距期限 {-days} 天"
    assert found.reasons[0].text.startswith(f"期限 民國113年3月1日（五），{far}：{label}（")
    assert found.reasons[0].rule == "deadline.overdue"
    assert found.reasons[0].figures == {"days": days, "step": step}


@pytest.mark.parametrize(("given_", "expected"), vectors("ladder"))
def test_ladder(given_: dict[str, str], expected: dict[str, Any]) -> None:
    found = overdue(date.fromisoformat(given_["deadline"]), date.fromisoformat(given_["on"]), RULES)
    assert {"days": found.days, "step": found.step} == expected


@pytest.mark.parametrize(("given_", "expected"), vectors("citizen"))
def test_citizen_reports(given_: dict[str, str], expected: str) -> None:
    assert citizen_due(date.fromisoformat(given_["dispatched"]), RULES).due.isoformat() == expected


def test_the_ladder_is_data_in_any_order() -> None:
    rungs = [{"after": 3, "step": "b", "text": "乙"}, {"after": 1, "step": "a", "text": "甲"}]
    city = RULES.with_setting("overdue_ladder", rungs, CITY)
    assert [overdue(date(2024, 3, 1), date(2024, 3, 1) + DAY * days, city).step for days in (0, 1, 2, 3)] == [
        None,
        "a",
        "a",
        "b",
    ]


def test_closures_add_up() -> None:
    empty = Calendar(frozenset(), frozenset(), date(2024, 1, 1), date(2024, 12, 31))
    closed = empty.closed_on([date(2024, 3, 4)]).closed_on([date(2024, 3, 5)])
    assert closed.closures == {date(2024, 3, 4), date(2024, 3, 5)}
    assert [closed.works(date(2024, 3, day)) for day in range(1, 7)] == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]


def test_the_calendar_file_lists_weekdays_off_and_weekend_workdays_only() -> None:
    data = json.loads((files("inspect_app.domain") / "data" / "calendar.json").read_text(encoding="utf-8"))
    assert all(date.fromisoformat(day).isoweekday() <= 5 for day in data["holidays"])
    assert all(date.fromisoformat(day).isoweekday() > 5 for day in data["makeup"])
