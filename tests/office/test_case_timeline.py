"""The picture of a case: where its marks stand, and that picture and table say the same."""

from __future__ import annotations

import re
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from inspect_app.office.case_timeline import timeline, told

DAY = date(2026, 3, 2)
NAMES = {"record": "查核紀錄", "reply": "改善結果回文", "closing": "同意備查"}


def letter(kind: str, days: int) -> Any:
    return SimpleNamespace(id=f"{kind}{days}", kind=kind, number=f"第{days}號", on=DAY + timedelta(days=days))


def case(due: int = 30, first: int | None = None, closed: int | None = None) -> Any:
    return SimpleNamespace(
        issued_on=DAY + timedelta(days=7),
        due_on=DAY + timedelta(days=due),
        first_due_on=DAY + timedelta(days=due if first is None else first),
        closed_on=None if closed is None else DAY + timedelta(days=closed),
    )


def test_an_open_case_runs_to_today_and_shows_that_time_ran_out() -> None:
    line = timeline(case(), [letter("record", 7)], NAMES, DAY, DAY + timedelta(days=100))
    assert [(mark.no, mark.x) for mark in line.marks] == [(1, 0), (2, 7), (3, 30)]
    assert (line.issued, line.due, line.now, line.end) == (7, 30, 100, 100)
    assert line.over


def test_before_the_deadline_the_line_runs_to_the_deadline() -> None:
    line = timeline(case(due=50), [letter("record", 7)], NAMES, DAY, DAY + timedelta(days=10))
    assert (line.due, line.now) == (100, 20)
    assert not line.over


def test_a_closed_case_knows_no_today_and_an_extension_shows_both_deadlines() -> None:
    letters = [letter("record", 7), letter("reply", 40), letter("closing", 50)]
    line = timeline(case(due=45, first=30, closed=50), letters, NAMES, DAY, DAY + timedelta(days=400))
    assert line.now is None
    assert [mark.event.what for mark in line.marks if mark.event.deadline] == ["原改善期限", "改善期限"]
    assert line.marks[-1].x == 100


def test_marks_that_would_touch_stand_beneath_each_other() -> None:
    letters = [letter("record", 7), letter("reply", 7), letter("reply", 8)]
    line = timeline(case(due=100), letters, NAMES, DAY, DAY)
    assert [mark.row for mark in line.marks] == [0, 0, 1, 2, 0]
    assert line.rows == 3


def test_the_first_day_alone_divides_by_nothing() -> None:
    one_day = SimpleNamespace(issued_on=DAY, due_on=DAY, first_due_on=DAY, closed_on=None)
    line = timeline(one_day, [], NAMES, DAY, DAY)
    assert {mark.x for mark in line.marks} == {0}


def test_the_table_says_what_the_picture_shows() -> None:
    row = case()
    line = timeline(row, [letter("record", 7), letter("reply", 20)], NAMES, DAY, DAY + timedelta(days=25))
    rows = told(line, row)
    assert [one["no"] for one in rows] == [mark.no for mark in line.marks]
    assert [one["days"] for one in rows] == [-7, 0, 13, 23]
    assert all(re.match(r"#(items|extension|letter-)", one["url"]) for one in rows)
