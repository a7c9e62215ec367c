"""Parts of a rule that must fit to each other."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from inspect_app.domain.consistency import fault
from inspect_app.domain.editions import by_id, ids


@pytest.mark.parametrize("edition", ids())
def test_the_shipped_rules_fit_together(edition: str) -> None:
    rules = by_id(edition)
    assert [fault(name, rules.value(name)) for name in rules.settings] == [None] * len(rules.settings)


@pytest.mark.parametrize(
    ("name", "path", "value", "told"),
    [
        ("grades", (1, "from"), 90, "等第的起分要一級比一級低"),
        ("grades", (2, "from"), 80, "等第的起分要一級比一級低"),
        ("grades", (1, "from"), 89, None),
        ("overdue_ladder", (2, "after"), 1, "稽催各階段的天數要一階比一階晚"),
        ("overdue_ladder", (0, "after"), 1, "稽催各階段的天數要一階比一階晚"),
        ("overdue_ladder", (2, "after"), 2, None),
        ("progress", ("ahead", 0), 4, "給分的下限不可大於上限"),
        ("progress", ("ahead", 0), 3, None),
        ("progress", ("measures", 1), 0, "給分的下限不可大於上限"),
        ("record_days", (), 0, None),
    ],
)
def test_what_does_not_fit_is_told(name: str, path: tuple[Any, ...], value: Any, told: str | None) -> None:
    whole = copy.deepcopy(by_id("2023-08-09").value(name))
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    if path:
        inner[path[-1]] = value
    assert fault(name, whole if path else value) == told


def test_a_score_sheet_gives_a_hundred_in_all() -> None:
    def said(most: int) -> str | None:
        return fault("score_sheet", {"items": [{"max": 60}, {"max": most}], "indicators": [{"max": 7}]})

    assert said(40) is None
    assert said(39) == "評分表各細項的滿分合計要是 100 分，現在是 99 分"
