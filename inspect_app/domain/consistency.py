"""Whether a rule's parts still fit together after one of them was set: bands in order, spans the right way round."""

from __future__ import annotations

from itertools import pairwise
from typing import Any


def fault(name: str, value: Any) -> str | None:
    """What is wrong with a rule's value in a sentence, or None. Rules without parts are always fine."""
    if name == "grades" and not _falling([band["from"] for band in value]):
        return "等第的起分要一級比一級低"
    if name == "overdue_ladder" and not _falling([-rung["after"] for rung in value]):
        return "稽催各階段的天數要一階比一階晚"
    if name == "progress" and any(low > high for low, high in _spans(value)):
        return "給分的下限不可大於上限"
    if name == "score_sheet" and (total := sum(item["max"] for item in value["items"])) != 100:
        return f"評分表各細項的滿分合計要是 100 分，現在是 {total} 分"
    return None


def _falling(numbers: list[int]) -> bool:
    return all(one > other for one, other in pairwise(numbers))


def _spans(value: dict[str, Any]) -> list[list[int]]:
    return [part for part in value.values() if isinstance(part, list)]
