"""The meeting book (會議資料) of the supervision meeting, from a snapshot's figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_app.reports import words
from inspect_app.reports.model import Block, Document, Facts, Heading, Paragraph, Table

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RulingLine:
    """One ruling as printed; `report` is the unit's last report."""

    no: str
    text: str
    unit: str
    due_on: date
    state: str
    report: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that the book prints; `frozen` tells a snapshot from a draft."""

    title: str
    held_on: date
    figures: Figures
    before: Sequence[RulingLine]
    rulings: Sequence[RulingLine]
    frozen: bool
    demo: bool
    scope: str = ""  # the agency or programme that the page was filtered by


def meeting_document(book: Book) -> Document:
    """Agenda order of the field: rulings of the last meeting, figures, behind-schedule tenders, new rulings."""
    blocks = [
        *_rulings("一、上次會議裁示事項辦理情形", book.before, "上次會議沒有列管中的裁示事項。"),
        *_overview(book.figures),
        *_defects(book.figures),
        *_overdue(book.figures),
        *_behind(book.figures),
        *_rulings("六、主席裁示", book.rulings, "尚無裁示。"),
    ]
    state = "定稿" if book.frozen else "草稿，數字到開會前仍會更新"
    scope = f"　{book.scope}" if book.scope else ""
    return Document(book.title, f"{words.day(book.held_on)}{scope}（{state}）", blocks, book.title, book.demo)


def _rulings(title: str, rulings: Sequence[RulingLine], empty: str) -> Iterable[Block]:
    yield Heading(title)
    rows = [
        [one.no, one.text, one.unit, words.day(one.due_on), one.state, one.report or "—"] for one in rulings
    ]
    yield Table(
        ["序號", "裁示內容", "主辦單位", "期限", "狀態", "辦理情形"], rows, [2, 8, 4, 4, 3, 6], empty=empty
    )


def _overview(figures: Figures) -> Iterable[Block]:
    scope, quota = figures["scope"], figures["quota"]
    yield Heading("二、查核概況")
    yield Paragraph(
        f"統計期間：{words.day(scope['period_from'])}至{words.day(scope['period_to'])}，以已發文的查核紀錄為準。"
    )
    grades = "、".join(f"{line['grade']} {line['count']} 件" for line in figures["grades"] if line["count"])
    yield Facts([
        ("本期查核", f"{figures['inspections']} 件"), ("等第", grades or "—"),
        ("今年已查核", f"{len(quota['inspection_ids'])} 件"),
        (f"自辦標案 {quota['ratio']}", f"應查核 {quota['required']} 件，已查核 {quota['done']} 件"),
    ])  # fmt: skip
    rows = [
        [_band(line), str(line["available"]), str(line["required"]), str(line["done"])]
        for line in quota["bands"]
    ]
    yield Table(["預算級距", "標案數", "應查核", "已查核"], rows, [8, 3, 3, 3], frozenset({1, 2, 3}))
    yield Heading("各機關", 2)
    yield Table(
        ["機關", "件數", "優等", "甲等", "乙等", "丙等", "缺失數", "廠商扣點", "監造扣點"],
        [_agency(line) for line in figures["by_agency"]],
        [8, 2, 2, 2, 2, 2, 3, 3, 3],
        frozenset(range(1, 9)),
    )
    yield Heading("扣點", 2)
    rows = [
        [words.PARTY[party], str(line["points"]), words.money(line["amount"])]
        for party, line in figures["points"].items()
    ]
    yield Table(["對象", "扣點", "金額"], rows, [6, 3, 5], frozenset({1, 2}))


def _band(line: Mapping[str, Any]) -> str:
    low = f"{words.money(line['low'])} 以上"
    return low if line["high"] is None else f"{low}未達 {words.money(line['high'])}"


def _agency(line: Mapping[str, Any]) -> list[str]:
    grades = [str(count) for count in line["grades"].values()]
    points = line["points"]
    return [
        line["name"],
        str(line["inspections"]),
        *grades,
        str(line["findings"]),
        str(points["contractor"]),
        str(points["supervision"]),
    ]


def _defects(figures: Figures) -> Iterable[Block]:
    yield Heading("三、常見缺失")
    rows = [
        [str(n), line["code"], line["text"], str(line["count"]), words.percent(line["ratio_bp"])]
        for n, line in enumerate(figures["top_defects"], start=1)
    ]
    yield Table(["名次", "缺失編號", "內容", "次數", "比率"], rows, [2, 4, 14, 2, 3], frozenset({3, 4}))
    yield Paragraph("比率＝缺失次數÷查核件數。", small=True)


def _overdue(figures: Figures) -> Iterable[Block]:
    yield Heading("四、改善逾期案件")
    rows = [
        [
            line["agency"],
            line["tender"],
            words.day(line["due_on"]),
            str(line["days"]),
            str(line["open_items"]),
        ]
        for line in figures["overdue"]
    ]
    yield Table(
        ["機關", "工程", "改善期限", "逾期天數", "未回復項數"],
        rows,
        [5, 9, 5, 3, 3],
        frozenset({3, 4}),
        "沒有逾期案件。",
    )


def _behind(figures: Figures) -> Iterable[Block]:
    yield Heading("五、進度落後標案")
    rows = [
        [
            f"{line['agency']}\n{line['name']}",
            f"{words.percent(line['planned_bp'])}\n{words.percent(line['actual_bp'])}",
            words.percent(line["gap_bp"]),
            line["cause"] or line["factor"] or "—",
            line["remedy"] or "—",
            words.day(line["catch_up_on"]),
            line["help_needed"] or "—",
        ]
        for line in figures["behind"]
    ]
    columns = ["機關、工程", "預定／實際", "落後", "原因", "對策", "預計趕上", "需協助事項"]
    yield Table(columns, rows, [7, 3, 3, 6, 6, 4, 5], frozenset({1, 2}), "沒有落後標案。")
