"""What is behind a number of the meeting page: the same ids that it counted, and what each of them adds to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inspect_app.domain.money import format_money
from inspect_app.inspections.models import Rollup
from inspect_app.meetings.blocks import block_of

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Number:
    """A number opened: its words, its value with unit, and the inspections that it counts.

    `column` is the rollup's figure that adds up to the value; empty where each inspection counts one;
    `code` or `block` where the findings of one code, or of one block of the table, are counted.
    """

    title: str
    value: int
    unit: str
    inspection_ids: list[str]
    column: str = ""
    code: str = ""
    block: str = ""
    tenders: tuple[Mapping[str, Any], ...] = ()  # the behind-schedule lines, where tenders are counted

    def share(self, rollup: Rollup, codes: list[str]) -> int:
        """What one inspection adds; `codes` are its findings' codes."""
        if self.code:
            return codes.count(self.code)
        if self.block:
            return sum(block_of(code) == self.block for code in codes)
        return int(getattr(rollup, self.column)) if self.column else 1


def behind_number(figures: Figures, what: str, key: str) -> Number | None:
    """`what` is one of OPENERS; `key` says which, its parts joined by "|". None if unknown."""
    opener = OPENERS.get(what)
    return opener(figures, key) if opener is not None else None


def _inspections(figures: Figures, _key: str) -> Number:
    return Number("本期查核", figures["inspections"], "件", figures["inspection_ids"])


def _year(figures: Figures, _key: str) -> Number:
    ids = figures["quota"]["inspection_ids"]
    return Number(f"{figures['quota']['year'] - 1911} 年度已查核", len(ids), "件", ids)


def _ratio(figures: Figures, _key: str) -> Number:
    quota = figures["quota"]
    title = f"{quota['year'] - 1911} 年度已查核，列入 {quota['ratio']} 件數"
    return Number(title, quota["done"], "件", quota["ratio_ids"])


def _band(figures: Figures, key: str) -> Number | None:
    line = next((line for line in figures["quota"]["bands"] if str(line["low"]) == key), None)
    if line is None:
        return None
    title = f"預算 {format_money(line['low'])} 以上" + (
        f"未達 {format_money(line['high'])}" if line["high"] else ""
    )
    return Number(f"{title}，今年已查核", line["done"], "件", line["inspection_ids"])


def _grade(figures: Figures, key: str) -> Number | None:
    line = next((line for line in figures["grades"] if line["grade"] == key), None)
    return Number(key, line["count"], "件", line["inspection_ids"]) if line else None


def _agency_line(figures: Figures, agency_id: str) -> Mapping[str, Any] | None:
    return next((line for line in figures["by_agency"] if line["agency_id"] == agency_id), None)


def _agency(figures: Figures, key: str) -> Number | None:
    line = _agency_line(figures, key)
    return Number(line["name"], line["inspections"], "件", line["inspection_ids"]) if line else None


def _agency_grade(figures: Figures, key: str) -> Number | None:
    """`agency id|grade`"""
    agency_id, _, grade = key.partition("|")
    line, graded = _agency_line(figures, agency_id), _grade(figures, grade)
    if line is None or graded is None:
        return None
    own = set(line["inspection_ids"])
    ids = [one for one in graded.inspection_ids if one in own]
    return Number(f"{line['name']}，{grade}", len(ids), "件", ids)


def _agency_findings(figures: Figures, key: str) -> Number | None:
    line = _agency_line(figures, key)
    if line is None:
        return None
    return Number(f"{line['name']}，缺失", line["findings"], "項", line["inspection_ids"], column="findings")


def _agency_points(figures: Figures, key: str) -> Number | None:
    """`agency id|party`"""
    agency_id, _, party = key.partition("|")
    line = _agency_line(figures, agency_id)
    if line is None or party not in line["points"]:
        return None
    title = f"{line['name']}，{NAMES[party]}"
    return Number(title, line["points"][party], "點", line["inspection_ids"], column=f"points_{party}")


def _block(figures: Figures, key: str) -> Number | None:
    """`block` or `block|agency id`"""
    block, _, agency_id = key.partition("|")
    line = next((line for line in figures["blocks"] if line["block"] == block), None)
    agency = _agency_line(figures, agency_id) if agency_id else None
    if line is None or (agency_id and agency is None):
        return None
    title = f"{block} {line['name']}"
    if agency is None:
        return Number(title, line["count"], "項", figures["inspection_ids"], block=block)
    count = line["agencies"].get(agency_id, 0)
    return Number(f"{agency['name']}，{title}", count, "項", agency["inspection_ids"], block=block)


def _district(figures: Figures, key: str) -> Number | None:
    line = next((line for line in figures["districts"] if line["district"] == key), None)
    return Number(key, line["inspections"], "件", line["inspection_ids"]) if line else None


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


def _district_behind(figures: Figures, key: str) -> Number | None:
    line = next((line for line in figures["districts"] if line["district"] == key), None)
    if line is None:
        return None
    own = set(line["tender_ids"])
    tenders = tuple(one for one in figures["behind"] if one["tender_id"] in own)
    return Number(f"{key}，進度落後", line["behind"], "件", [], tenders=tenders)


def _money(figures: Figures, key: str) -> Number | None:
    line = figures["points"].get(key) if key != "owner" else None
    if line is None:
        return None
    title = f"{NAMES[key]}金額"
    return Number(title, line["amount"], "元", line["inspection_ids"], column=f"amount_{key}")


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
    "ratio": _ratio,
    "band": _band,
    "grade": _grade,
    "agency": _agency,
    "agency_grade": _agency_grade,
    "agency_findings": _agency_findings,
    "agency_points": _agency_points,
    "block": _block,
    "district": _district,
    "district_behind": _district_behind,
    "points": _points,
    "money": _money,
    "severity": _severity,
    "defect": _defect,
}
