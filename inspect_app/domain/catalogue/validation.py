"""Judging the rows of an imported table before they become an edition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .codes import CANONICAL, normalise_code
from .rows import Kind, PointRange, Row, parse_range


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: its number (from 1), the field, a sentence for the screen."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that can be taken and the faults. A table with any fault must not become an edition."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Raw:
    number: int
    code: str
    parent: str
    kind: str
    text: str
    range: str
    note: str


_Ranges = dict[int, PointRange | None]


def check_rows(raw: Iterable[Mapping[str, str]]) -> Checked:
    """Rows of {code, parent, kind, text, range, note} as texts; parent, kind, range and note may be blank.

    Codes must be unique, parents known and without cycles, ranges parsable, texts present. A blank parent is the code's
    own prefix where that exists.
    """
    rows = [_read(number, row) for number, row in enumerate(raw, 1)]
    codes = Counter(row.code for row in rows)
    ranges: _Ranges = {}
    faults = [fault for row in rows for fault in _faults(row, codes, ranges)]
    faults += _cycles(rows)
    bad = {fault.row for fault in faults}
    parents = {_parent(row, codes) for row in rows}
    return Checked(
        tuple(_row(row, codes, ranges, parents) for row in rows if row.number not in bad),
        tuple(sorted(faults, key=lambda fault: (fault.row, fault.field))),
    )


def _read(number: int, row: Mapping[str, str]) -> _Raw:
    def text(name: str) -> str:
        return str(row.get(name) or "").strip()

    code, parent = (normalise_code(text(name)) or text(name) for name in ("code", "parent"))
    return _Raw(number, code, parent, text("kind"), text("text"), text("range"), text("note"))


def _faults(row: _Raw, codes: Mapping[str, int], ranges: _Ranges) -> Iterator[Fault]:
    if not CANONICAL.fullmatch(row.code):
        yield Fault(row.number, "code", f"「{row.code}」不是缺失編號，請寫成 5.01.01")
    elif codes[row.code] > 1:
        yield Fault(row.number, "code", f"編號 {row.code} 重複出現 {codes[row.code]} 次")
    if row.parent and row.parent not in codes:
        yield Fault(row.number, "parent", f"上層編號 {row.parent} 不在表中")
    if row.kind not in ("", *Kind):
        yield Fault(row.number, "kind", f"「{row.kind}」不是 heading 或 leaf")
    if not row.text:
        yield Fault(row.number, "text", "沒有缺失內容")
    yield from _range_fault(row, ranges)


def _range_fault(row: _Raw, ranges: _Ranges) -> Iterator[Fault]:
    try:
        ranges[row.number] = parse_range(row.range)
    except ValueError as error:
        yield Fault(row.number, "range", str(error))


def _cycles(rows: Sequence[_Raw]) -> list[Fault]:
    parents = {row.code: row.parent for row in rows}
    return [
        Fault(row.number, "parent", f"編號 {row.code} 的上層繞回自己")
        for row in rows
        if _loops(row.code, parents)
    ]


def _loops(code: str, parents: Mapping[str, str]) -> bool:
    seen: set[str] = set()
    current = parents.get(code, "")
    while current and current not in seen:
        if current == code:
            return True
        seen.add(current)
        current = parents.get(current, "")
    return False


def _parent(row: _Raw, codes: Mapping[str, int]) -> str:
    above = row.code.rpartition(".")[0]
    while above and above not in codes:
        above = above.rpartition(".")[0]
    return row.parent or above


def _row(row: _Raw, codes: Mapping[str, int], ranges: _Ranges, parents: set[str]) -> Row:
    derived = Kind.HEADING if row.code in parents else Kind.LEAF
    kind = Kind(row.kind) if row.kind else derived
    return Row(row.code, _parent(row, codes), kind, row.text, ranges[row.number], row.note)
