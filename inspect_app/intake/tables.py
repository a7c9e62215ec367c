"""Spreadsheets and CSV as lines of text under a header, whatever the order of the columns."""

from __future__ import annotations

import csv
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from io import BytesIO, StringIO
from itertools import islice
from typing import Any

from inspect_app.domain.roc import short_date
from inspect_app.errors import Problem
from inspect_app.intake.files import FileKind, kind_of, text_of
from inspect_app.intake.hidden import hidden_rows

MAX_ROWS = 100_000
MAX_COLUMNS = 120
MOST_BLANK = 10_000  # a sheet whose formats reach down to row 1,048,576 ends here
HEADER_WITHIN = 15  # agencies put a title and a date above the header
FIRST_YEAR = 1912
TOLD = 12  # how many hidden rows are named

_UNSTORABLE = re.compile("[\0\ud800-\udfff\ufffd]")

Cells = list[str]


class Unreadable(str):
    """The text of a formula or an error cell: never a value, but it may be told."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number as a spreadsheet shows it, and its texts by column name (absent columns are absent)."""

    row: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """The trimmed text, empty for a blank or absent cell."""
        return self.cells.get(column, "")


@dataclass(slots=True)
class Table:
    """The columns found with their headings as printed, the columns that nobody asked for, the lines, other sheets that hold
    something; `broken` says where reading had to stop.
    """

    columns: Mapping[str, str]
    ignored: list[str]
    lines: list[Line] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    hidden: list[int] = field(
        default_factory=list
    )  # rows that the spreadsheet does not show, filtered or hidden
    ended: int = 0  # the row from which on too many blank ones followed to read on
    broken: tuple[int, str] | None = None

    def notes(self) -> list[str]:
        """What was let pass, in words."""
        told = [f"沒有用到的欄：{'、'.join(self.ignored)}"] if self.ignored else []
        if self.others:
            told.append(
                f"只讀了第一張工作表，沒有讀的還有：{'、'.join(self.others)}。要匯入的話請各自另存一個檔案。"
            )
        read = {line.row for line in self.lines}
        if unseen := [row for row in self.hidden if row in read]:
            rows = "、".join(str(row) for row in unseen[:TOLD]) + (" …" if len(unseen) > TOLD else "")
            told.append(
                f"有 {len(unseen)} 列在試算表裡是隱藏的（篩選或隱藏列），也一起讀了：第 {rows} 列。"
                "不要匯入的話，請先在原檔刪除這些列。"
            )
        if self.ended:
            told.append(f"第 {self.ended} 列之後有超過 {MOST_BLANK:,} 個空白列，再下面的沒有讀。")
        return told


