"""What is behind a number of the meeting page: the same ids that it counted, and what each of them adds to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inspect_app.inspections.models import Rollup

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Number:
    """A number opened: its words, its value with unit, and the inspections that it counts.

    `column` is the rollup's figure that adds up to the value; empty where each inspection counts one;
    `code` where the findings of one code are counted.
    """

    title: str
    value: int
    unit: str
    inspection_ids: list[str]
    column: str = ""
    code: str = ""

    def share(self, rollup: Rollup, codes: list[str]) -> int:
        """What one inspection adds; `codes` are its findings' codes."""
        if self.code:
            return codes.count(self.code)
        return int(getattr(rollup, self.column)) if self.column else 1


def behind_number(figures: Figures, what: str, key: str) -> Number | None:
    """`what`: inspections, year, grade, agency, points, severity, defect; `key` says which. None if unknown."""
    opener = OPENERS.get(what)
    return opener(figures, key) if opener is not None else None


def _inspections(figures: Figures, _key: str) -> Number:
    return Number("本期查核", figures["inspections"], "件", figures["inspection_ids"])


def _year(figures: Figures, _key: str) -> Number:
    ids = figures["quota"]["inspection_ids"]
    return Number(f"{figures['quota']['year'] - 1911} 年度已查核", len(ids), "件", ids)


def _grade(figures: Figures, key: str) -> Number | None:
    line = next((line for line in figures["grades"] if line["grade"] == key), None)
    return Number(key, line["count"], "件", line["inspection_ids"]) if line else None


def _agency(figures: Figures, key: str) -> Number | None:
    line = next((line for line in figures["by_agency"] if line["agency_id"] == key), None)
    return Number(line["name"], line["inspections"], "件", line["inspection_ids"]) if line else None


NAMES = {
    "contractor": "承攬廠商扣點",
    "supervision": "監造單位扣點",
    "pcm": "專案管理廠商扣點",
    "owner": "主辦機關扣點",
}


def _points(figures: Figures, key: str) -> Number | None:
    line = figures["points"].get(key)
    return (
        Number(NAMES[key], line["points"], "點", line["inspection_ids"], column=f"points_{key}")
        if line
        else None
    )


SEVERITIES = {"L": ("輕微缺失", "minor"), "M": ("中等缺失", "medium"), "S": ("嚴重缺失", "serious")}


def _severity(figures: Figures, key: str) -> Number | None:
    if key not in SEVERITIES:
        return None
    name, column = SEVERITIES[key]
    return Number(name, figures["severities"][key], "項", figures["inspection_ids"], column=column)


def _defect(figures: Figures, key: str) -> Number | None:
    line = next((line for line in figures["top_defects"] if line["code"] == key), None)
    return (
        Number(f"缺失 {key}　{line['text']}", line["count"], "次", line["inspection_ids"], code=key)
        if line
        else None
    )


OPENERS: dict[str, Callable[[Figures, str], Number | None]] = {
    "inspections": _inspections,
    "year": _year,
    "grade": _grade,
    "agency": _agency,
    "points": _points,
    "severity": _severity,
    "defect": _defect,
}
