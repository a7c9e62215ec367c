"""The inspection list, the public list and the files of a record, as browsers get them."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.reports.copy_page import _photo, _thousands
from inspect_app.reports.inspection_list import COLUMNS, PUBLIC_COLUMNS, Listed, thousands, workbook
from tests.support import factories as make
from tests.support.inspected import Told, inspection_with_log

LIST, PUBLIC = "/office/inspection-list.xlsx", "/office/public-list.xlsx"
COLUMNS_OF_THE_FORM = [
    "序號", "工程名稱", "標案編號", "主辦單位", "經費來源", "實際決標日", "契約金額(千元)", "查核日期", "查核督導小組", "通知方式",
    "內聘委員", "外聘委員", "參與人員", "評分", "廠商扣點", "監造扣點", "PCM扣點", "改善結果", "發文日期文號", "回文日期文號",
    "查核建議處置", "機關實際處置", "備註", "工程類別", "歸屬計畫",
]  # fmt: skip


@pytest.fixture
def get(client: FlaskClient, db: Any) -> Any:
    def ask(who: Actor, path: str) -> Any:
        return client.get(path, headers=make.bearer(db.session.get(Account, who.id)))

    return ask


def rows_of(answer: Any) -> list[dict[str, Any]]:
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    _title, head, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_the_list_has_the_25_columns_and_issued_records_only(db: Any, clock: Any, get: Any) -> None:
    one = inspection_with_log()
    one.issued()
    inspection_with_log()
    rows = rows_of(get(one.coordinator, LIST))
    assert list(COLUMNS) == COLUMNS_OF_THE_FORM
    assert len(rows) == 1
    assert list(rows[0]) == COLUMNS_OF_THE_FORM
    expected = {
        "序號": 1, "工程名稱": "示範橋耐震補強工程", "標案編號": one.tender.number, "契約金額(千元)": 98_000, "查核日期": "115.11.23",
        "通知方式": "不預先", "內聘委員": "龍領隊", "外聘委員": "林委員、戚委員", "評分": 80, "廠商扣點": 2, "監造扣點": 1, "PCM扣點": 0,
        "改善結果": "改善中", "發文日期文號": "115.11.23 府研查字第1150001號", "備註": "查核", "歸屬計畫": "基本設施補助",
    }  # fmt: skip
    assert {name: rows[0][name] for name in expected} == expected


def test_half_a_thousand_is_rounded_up_alike_on_the_list_and_the_copy_page() -> None:
    assert [thousands(amount) for amount in (12_499, 12_500, 13_500, None)] == [12, 13, 14, None]
    assert [_thousands(amount) for amount in (12_500, None)] == ["13", ""]


def test_a_photo_s_day_on_the_copy_page_is_taipei_s() -> None:
    """Half past seven in the morning, which is the evening before in UTC."""
    photo = {"sha256": "ab" * 32, "caption": "蜂窩", "taken_at": "2026-11-22T23:30:00Z"}
    assert dict(_photo(1, photo))["相片 1 日期"] == "115.11.23"
    assert dict(_photo(1, photo | {"taken_at": None}))["相片 1 日期"] == ""


@pytest.mark.parametrize(
    ("query", "count"), [("?from=115.11.23&to=2026-11-23", 1), ("?from=115.11.24", 0), ("?to=115.11.22", 0)]
)
def test_the_list_is_of_a_period(db: Any, clock: Any, get: Any, query: str, count: int) -> None:
    one = inspection_with_log()
    one.issued()
    assert len(rows_of(get(one.coordinator, LIST + query))) == count


def test_a_withheld_score_and_its_test_stay_away_from_the_lists(db: Any, clock: Any, get: Any) -> None:
    from inspect_app import clock as now
    from inspect_app.inspections import services

    one = inspection_with_log(Told(scores=(84, 84, 84), test="concrete_core"))
    one.issued()
    services.enter_test_result(one.staff, one.id, services.Judgement(one.test, "fail", now.today(), ""))
    full, public = (rows_of(get(one.coordinator, path))[0] for path in (LIST, PUBLIC))
    assert not full["評分"]
    assert not public["評分"]
    assert public["材料抽檢結果"] == "混凝土鑽心待判定"
    assert list(public) == list(PUBLIC_COLUMNS)


@pytest.mark.parametrize(
    "role", [Role.AGENCY_HANDLER, Role.INSPECTOR, Role.STAFF, Role.ADMINISTRATOR, Role.CHAIR]
)
def test_lists_are_for_those_who_may_export(db: Any, clock: Any, get: Any, role: Role) -> None:
    who = make.actor(role, agency_id=make.agency().id if role is Role.AGENCY_HANDLER else None)
    for path in (LIST, PUBLIC):
        assert get(who, path).status_code == 403


def test_texts_are_never_formulas() -> None:
    basic = dict.fromkeys(
        ("name", "number", "owner_agency", "funding", "work_type", "programme"),
        '=HYPERLINK("http://x","y")\x00',
    )
    content = {
        "basic": {**basic, "awarded_on": None, "contract_amount": 1},
        "visit": {"members": [], "attendance": [], "inspected_on": "2026-11-23", "announced": True, "kind": "inspection"},
        "penalty": {"statements": {party: {"points": 0} for party in ("contractor", "supervision", "pcm")}},
        "result": {"withheld": False, "score": 80},
    }  # fmt: skip
    data = workbook([Listed(content, "+cmd", "-1", "@x", "", "", "")], "=1+1")
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    cells = [cell for line in sheet.iter_rows() for cell in line if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}


@pytest.mark.parametrize(
    ("name", "mime"), [("record.odt", "opendocument.text"), ("record.pdf", "pdf"), ("statement.pdf", "pdf")]
)
def test_files_have_a_chinese_name_and_are_not_kept(
    db: Any, clock: Any, get: Any, name: str, mime: str
) -> None:
    one = inspection_with_log()
    one.issued()
    answer = get(one.handler, f"/office/inspections/{one.id}/{name}")
    assert mime in answer.content_type
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    disposition.encode("ascii")
    what = "查核紀錄" if name.startswith("record") else "扣點明細"
    assert unquote(disposition.split("UTF-8''")[1]) == f"{what}_115.11.23_示範橋耐震補強工程.{name[-3:]}"


def test_an_unknown_kind_of_file_is_not_found(db: Any, clock: Any, get: Any) -> None:
    one = inspection_with_log()
    assert get(one.coordinator, f"/office/inspections/{one.id}/record.exe").status_code == 404


def test_the_copy_page_is_for_the_commission(db: Any, clock: Any, get: Any) -> None:
    one = inspection_with_log()
    one.issued()
    page = get(one.coordinator, f"/office/inspections/{one.id}/copy")
    assert page.status_code == 200
    assert 'data-value="A1 橋台蜂窩"' in page.text
    assert get(one.handler, f"/office/inspections/{one.id}/copy").status_code == 403
    assert get(one.members[0], f"/office/inspections/{one.id}/copy").status_code == 403
    secretary = get(make.actor(Role.SECRETARY), f"/office/inspections/{one.id}/copy")
    assert "評分 80" not in secretary.text