def column_name(text: str) -> str:
    """A header for comparison: `決標金額(千元)`, `預定進度％`, `X 座標` -> 決標金額, 預定進度, X座標."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"\([^)]*\)|\[[^\]]*\]|[%*:]", "", plain)


def read_table(content: bytes, columns: Mapping[str, Sequence[str]], required: Sequence[str]) -> Table:
    """Read XLSX or CSV. `columns`: {name: other names it goes by}; the header must hold every `required` one.

    `bad_file`, `too_large`, `unsupported_type` when the file as a whole cannot be read.
    """
    kind, others, hidden = kind_of(content), list[str](), list[int]()
    if kind is FileKind.XLSX:
        rows = _xlsx_rows(content, others, hidden)
    elif kind is FileKind.CSV:
        rows = _csv_rows(text_of(content))
    else:
        raise Problem("unsupported_type", "這裡要的是 XLSX 或 CSV 試算表。", field="file")
    table = _table(_guarded(rows), columns, required)
    table.others, table.hidden = others, hidden
    return table


def _table(
    rows: Iterator[tuple[int, Cells] | str], columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> Table:
    places, headings, ignored = _find_header(rows, columns, required)
    table, number, filled = Table(headings, ignored), 0, 0
    for item in rows:
        if isinstance(item, str):
            table.broken = (number + 1, item)
            break
        number, cells = item
        if any(cell.strip() for cell in cells):
            filled = number
            table.lines.append(Line(number, _cells(cells, places)))
        elif number - filled > MOST_BLANK + HEADER_WITHIN:
            table.ended = filled
            break
        if len(table.lines) > MAX_ROWS:
            raise Problem("too_large", f"超過 {MAX_ROWS:,} 列，請分成幾個檔案。", field="file")
    return table


def _cells(cells: Cells, places: Mapping[int, str]) -> dict[str, str]:
    return {name: _trimmed(cells[place]) for place, name in places.items() if place < len(cells)}


def _trimmed(text: str) -> str:
    return text if isinstance(text, Unreadable) else text.strip().strip("\u3000")


def _find_header(
    rows: Iterator[tuple[int, Cells] | str], columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> tuple[dict[int, str], dict[str, str], list[str]]:
    known = {column_name(alias): name for name, aliases in columns.items() for alias in (name, *aliases)}
    best: list[str] = []
    for item in islice(rows, HEADER_WITHIN):
        if isinstance(item, str):
            raise Problem("bad_file", item, field="file")
        places = {
            place: known[column_name(cell)]
            for place, cell in enumerate(item[1])
            if column_name(cell) in known
        }
        if all(name in places.values() for name in required):
            _refuse_doubles(places)
            headings = {name: item[1][place].strip() for place, name in places.items()}
            others = [cell.strip() for place, cell in enumerate(item[1]) if place not in places]
            return places, headings, [cell for cell in others if cell]
        best = max(best, list(places.values()), key=len)
    missing = "、".join(name for name in required if name not in best)
    raise Problem(
        "bad_file", f"找不到欄名列：缺少「{missing}」欄。請確認第一列是欄名，而且是這種清單。", field="file"
    )


def _refuse_doubles(places: Mapping[int, str]) -> None:
    names = list(places.values())
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise Problem(
            "bad_file", f"「{'、'.join(doubles)}」欄出現兩次，不知道該用哪一欄，請刪去一欄。", field="file"
        )


def _guarded(rows: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells] | str]:
    """The rows; where the file breaks off, one sentence instead of an exception."""
    try:
        yield from rows
    except Problem:
        raise
    except csv.Error:
        yield "從這一列起的引號或內容不完整，後面的資料沒有讀到。請檢查後重新匯出。"
    except Exception as error:  # openpyxl raises whatever its parser meets in a damaged workbook
        if isinstance(error, MemoryError):
            raise
        yield "檔案從這裡起損壞，後面的資料沒有讀到。請重新下載或另存後再試。"


def _csv_rows(text: str) -> Iterator[tuple[int, Cells]]:
    csv.field_size_limit(4 * 1024 * 1024)
    head = "\n".join(text.splitlines()[:HEADER_WITHIN])
    delimiter = max(",\t;", key=head.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number, cells in enumerate(reader, 1):
        yield number, [_csv_cell(cell) for cell in cells[:MAX_COLUMNS]]


def _csv_cell(text: str) -> str:
    """`="-B-12"` is how programs keep Excel from computing; the text inside is meant."""
    quoted = re.fullmatch(r'="(.*)"', text, re.DOTALL)
    return quoted[1].replace('""', '"') if quoted else text


def _xlsx_rows(content: bytes, others: list[str], hidden: list[int]) -> Iterator[tuple[int, Cells]]:
    """The rows of the first sheet that can be seen; the names of further ones that hold something go to `others`, the numbers
    of rows that are not shown to `hidden`.
    """
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # openpyxl warns of styles and extensions that do not concern the values
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            if not seen:
                raise Problem("bad_file", "活頁簿裡沒有看得見的工作表。", field="file")
            sheet = seen[0]
            others += [other.title for other in seen[1:] if _holds_something(other)]
            hidden += hidden_rows(content, getattr(sheet, "_worksheet_path", ""))
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
                yield number, [_xlsx_cell(cell) for cell in _used(cells)]
        finally:
            book.close()


def _holds_something(sheet: Any) -> bool:
    sheet.reset_dimensions()
    return any(
        cell is not None
        for row in sheet.iter_rows(max_row=HEADER_WITHIN, max_col=MAX_COLUMNS, values_only=True)
        for cell in row
    )


def _used(cells: Sequence[Any]) -> Sequence[Any]:
    end = len(cells)
    while end and cells[end - 1].value is None:
        end -= 1
    return cells[:end]


def _xlsx_cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in ("f", "e"):
        return Unreadable(value if isinstance(value, str) else "=")
    for kind, show in _SHOW:
        if isinstance(value, kind):
            return show(value, cell)
    return str(value)


def _number(value: float, cell: Any) -> str:
    """As Excel shows it: in the unit of its format, 15 digits at most, never with an exponent, zeros ahead if it is a code."""
    factor, digits = _shown_as(cell.number_format or "")
    if isinstance(value, int) and factor == 1:
        return f"{value:0{digits}d}"
    text = format(value * factor if factor >= 1 else value / round(1 / factor), ".15g")
    return format(float(text), "f").rstrip("0").rstrip(".") if "e" in text else text


@cache
def _shown_as(number_format: str) -> tuple[float, int]:
    """(factor, least number of digits) of a format: `0.00%` is hundredths, `#,##0,` shows thousands, `00000` is a code."""
    plain = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", number_format.partition(";")[0])
    if "%" in plain:
        return 100, 0
    scaled = re.search(r"[0#?](,+)(?![0#?,])", plain)
    code = re.fullmatch(r"0{2,30}", plain)
    return (1000.0 ** -len(scaled[1]) if scaled else 1), (len(code[0]) if code else 0)


def _day(value: date, _cell: Any) -> str:
    return short_date(value) if value.year >= FIRST_YEAR else value.isoformat()


_SHOW: Sequence[tuple[Any, Callable[[Any, Any], str]]] = (
    (bool, lambda value, _cell: "1" if value else "0"),
    (int | float, _number),
    (datetime, lambda value, cell: _day(value.date(), cell)),
    (date, _day),
    (time, lambda value, _cell: value.isoformat()),
)


def storable(texts: Iterable[str]) -> bool:
    """Whether every text can be kept: no NUL, no half of a surrogate pair, no U+FFFD that a broken decoding left."""
    return not any(_UNSTORABLE.search(text) for text in texts)
