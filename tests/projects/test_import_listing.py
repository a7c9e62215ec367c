"""Tenders from the spreadsheet list of 24 columns, XLSX and CSV."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from inspect_app.accounts.actor import SYSTEM
from inspect_app.errors import Problem
from inspect_app.projects import queries
from inspect_app.projects.models import Agency, Tender
from inspect_app.projects.services import import_tenders
from tests.support import factories
from tests.support.tender_files import HEADER, csv_file, row, tender_xml, xlsx_file, xml_file


def take(content: bytes, **options: Any) -> Any:
    return import_tenders(SYSTEM, "標案.csv", content, **options)


def only_tender(db: Any) -> Tender:
    return db.session.scalars(select(Tender)).one()


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_row_comes_in_whole(db: Any, clock: Any, make: Any) -> None:
    assert take(make([row()])).as_dict() == {"created": 1, "updated": 0, "unchanged": 0, "rejected": []}
    found = only_tender(db)
    assert (found.agency.name, found.agency.code, found.agency.confirmed) == ("工務局新建工程處", None, False)
    assert (found.award_amount, found.contract_amount, found.paid_amount) == (
        12_345_678,
        13_000_000,
        5_000_000,
    )
    assert (found.started_on, found.planned_finish_on, found.revised_finish_on) == (
        date(2021, 3, 10), date(2022, 3, 10), date(2022, 6, 10),
    )  # fmt: skip
    assert (found.progress_planned_bp, found.progress_actual_bp, found.progress_as_of) == (
        5550,
        4525,
        date(2026, 11, 23),
    )
    assert (found.state, found.programme, found.contractor.name) == (
        "施工中",
        "基本設施補助",
        "丙營造股份有限公司",
    )
    assert (found.budget, found.contact_email) == (None, "a@example.test")
    assert found.lat == pytest.approx(22.6, abs=0.1)


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp950", ","), ("utf-16", "\t"), ("cp950", "\t")],
)
def test_encodings_and_delimiters(db: Any, encoding: str, delimiter: str) -> None:
    assert take(csv_file([row()], encoding, delimiter=delimiter)).created == 1
    assert only_tender(db).name == "示範路拓寬工程"


def test_the_order_of_columns_is_free_and_titles_stand_above(db: Any) -> None:
    assert take(xlsx_file([row()], header=tuple(reversed(HEADER)), title="110年度標案一覽表")).created == 1
    renamed = ("標案編號", "執行機關", "工程名稱", "決標金額（千元）", "預定進度（％）", "備註")
    values = {
        "標案編號": "C2",
        "執行機關": "水利局",
        "工程名稱": "排水改善",
        "決標金額（千元）": 100,
        "預定進度（％）": 12.5,
        "備註": "x",
    }
    result = take(xlsx_file([values], header=renamed))
    assert (result.created, result.notes[1:]) == (1, ["沒有用到的欄：備註"])
    assert "沒見過的機關名稱：水利局" in result.notes[0]
    found = db.session.scalars(select(Tender).where(Tender.number == "C2")).one()
    assert (found.name, found.award_amount, found.progress_planned_bp) == ("排水改善", 100_000, 1250)


def test_cells_as_excel_holds_them(db: Any) -> None:
    result = take(
        xlsx_file([
            row(編號=1100109, 決標金額=12345.678, 預定進度=50, 實際開工日期=datetime(2021, 3, 10), 原合約預定完工日=1110310),
            row(編號="-B-12-25-F-059-00-00"),
            row(編號="=-B-13-25", 決標金額=""),
        ])
    )  # fmt: skip
    assert (result.created, result.rejected) == (3, [])
    rows = {found.number: found for found in db.session.scalars(select(Tender))}
    assert set(rows) == {"1100109", "-B-12-25-F-059-00-00", "-B-13-25"}
    assert (rows["1100109"].award_amount, rows["1100109"].started_on) == (12_345_678, date(2021, 3, 10))


def test_percent_formatted_cells(db: Any) -> None:
    from io import BytesIO

    from openpyxl import load_workbook

    book = load_workbook(BytesIO(xlsx_file([row()])))
    cell = book.worksheets[0].cell(row=2, column=HEADER.index("預定進度%") + 1)
    cell.value, cell.number_format = 0.4555, "0.00%"
    out = BytesIO()
    book.save(out)
    assert take(out.getvalue()).created == 1
    assert only_tender(db).progress_planned_bp == 4555


def test_numbers_kept_from_excel_by_other_programs(db: Any) -> None:
    assert take(csv_file([row(編號='="-B-12"'), row(編號="'-B-13")])).created == 2
    assert {found.number for found in db.session.scalars(select(Tender))} == {"-B-12", "-B-13"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"編號": ""}, "編號"),
        ({"標案名稱": ""}, "標案名稱"),
        ({"執行機關": ""}, "執行機關"),
        ({"決標金額": "-1"}, "決標金額"),
        ({"決標金額": "很多"}, "決標金額"),
        ({"決標金額": "9" * 30}, "決標金額"),
        ({"實際開工日期": "2021-03-10"}, "實際開工日期"),
        ({"實際開工日期": "110.13.01"}, "實際開工日期"),
        ({"預定進度%": "過半"}, "預定進度"),
        ({"標案名稱": "名\0稱"}, "標案名稱"),
        ({"標案名稱": "長" * 100_000}, "標案名稱"),
        ({"狀態": "長" * 31}, "狀態"),
    ],
)
def test_bad_rows_are_told_and_good_ones_go_in(db: Any, changes: dict[str, str], field: str) -> None:
    result = take(csv_file([row(**changes), row(編號="GOOD")]))
    assert (result.created, [(bad.row, bad.field) for bad in result.rejected]) == (1, [(2, field)])
    assert only_tender(db).number == "GOOD"


@pytest.mark.parametrize("cell", ['=HYPERLINK("http://example.test","x")', "=1+1"])
def test_formula_cells_are_told(db: Any, cell: str) -> None:
    result = take(xlsx_file([row(標案名稱=cell), row(編號="G", 決標金額="")]))
    assert (result.created, [(bad.row, bad.field) for bad in result.rejected]) == (1, [(2, "標案名稱")])


def test_long_texts_and_odd_letters_are_kept(db: Any) -> None:
    outline = '𠮷野家😀\r\n‮=HYPERLINK("x")' + "長" * 100_000
    assert take(csv_file([row(工程概要=outline)])).created == 1
    assert only_tender(db).outline == outline


@pytest.mark.parametrize("blank", ["", "-", "－", "N/A", "　"])
def test_blank_amounts_progress_and_coordinates_are_fine(db: Any, blank: str) -> None:
    blanks = {
        "決標金額": blank,
        "預定進度%": blank,
        "實際進度%": blank,
        "X座標": blank,
        "Y座標": blank,
        "實際開工日期": blank,
    }
    assert take(csv_file([row(**blanks)])).created == 1
    found = only_tender(db)
    assert (found.award_amount, found.progress_planned_bp, found.lat, found.started_on) == (
        None,
        None,
        None,
        None,
    )


def test_a_list_never_takes_the_budget_away(db: Any) -> None:
    take(xml_file(tender_xml()))
    assert take(csv_file([row()])).updated == 1
    db.session.expire_all()
    assert only_tender(db).budget == 65_000_000


def test_older_progress_does_not_replace_newer(db: Any, clock: Any) -> None:
    take(xml_file(tender_xml()))
    take(csv_file([row(**{"預定進度%": "90", "實際進度%": "80"})]))
    take(xml_file(tender_xml()))
    db.session.expire_all()
    found = only_tender(db)
    assert (found.progress_planned_bp, found.progress_actual_bp, found.progress_as_of) == (
        9000,
        8000,
        date(2026, 11, 23),
    )


def test_a_known_agency_is_matched_by_its_exact_name(db: Any) -> None:
    known = factories.agency("工務局新建工程處", code="379000000A")
    take(csv_file([row(), row(編號="C2", 執行機關="工務局新建工程處 ")]))
    assert {found.agency_id for found in db.session.scalars(select(Tender))} == {known.id}
    assert db.session.scalars(select(Agency)).one().confirmed


@pytest.mark.parametrize(
    ("district", "epsg"),
    [("澎湖縣馬公市", 3825), ("金門縣金城鎮", 3825), ("連江縣南竿鄉", 3825), ("高雄市三民區", 3826)],
)
def test_outer_islands_have_their_own_zone(db: Any, district: str, epsg: int) -> None:
    from pyproj import Transformer

    take(csv_file([row(縣市鄉鎮=district, 詳細地點="馬祖路一段", X座標="300000", Y座標="2600000")]))
    lon, lat = Transformer.from_crs(epsg, 4326, always_xy=True).transform(300000, 2600000)
    found = only_tender(db)
    assert (found.lat, found.lon) == (pytest.approx(lat, abs=1e-6), pytest.approx(lon, abs=1e-6))


def test_coordinates_that_are_none_are_told_and_left_out(db: Any) -> None:
    factories.agency("工務局新建工程處")
    result = take(csv_file([row(X座標="120.3", Y座標="22.6")]))
    assert (result.created, len(result.notes)) == (1, 1)
    assert only_tender(db).lat is None


ROWS = st.lists(
    st.fixed_dictionaries({
        "執行機關": st.sampled_from(["工務局", "水利局", ""]),
        "編號": st.sampled_from(["A1", "-B-2", "A1 ", "", "=1"]),
        "標案名稱": st.sampled_from(["甲工程", "乙工程", ""]),
        "決標金額": st.sampled_from(["", "100", "1,234.567", "-3", "x"]),
        "變更設計後契約金額": st.sampled_from(["", "120"]),
        "預定進度%": st.sampled_from(["", "10", "120.55", "x"]),
        "實際進度%": st.sampled_from(["", "58", "0"]),
        "實際開工日期": st.sampled_from(["", "110.3.10", "1100310", "x"]),
        "得標廠商": st.sampled_from(["", "丙營造", "-"]),
        "X座標": st.sampled_from(["", "182000", "x"]),
        "Y座標": st.sampled_from(["", "2502000"]),
    }),
    max_size=6,
)  # fmt: skip


@given(first=ROWS, second=ROWS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_second_time_is_always_unchanged(db: Any, clock: Any, first: list[Any], second: list[Any]) -> None:
    for rows in (first, second):
        if not rows or all(not any(line.values()) for line in rows):
            continue
        once = take(csv_file(rows))
        clock.advance(days=31)
        again = take(csv_file(rows))
        assert (again.created, again.updated, again.unchanged) == (0, 0, once.read)
        assert again.rejected == once.rejected


def test_ten_thousand_rows_in_reasonable_time(db: Any) -> None:
    rows = [row(編號=f"N{number:05}", 得標廠商=f"廠商{number % 800}") for number in range(10_000)]
    content = csv_file(rows)
    begun = time.process_time()
    assert take(content).created == 10_000
    assert take(content).unchanged == 10_000
    assert time.process_time() - begun < 60


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bad_file"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 100, "unsupported_type"),
        (b"%PDF-1.7", "unsupported_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "unsupported_type"),
        (b"PK\x03\x04 broken", "bad_file"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "unsupported_type"),
        (b"\x80\x81\xfe\xff\x00\x01", "bad_file"),
        (b"\0" * 50, "bad_file"),
        ("編號,名稱\n1,2".encode(), "bad_file"),
        (",".join(HEADER).encode(), "bad_file"),
        ((",".join(HEADER) + ",編號\n").encode(), "bad_file"),
        (b'"', "bad_file"),
        (b"{}", "unsupported_type"),
    ],
)
def test_hostile_and_wrong_files_are_told(db: Any, content: bytes, code: str) -> None:
    with pytest.raises(Problem) as told:
        take(content)
    assert told.value.code == code


def test_an_archive_that_unpacks_out_of_proportion_is_refused_unread(db: Any) -> None:
    import zipfile
    from io import BytesIO

    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(50):
                part.write(b"0" * 1024 * 1024)
    begun = time.process_time()
    with pytest.raises(Problem) as told:
        take(out.getvalue())
    assert told.value.code == "too_large"
    assert time.process_time() - begun < 1


def test_a_workbook_with_a_doctype_is_refused(db: Any) -> None:
    import zipfile
    from io import BytesIO

    whole, out = BytesIO(xlsx_file([row()])), BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.startswith("xl/worksheets/"):
                data = b'<!DOCTYPE x [<!ENTITY a "b">]>' + data
            target.writestr(entry.filename, data)
    with pytest.raises(Problem) as told:
        take(out.getvalue())
    assert told.value.code == "bad_file"


def test_a_file_cut_in_the_middle_tells_the_broken_row(db: Any) -> None:
    whole = csv_file([row(), row(編號="C2", 標案名稱='引號"與\n換行')], "utf-8")
    cut = whole[: whole.index("換行".encode()) + 1]
    result = take(cut)
    assert (result.created, [bad.row for bad in result.rejected]) == (1, [3])


def test_lists_find_pages_and_narrow(db: Any) -> None:
    take(
        csv_file(
            [
                row(編號=f"N{number:03}", 執行機關="水利局" if number % 2 else "工務局")
                for number in range(120)
            ]
        )
    )
    page = queries.tenders(queries.TenderFilter(text="N0", sort="-number", per_page=50))
    assert (page.total, len(page.rows), page.rows[0].number) == (100, 50, "N099")
    late = queries.tenders(queries.TenderFilter(behind_bp=1000))
    assert (late.total, late.award_total) == (120, 120 * 12_345_678)
    assert queries.tenders(queries.TenderFilter(band="unknown")).total == 120
    assert queries.tenders(queries.TenderFilter(band="x")).total == 0
    assert queries.tenders(queries.TenderFilter(text="100%_\0")).total == 0
    behind = queries.behind_schedule(date(2026, 11, 23), programme="基本設施補助", at_least_bp=1025)
    assert (len(behind), behind[0].gap_bp, behind[0].delay) == (120, 1025, None)
