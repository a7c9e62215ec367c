"""Tenders from the tender system's XML."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from inspect_app.accounts.actor import SYSTEM
from inspect_app.errors import Problem
from inspect_app.projects import queries
from inspect_app.projects.models import Agency, ImportRun, Tender, TenderPerson
from inspect_app.projects.services import DelayNote, import_tenders, save_delay
from tests.support.tender_files import tender_xml, xml_file


def take(content: bytes, **options: Any) -> Any:
    return import_tenders(SYSTEM, "標案.xml", content, **options)


def only_tender(db: Any) -> Tender:
    return db.session.scalars(select(Tender)).one()


def test_a_tender_comes_in_whole(db: Any, clock: Any) -> None:
    result = take(xml_file(tender_xml()))
    assert result.as_dict() == {"created": 1, "updated": 0, "unchanged": 0, "rejected": []}
    row = only_tender(db)
    assert (row.agency.code, row.agency.name, row.agency.confirmed) == (
        "379000000A",
        "工務局新建工程處",
        True,
    )
    assert (row.number, row.name, row.programme) == ("C1100109", "示範路拓寬工程", "基本設施補助")
    assert (row.budget, row.total_budget, row.floor_price, row.award_amount) == (
        65_000_000,
        70_000_000,
        62_000_000,
        58_000_500,
    )
    assert (row.awarded_on, row.started_on, row.planned_finish_on) == (
        date(2021, 3, 1),
        date(2021, 3, 10),
        date(2022, 3, 10),
    )
    assert (row.contract_amount, row.revised_finish_on) == (60_000_000, date(2022, 6, 10))
    assert (row.designer.name, row.supervision.name, row.contractor.name) == (
        "甲設計顧問有限公司", "乙監造顧問有限公司", "丙營造股份有限公司",
    )  # fmt: skip
    assert (row.progress_planned_bp, row.progress_actual_bp, row.progress_as_of) == (
        5025,
        3800,
        date(2021, 8, 31),
    )
    assert (row.state, row.paid_amount) == ("施工中", 20_000_000)
    assert row.details == {
        "term_kind": "日曆天",
        "term_days": "300",
        "design_fee": 1_200_000,
        "quality_plan_on": "2021-04-01",
    }


def test_coordinates_become_wgs84(db: Any) -> None:
    take(xml_file(tender_xml()))
    row = only_tender(db)
    assert (row.twd97_x, row.twd97_y) == (197512.3, 2529876.4)
    assert row.lat == pytest.approx(22.868, abs=0.002)
    assert row.lon == pytest.approx(120.4885, abs=0.002)


def test_months_variations_people_and_delays_hang_on_it(db: Any) -> None:
    take(xml_file(tender_xml()))
    row = only_tender(db)
    months = queries.progress(row.id)
    assert [(month.month, month.planned_bp, month.actual_bp) for month in months] == [
        (date(2021, 7, 1), 4000, 3850),
        (date(2021, 8, 1), 5025, 3800),
    ]
    (change,) = queries.changes(row.id)
    assert (change.on, change.amount_after, change.days, change.document_no) == (
        date(2021, 12, 1),
        60_000_000,
        92,
        "工字第1號",
    )
    (delay,) = queries.delays(row.id)
    assert (delay.month, delay.factor, delay.cause, delay.remedy) == (
        date(2021, 8, 1),
        "用地",
        "管線未遷",
        "加派人力",
    )
    assert {(person.kind, person.name) for person in queries.people(row.id)} == {
        ("contractor_qc", "林品管"),
        ("contractor_engineer", "陳技師"),
    }


def test_identity_numbers_and_accounts_are_never_stored(db: Any) -> None:
    take(xml_file(tender_xml()))
    kept = str([person.detail for person in db.session.scalars(select(TenderPerson))])
    assert "A123456789" not in kept
    assert "0123" not in kept
    assert "技證字第 1 號" in kept


def test_the_same_file_twice_changes_nothing(db: Any, clock: Any) -> None:
    content = xml_file(tender_xml(), tender_xml(number="-B-12-25-F-059-00-00"))
    take(content)
    stamp = [row.updated_at for row in db.session.scalars(select(Tender))]
    clock.advance(days=40)
    assert take(content).as_dict() == {"created": 0, "updated": 0, "unchanged": 2, "rejected": []}
    db.session.expire_all()
    assert [row.updated_at for row in db.session.scalars(select(Tender))] == stamp
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 1


def test_a_changed_file_updates_and_says_what(db: Any) -> None:
    take(xml_file(tender_xml()))
    result = take(xml_file(tender_xml(budget="66000", actual="39")))
    assert (result.created, result.updated) == (0, 1)
    assert "發包預算 NT$ 65,000,000 → NT$ 66,000,000" in result.preview[0]
    assert only_tender(db).progress_actual_bp == 3900


def test_check_writes_nothing(db: Any) -> None:
    result = take(xml_file(tender_xml(), tender_xml(number="C2", name="")), check=True)
    assert (result.created, len(result.rejected)) == (1, 1)
    assert db.session.scalars(select(Tender)).all() == []
    assert db.session.scalars(select(Agency)).all() == []


def test_the_number_alone_is_not_unique(db: Any) -> None:
    other = tender_xml(code="379000000B", agency="水利局")
    assert take(xml_file(tender_xml(), other)).created == 2
    assert {row.agency.name for row in db.session.scalars(select(Tender))} == {"工務局新建工程處", "水利局"}


def test_the_same_key_twice_in_a_file_rejects_the_later_row(db: Any) -> None:
    result = take(xml_file(tender_xml(), tender_xml(name="另一個名稱")))
    assert (result.created, [(bad.row, bad.field) for bad in result.rejected]) == (1, [(2, "編號")])
    assert only_tender(db).name == "示範路拓寬工程"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "標案名稱"),
        ({"name": "長" * 301}, "標案名稱"),
        ({"awarded": "2021/03/01"}, "實際決標日期"),
        ({"awarded": "1100231"}, "實際決標日期"),
        ({"awarded": "改天"}, "實際決標日期"),
        ({"budget": "-5"}, "發包預算"),
        ({"number": ""}, "編號"),
        ({"number": "長" * 61}, "編號"),
        ({"code": "", "agency": ""}, "執行機關"),
    ],
)
def test_bad_rows_are_told_and_good_ones_go_in(db: Any, changes: dict[str, str], field: str) -> None:
    result = take(xml_file(tender_xml(**changes), tender_xml(number="GOOD")))
    assert (result.created, [(bad.row, bad.field) for bad in result.rejected]) == (1, [(1, field)])
    assert only_tender(db).number == "GOOD"


def test_an_unreadable_number_counts_as_missing(db: Any) -> None:
    result = take(xml_file(tender_xml(budget="六千多萬", actual="約四成")))
    assert result.created == 1
    assert len(result.notes) == 2
    row = only_tender(db)
    assert (row.budget, row.progress_actual_bp, row.progress_as_of) == (None, 3850, date(2021, 7, 31))


def test_one_tender_may_be_the_root(db: Any) -> None:
    assert take(tender_xml().encode()).created == 1


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "utf-16"])
def test_encodings(db: Any, encoding: str) -> None:
    assert take(xml_file(tender_xml(), encoding=encoding)).created == 1
    assert only_tender(db).name == "示範路拓寬工程"


@pytest.mark.parametrize(
    "start",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/hostname">',
        "<!doctype 標案資料>",
    ],
)
def test_a_doctype_refuses_the_file_whole(db: Any, start: str) -> None:
    content = (start + xml_file(tender_xml()).decode().split("\n", 1)[1]).encode()
    with pytest.raises(Problem) as told:
        take(content)
    assert told.value.code == "bad_file"
    assert db.session.scalars(select(Tender)).all() == []


def test_a_file_cut_in_the_middle_keeps_what_stands_before(db: Any) -> None:
    whole = xml_file(tender_xml(), tender_xml(number="C2"))
    result = take(whole[: len(whole) * 3 // 4])
    assert (result.created, [(bad.row, bad.field) for bad in result.rejected]) == (1, [(2, "檔案")])


@pytest.mark.parametrize(
    "content", [b"<a/>", b"<a>", b"<\xe6\xa8\x99", b"<?xml version='1.0'?>", b"<a>\x00</a>"]
)
def test_a_file_without_tenders_is_told(db: Any, content: bytes) -> None:
    with pytest.raises(Problem) as told:
        take(content)
    assert told.value.code == "bad_file"


def test_the_agencys_own_words_on_a_delay_stay(db: Any) -> None:
    take(xml_file(tender_xml()))
    row = only_tender(db)
    note = DelayNote("用地", "管線未遷，已協調", "夜間施工", date(2021, 12, 31), "請協調台電")
    save_delay(SYSTEM, row.id, date(2021, 8, 1), note)
    assert take(xml_file(tender_xml())).unchanged == 1
    (delay,) = queries.delays(row.id)
    assert (delay.cause, delay.catch_up_on, delay.help_needed) == (
        "管線未遷，已協調",
        date(2021, 12, 31),
        "請協調台電",
    )
    assert take(xml_file(tender_xml(cause="用地未取得"))).updated == 1
    db.session.expire_all()
    (delay,) = queries.delays(row.id)
    assert (delay.cause, delay.remedy, delay.help_needed) == ("用地未取得", "夜間施工", "請協調台電")


def test_an_agency_known_by_name_learns_its_code(db: Any) -> None:
    from tests.support.factories import agency

    known = agency("工務局新建工程處")
    take(xml_file(tender_xml()))
    assert (known.id, only_tender(db).agency.code) == (only_tender(db).agency_id, "379000000A")
