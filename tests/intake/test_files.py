"""Files that would be read wrongly in silence, and files made to keep a server busy."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from inspect_app.errors import Problem
from inspect_app.projects.importers import elements, read_tenders
from inspect_app.projects.importers.elements import outermost_tenders
from tests.support.tender_files import HEADER, csv_file, row, tender_xml, xlsx_file

pytestmark = pytest.mark.pure


def workbook(change: Callable[[Any], None], rows: Any = None) -> bytes:
    """The list as a workbook, changed by hand."""
    from openpyxl import load_workbook

    book, out = load_workbook(BytesIO(xlsx_file(rows or [row()]))), BytesIO()
    change(book)
    book.save(out)
    return out.getvalue()


def repacked(change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """The list as a workbook, its parts changed, with more parts."""
    out = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(xlsx_file([row()]))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            target.writestr(entry.filename, change(entry.filename, source.read(entry)))
        for name, data in more.items():
            target.writestr(f"xl/{name}.xml", data)
    return out.getvalue()


def refused(content: bytes) -> Problem:
    with pytest.raises(Problem) as told:
        read_tenders(content)
    return told.value


@pytest.mark.parametrize(
    ("encoding", "hole"), [("cp950", b"\xfa\x40"), ("utf-8", b"\xe4\xb8"), ("utf-8-sig", b"\xff")]
)
def test_a_letter_that_no_table_knows_costs_its_row_and_not_the_file(encoding: str, hole: bytes) -> None:
    rows = [row(), row(編號="C2", 聯絡人="王@@"), row(編號="C3")]
    parsed = read_tenders(csv_file(rows, encoding).replace(b"@@", hole))
    assert [record.number for record in parsed.records] == ["C1100109", "C3"]
    assert [(bad.row, bad.field) for bad in parsed.rejected] == [(3, "聯絡人")]


def test_a_letter_that_no_table_knows_in_xml() -> None:
    whole = f"<x>{tender_xml()}{tender_xml(number='C2', cause='@@')}</x>".encode("cp950")
    parsed = read_tenders(b'<?xml version="1.0" encoding="big5"?>' + whole.replace(b"@@", b"\xfa\x40"))
    assert [record.number for record in parsed.records] == ["C1100109"]
    assert [(bad.row, bad.field) for bad in parsed.rejected] == [(2, "原因分析")]


def test_what_is_no_text_at_all_is_still_told() -> None:
    assert refused(bytes(range(128, 256)) * 20).code == "bad_file"


def test_further_sheets_are_told() -> None:
    def add(book: Any) -> None:
        book.create_sheet("工作表2")
        book.create_sheet("水利局").append(list(HEADER))
        book.create_sheet("暫存").append(["x"])
        book["暫存"].sheet_state = "hidden"

    (note,) = read_tenders(workbook(add)).notes
    assert "水利局" in note
    assert "工作表2" not in note
    assert "暫存" not in note


def test_rows_that_the_sheet_does_not_show_are_told() -> None:
    """Filtered rows go in like the others: the preview says which."""

    def hide(book: Any) -> None:
        for number in (3, 4, 900):  # the last one is empty
            book.worksheets[0].row_dimensions[number].hidden = True

    rows = [row(), row(編號="C2"), row(編號="C3"), row(編號="C4")]
    told = read_tenders(workbook(hide, rows)).notes
    assert [note for note in told if "隱藏" in note and "有 2 列" in note and "第 3、4 列" in note]
    shown = read_tenders(xlsx_file(rows)).notes
    assert not [note for note in shown if "隱藏" in note]


@pytest.mark.parametrize("unit", ["（元）", "(新臺幣元)", "[萬元]", "（單位：元）", "(億元)"])
def test_amounts_in_another_unit_are_refused(unit: str) -> None:
    header = tuple(f"決標金額{unit}" if name == "決標金額" else name for name in HEADER)
    told = refused(csv_file([row()], header=header))
    assert (told.code, f"決標金額{unit}" in told.detail) == ("bad_file", True)


@pytest.mark.parametrize("unit", ["（千元）", "(仟元)", "(新臺幣千元)", "（單位：千元）"])
def test_amounts_in_thousands_are_taken(unit: str) -> None:
    header = tuple(f"決標金額{unit}" if name == "決標金額" else name for name in HEADER)
    (record,) = read_tenders(csv_file([{**row(), f"決標金額{unit}": "12,345.678"}], header=header)).records
    assert record.fields["award_amount"] == 12_345_678


@pytest.mark.parametrize(
    ("number_format", "value", "thousands"),
    [("#,##0,", 12_345_678, 12_345_678), ("#,##0.00,", 12_345_000, 12_345_000), ('#,##0,"千元"', 5000, 5000),
     ("#,##0", 12_345, 12_345_000), ("General", 12_345.678, 12_345_678), ('"a,"0', 7, 7000), ("0.0,,", 2_000_000, 2000)],
)  # fmt: skip
def test_amounts_count_as_excel_shows_them(number_format: str, value: float, thousands: int) -> None:
    def show(book: Any) -> None:
        cell = book.worksheets[0].cell(row=2, column=HEADER.index("決標金額") + 1)
        cell.value, cell.number_format = value, number_format

    (record,) = read_tenders(workbook(show)).records
    assert record.fields["award_amount"] == thousands


@pytest.mark.parametrize(
    ("number_format", "value", "number"),
    [("00000000", 1100109, "01100109"), ("General", 1100109, "1100109"), ("0", 7, "7")],
)
def test_a_number_keeps_the_zeros_that_its_format_puts_ahead(
    number_format: str, value: int, number: str
) -> None:
    def show(book: Any) -> None:
        cell = book.worksheets[0].cell(row=2, column=HEADER.index("編號") + 1)
        cell.value, cell.number_format = value, number_format

    (record,) = read_tenders(workbook(show)).records
    assert record.number == number


@pytest.mark.parametrize("number", ["Ｃ１１００１０９", "C1100109\u200b", "\ufeffC1100109", "C1100109\u3000"])
def test_one_number_has_one_spelling(number: str) -> None:
    (record,) = read_tenders(csv_file([row(編號=number)], "utf-8")).records
    assert record.number == "C1100109"


def test_a_row_far_below_is_not_waited_for() -> None:
    """A row that says it is the thousand-millionth once kept a process busy for hours."""

    def far(name: str, data: bytes) -> bytes:
        return data.replace(
            b"</sheetData>", b'<row r="1000000000"><c t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
        )

    parsed = read_tenders(repacked(far))
    assert [record.number for record in parsed.records] == ["C1100109"]
    assert "沒有讀" in parsed.notes[0]


def test_formats_without_end_are_refused_unread() -> None:
    def swell(name: str, data: bytes) -> bytes:
        return data.replace(b"</cellXfs>", b"<xf/>" * 200_000 + b"</cellXfs>")

    assert refused(repacked(swell)).code == "too_large"


def test_texts_without_end_are_refused_unread() -> None:
    assert refused(repacked(lambda _, data: data, sharedStrings=b"<t/>" * 4_100_000)).code == "too_large"


@pytest.mark.parametrize("content", [b"<a>" * 200, b"<x>" + b"<a/>" * 1_100 + b"</x>"])
def test_xml_that_no_download_looks_like_is_given_up(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MOST_OUTSIDE", 1_000)
    assert refused(content).code == "bad_file"


def test_of_the_tenders_read_before_nothing_stays() -> None:
    around: list[Any] = []
    content = f"<x><y><z>1</z>{tender_xml()}</y>{tender_xml(number='B')}</x>".encode()
    for element in outermost_tenders(content):
        around.append(element)
        assert len(element) == 7
    assert [len(element) for element in around] == [0, 0]
