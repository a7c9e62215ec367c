"""The inspection list (查核督導狀況一覽表) and the public yearly list as XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from io import BytesIO
from typing import Any

import xlsxwriter

from inspect_app.domain.roc import short_date
from inspect_app.domain.rounding import half_up
from inspect_app.reports import words
from inspect_app.reports.characters import clean

COLUMNS = (
    "序號", "工程名稱", "標案編號", "主辦單位", "經費來源", "實際決標日", "契約金額(千元)", "查核日期", "查核督導小組", "通知方式",
    "內聘委員", "外聘委員", "參與人員", "評分", "廠商扣點", "監造扣點", "PCM扣點", "改善結果", "發文日期文號", "回文日期文號",
    "查核建議處置", "機關實際處置", "備註", "工程類別", "歸屬計畫",
)  # fmt: skip
Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """One issued inspection and what followed it."""

    content: Content
    team: str
    letter: str
    reply: str
    result: str
    advised: str
    done: str


def row(number: int, item: Listed) -> list[str | int | None]:
    """The cells of one line, in the order of COLUMNS. Money in thousands of NT$ (千元), as the form wants it."""
    basic, visit, statements = (
        item.content["basic"],
        item.content["visit"],
        item.content["penalty"]["statements"],
    )
    amount = basic["contract_amount"]
    inside = [one["name"] for one in visit["members"] if not one["external"]]
    outside = [one["name"] for one in visit["members"] if one["external"]]
    present = [line.get("name") or "" for line in visit["attendance"] if line["present"]]
    return [
        number, basic["name"], basic["number"], basic["owner_agency"], basic["funding"], short_day(basic["awarded_on"]),
        thousands(amount), short_day(visit["inspected_on"]), item.team,
        "預先" if visit["announced"] else "不預先", "、".join(inside), "、".join(outside), "、".join(filter(None, present)),
        None if item.content["result"]["withheld"] else item.content["result"]["score"],
        statements["contractor"]["points"], statements["supervision"]["points"], statements["pcm"]["points"],
        item.result, item.letter, item.reply, item.advised, item.done, words.KIND.get(visit["kind"], ""),
        basic["work_type"], basic["programme"],
    ]  # fmt: skip


def thousands(amount: int | None) -> int | None:
    """Whole NT$ in thousands (千元), halves up."""
    return None if amount is None else half_up(Fraction(amount, 1000))


def short_day(value: str | None) -> str:
    """115.11.23, or nothing."""
    return short_date(date.fromisoformat(value)) if value else ""


PUBLIC_COLUMNS = (
    "查核日期", "查核小組", "工程主辦單位", "工程名稱", "契約金額(千元)", "規劃設計", "監造單位", "承攬廠商", "專案管理",
    "評分", "材料抽檢結果",
)  # fmt: skip


def public_row(number: int, item: Listed) -> list[str | int | None]:
    """The cells of one line of the public yearly list. A withheld score stays away."""
    basic, content = item.content["basic"], item.content
    amount = basic["contract_amount"]
    return [
        short_day(content["visit"]["inspected_on"]), item.team, basic["owner_agency"], basic["name"],
        thousands(amount), basic["designer"], basic["supervision"], basic["contractor"],
        basic["pcm"], None if content["result"]["withheld"] else content["result"]["score"], _samples(content),
    ]  # fmt: skip


def _samples(content: Content) -> str:
    """材料抽檢結果; while a score is withheld the judgements are, too."""
    if not content["tests"]:
        return "未實施"
    withheld = content["result"]["withheld"]
    return "、".join(
        f"{words.TEST.get(line['kind'], '其他')}{'待判定' if withheld else words.RESULT[line['result']]}"
        for line in content["tests"]
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """A list as a sheet: its name, columns, how a line is made, and which column is wide."""

    name: str
    columns: Sequence[str]
    row: Callable[[int, Listed], list[str | int | None]]
    wide: int


FULL = Layout("查核督導狀況一覽表", COLUMNS, row, 1)
PUBLIC = Layout("公開年度一覽表", PUBLIC_COLUMNS, public_row, 3)


def workbook(items: Iterable[Listed], title: str, layout: Layout = FULL, notes: Sequence[str] = ()) -> bytes:
    """The list as XLSX, `notes` on a sheet of their own. Texts are written as texts, so that `=HYPERLINK()` in a name is no formula."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        cell = book.add_format({"text_wrap": True, "border": 1, "valign": "top"})
        sheet = _sheet(book, title, layout)
        for line, item in enumerate(items, start=1):
            _write(sheet, line + 1, layout.row(line, item), cell)
        if notes:
            beside = book.add_worksheet("稽核紀錄首")
            for place, note in enumerate(notes):
                beside.write_string(place, 0, clean(note))
    return buffer.getvalue()


def _sheet(book: Any, title: str, layout: Layout) -> Any:
    head = book.add_format(
        {"bold": True, "text_wrap": True, "border": 1, "bg_color": "#F2F2F2", "valign": "vcenter"}
    )
    sheet = book.add_worksheet(layout.name)
    sheet.set_column(0, len(layout.columns) - 1, 14)
    sheet.set_column(layout.wide, layout.wide, 32)
    sheet.write_string(0, 0, clean(title), book.add_format({"bold": True, "font_size": 14}))
    for column, name in enumerate(layout.columns):
        sheet.write_string(1, column, name, head)
    sheet.freeze_panes(2, layout.wide + 1)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    return sheet


def _write(sheet: Any, line: int, values: Iterable[str | int | None], cell: Any) -> None:
    for column, value in enumerate(values):
        if isinstance(value, int):
            sheet.write_number(line, column, value, cell)
        else:
            sheet.write_string(line, column, clean(value or "")[:32_767], cell)
