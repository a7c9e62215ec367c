"""The spreadsheet list (標案自選欄位表): 24 columns in any order, amounts in thousands, no budget."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from inspect_app.errors import Problem
from inspect_app.intake import Line, Rejection, Table, read_table
from inspect_app.projects.importers import values
from inspect_app.projects.importers.records import BadRow, Parsed, TenderRecord, Values

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "執行機關": ("執行機關名稱", "機關"),
    "編號": ("標案編號",),
    "標案名稱": ("工程名稱",),
    "決標金額": (),
    "變更設計後契約金額": ("變更後契約金額",),
    "設計單位": (),
    "監造單位": (),
    "得標廠商": ("承攬廠商",),
    "縣市鄉鎮": (),
    "X座標": ("X",),
    "Y座標": ("Y",),
    "詳細地點": ("施工地點",),
    "工程概要": (),
    "實際開工日期": ("開工日期",),
    "原合約預定完工日": ("原合約預定完工日期", "預定完工日期"),
    "變更後預定完工日": ("變更後預定完工日期",),
    "預定進度": (),
    "實際進度": (),
    "狀態": ("執行狀態",),
    "已估驗計價金額": (),
    "聯絡人": (),
    "聯絡電話": (),
    "聯絡Email": ("聯絡E-mail", "電子郵件"),
    "歸屬計畫": ("專案項目",),
}
REQUIRED = ("執行機關", "編號", "標案名稱")
_TEXTS = {
    "縣市鄉鎮": "district", "詳細地點": "place", "工程概要": "outline", "狀態": "state", "聯絡人": "contact_name",
    "聯絡電話": "contact_phone", "聯絡Email": "contact_email", "歸屬計畫": "programme",
}  # fmt: skip
_MONEY = {
    "決標金額": "award_amount",
    "變更設計後契約金額": "contract_amount",
    "已估驗計價金額": "paid_amount",
}
_UNIT = re.compile(r"[(\[][^)\]]*?(千|仟|百萬|萬|億)?元[)\]]")
_DAYS = {
    "實際開工日期": "started_on",
    "原合約預定完工日": "planned_finish_on",
    "變更後預定完工日": "revised_finish_on",
}
_PROGRESS = {"預定進度": "progress_planned_bp", "實際進度": "progress_actual_bp"}
_FIRMS = {"設計單位": "designer", "監造單位": "supervision", "得標廠商": "contractor"}


def read_listing(content: bytes) -> Parsed:
    """The rows of a list. A row without agency, number or name, with a bad amount, progress or date is a bad row."""
    table = read_table(content, COLUMNS, REQUIRED)
    _refuse_other_units(table)
    parsed = Parsed(notes=table.notes())
    for line in table.lines:
        try:
            parsed.records.append(_record(line, parsed.notes))
        except BadRow as bad:
            parsed.rejected.append(Rejection(line.row, bad.field, bad.message))
    _tell_break(table, parsed)
    return parsed


def _refuse_other_units(table: Table) -> None:
    """An amount in NT$ taken for thousands would be a thousand times too large, and nobody would notice."""
    wrong = [
        heading
        for name, heading in table.columns.items()
        if name in _MONEY
        and (unit := _UNIT.search(unicodedata.normalize("NFKC", heading)))
        and unit[1] not in ("千", "仟")
    ]
    if wrong:
        told = f"「{'、'.join(wrong)}」的單位不是千元。請把金額換算成千元，欄名改成（千元）後再匯入。"
        raise Problem("bad_file", told, field="file")


def _tell_break(table: Table, parsed: Parsed) -> None:
    if table.broken is not None:
        row, message = table.broken
        parsed.rejected.append(Rejection(row, "檔案", message))


def _record(line: Line, notes: list[str]) -> TenderRecord:
    number = values.number_key("編號", line.get("編號"))
    fields = _fields(line)
    fields |= _point(line, fields, notes)
    firms = {role: values.text(name, line.get(name), values.FIRM_LIMIT) for name, role in _FIRMS.items()}
    return TenderRecord(
        row=line.row,
        agency_code="",
        agency_name=_agency(line),
        number=number,
        fields=fields,
        firms={role: name for role, name in firms.items() if name not in values.BLANKS},
    )


def _agency(line: Line) -> str:
    name = values.text("執行機關", line.get("執行機關"), 100)
    if not name:
        raise BadRow(
            "執行機關", "沒有填「執行機關」，請補上機關全名；合併的儲存格只有第一列有字，請先取消合併再填滿。"
        )
    return name


def _fields(line: Line) -> Values:
    name = values.text("標案名稱", line.get("標案名稱"), values.limit_of("name"))
    if not name:
        raise BadRow("標案名稱", "沒有填「標案名稱」，請補上標案名稱。")
    fields: Values = {"name": name}
    fields |= {key: values.text(name, line.get(name), values.limit_of(key)) for name, key in _TEXTS.items()}
    fields |= {key: values.money(name, line.get(name)) for name, key in _MONEY.items()}
    fields |= {key: values.day(name, line.get(name)) for name, key in _DAYS.items()}
    fields |= {key: values.basis_points(name, line.get(name)) for name, key in _PROGRESS.items()}
    return {key: value for key, value in fields.items() if value not in (None, "")}


def _point(line: Line, fields: Values, notes: list[str]) -> Values:
    x, y = line.get("X座標"), line.get("Y座標")
    point = values.coordinates(x, y, fields.get("district", ""), fields.get("place", ""))
    if point is None:
        notes.append(f"第 {line.row} 列：座標「{x}, {y}」不是 TWD97 座標，這一件不帶座標。")
    return point or {}
