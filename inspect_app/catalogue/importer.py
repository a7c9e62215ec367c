"""Reading a defect table (缺失編號表) from XLSX, CSV or JSON. The columns stand in `COLUMNS`; see docs/imports.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inspect_app.domain.catalogue import Fault, Row, check_rows
from inspect_app.domain.roc import parse_roc
from inspect_app.errors import Problem
from inspect_app.intake import FileKind, Rejection, Unreadable, kind_of, read_table, text_of
from inspect_app.intake.tables import storable

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("缺失編號", "編號"),
    "parent": ("上層編號",),
    "kind": ("類別",),
    "text": ("缺失內容", "內容", "name_zh", "缺失事項"),
    "range": ("扣點範圍", "扣點", "point_range"),
    "note": ("備註",),
}
LABELS = {
    "code": "缺失編號",
    "parent": "上層編號",
    "kind": "類別",
    "text": "缺失內容",
    "range": "扣點範圍",
    "note": "備註",
}
_KINDS = {"標題": "heading", "缺失": "leaf", "細項": "leaf"}
_NUMBER_CODE = re.compile(r"\d\.\d")
MAX_JSON_ROWS = 20_000
_LIMITS = {"code": 20, "parent": 20, "kind": 10, "text": 2000, "range": 20, "note": 2000}


@dataclass(slots=True)
class Read:
    """The good rows in order, the bad ones, and what the file says of itself (JSON only)."""

    rows: list[Row]
    rejected: list[Rejection]
    label: str = ""
    source: str = ""
    effective: date | None = None
    notes: list[str] = field(default_factory=list)


_Raw = list[tuple[int, dict[str, str]]]


def read_catalogue(content: bytes) -> Read:
    """The rows of a file, judged by the domain. `bad_file` and its like when nothing can be read."""
    if kind_of(content) is FileKind.JSON:
        return _from_json(content)
    table = read_table(content, COLUMNS, ("code", "text"))
    raw = [(line.row, dict(line.cells)) for line in table.lines]
    read = _judged(raw)
    if table.broken:
        read.rejected.append(Rejection(table.broken[0], "檔案", table.broken[1]))
    read.notes += table.notes()
    return read


def _from_json(content: bytes) -> Read:
    try:
        data: Any = json.loads(text_of(content).lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise Problem("bad_file", "JSON 的格式有誤，讀不出來。", field="file") from None
    head = data if isinstance(data, dict) else {"rows": data}
    rows = head.get("rows")
    if (
        not isinstance(rows, list)
        or not all(isinstance(row, dict) for row in rows)
        or len(rows) > MAX_JSON_ROWS
    ):
        raise Problem(
            "bad_file",
            "JSON 裡要有 rows 清單，每一筆是 {code, parent, kind, text, range, note}。",
            field="file",
        )
    read = _judged(
        [(number, {name: str(row.get(name) or "") for name in COLUMNS}) for number, row in enumerate(rows, 1)]
    )
    read.label, read.source = (str(head.get(name) or "")[:100] for name in ("label", "source"))
    read.effective = _effective(str(head.get("effective") or ""))
    return read


def _effective(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text) if re.fullmatch(r"(19|20)\d\d-\d\d-\d\d", text) else parse_roc(text)
    except ValueError:
        raise Problem(
            "bad_file", f"effective「{text[:40]}」不是日期，請寫成 2024-01-01 或 113.01.01。", field="file"
        ) from None


def _judged(raw: _Raw) -> Read:
    if not raw:
        raise Problem("bad_file", "檔案裡只有欄名，沒有任何缺失編號。", field="file")
    unstorable = {row: list(_unstorable(cells)) for row, cells in raw}
    kept = [(row, _tidy(cells)) for row, cells in raw if not unstorable[row]]
    checked = check_rows([cells for _, cells in kept])
    faults = [_placed(fault, kept) for fault in checked.faults]
    rejected = [
        Rejection(row, LABELS[name], message) for row, bad in unstorable.items() for name, message in bad
    ]
    return Read(list(checked.rows), sorted([*rejected, *faults], key=lambda bad: bad.row))


def _placed(fault: Fault, kept: _Raw) -> Rejection:
    return Rejection(kept[fault.row - 1][0], LABELS.get(fault.field, fault.field), fault.message)


def _tidy(cells: Mapping[str, str]) -> dict[str, str]:
    return {**cells, "kind": _KINDS.get(cells.get("kind", ""), cells.get("kind", ""))}


def _unstorable(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What must be told before the domain judges: formulas, and codes that Excel made numbers of (5.10 became 5.1)."""
    for name, value in cells.items():
        if isinstance(value, Unreadable) or not storable([value]):
            yield name, "這一格是公式或含有無法儲存的字元，請改貼成值。"
        elif len(value) > _LIMITS[name]:
            yield name, f"有 {len(value):,} 個字，最多 {_LIMITS[name]:,} 個字。"
        elif name in ("code", "parent") and _NUMBER_CODE.fullmatch(value):
            yield name, f"「{value}」可能是 Excel 把編號當成數字（5.10 變成 5.1），請把這一欄設成文字再重填。"
