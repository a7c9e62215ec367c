"""The roster, the defect table and the city's settings through the office's pages."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from typing import Any

import pytest

from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.permissions import Role
from inspect_app.catalogue import queries, services
from inspect_app.experts import queries as experts
from inspect_app.installation.services import create
from tests.support import factories
from tests.support.tender_files import csv_file

HEADER = ("缺失編號", "缺失內容", "扣點範圍")
ROWS = [
    {"缺失編號": "5", "缺失內容": "施工品質"},
    {"缺失編號": "5.01.01", "缺失內容": "□冷縫，或□蜂窩", "扣點範圍": "[-1,-2]"},
]


class Person:
    def __init__(self, client: Any, *roles: Role) -> None:
        self._client, self._headers = client, factories.bearer(factories.account(*roles))

    def get(self, path: str) -> Any:
        return self._client.get(f"/office{path}", headers=self._headers)

    def post(self, path: str, **data: Any) -> Any:
        return self._client.post(f"/office{path}", headers=self._headers, data=data)


@pytest.fixture
def coordinator(db: Any, client: Any) -> Person:
    return Person(client, Role.COORDINATOR)


def bring(person: Person, kind: str, content: bytes, name: str) -> Any:
    preview = person.post(f"/imports/{kind}", file=(BytesIO(content), name))
    found = re.search(r'name="sha256" value="([0-9a-f]{64})"', preview.text)
    assert found, preview.text
    return person.post(f"/imports/{kind}", sha256=found[1], name=name)


def test_outside_the_demo_the_product_asks_for_the_current_form(db: Any, coordinator: Person) -> None:
    services.load_shipped()
    assert "請匯入工程會現行表單" in coordinator.get("/").text
    assert "不是工程會的正式表單" in coordinator.get("/catalogue").text
    assert bring(coordinator, "catalogue", csv_file(ROWS, header=HEADER), "工程會表單.csv").status_code == 200
    draft = next(row for row in queries.editions() if row.frozen_at is None)
    assert coordinator.get(f"/editions/{draft.id}").status_code == 200
    assert coordinator.post(f"/editions/{draft.id}", label="", effective_from="2026-01-01").status_code == 422
    assert (
        coordinator.post(
            f"/editions/{draft.id}", label="工程會115年版", effective_from="115.01.01"
        ).status_code
        == 303
    )
    assert "請匯入工程會現行表單" not in coordinator.get("/").text
    assert "工程會115年版" in coordinator.get("/catalogue").text
    assert coordinator.post(f"/editions/{draft.id}/delete").status_code == 409


def test_in_the_demo_it_only_says_that_it_is_a_mix(db: Any, coordinator: Person) -> None:
    create("示範市政府", "研考會", demo=True)
    services.load_shipped()
    assert "請匯入工程會現行表單" not in coordinator.get("/").text
    assert "示範混合版不是正式表單" in coordinator.get("/catalogue").text


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("5.01.01", "5.01.01"),
        ("50101", "5.01.01"),
        ("５．０１．０１", "5.01.01"),
        ("蜂窩", "5.01.01"),
        ("安全帶", "5.14.01"),
    ],
)
def test_codes_are_found_by_number_word_and_phrase(
    db: Any, coordinator: Person, typed: str, code: str
) -> None:
    services.load_shipped()
    assert code in coordinator.get(f"/catalogue?q={typed}").text


def test_the_tree_and_the_alternatives(db: Any, coordinator: Person) -> None:
    services.load_shipped()
    assert "under=5.01" in coordinator.get("/catalogue").text
    page = coordinator.get("/catalogue?under=4.01").text
    assert "<li>□ 未落實</li>" in page
    for odd in ("?under=zzz", "?q=%F0%9F%98%80", "?q=%25_", "?edition=demo-mixed&q=" + "長" * 500):
        assert coordinator.get(f"/catalogue{odd}").status_code == 200
    assert coordinator.get("/catalogue?edition=none").status_code == 404


def test_drafts_are_shown_to_those_who_manage_only(db: Any, client: Any, coordinator: Person) -> None:
    services.load_shipped()
    bring(coordinator, "catalogue", csv_file(ROWS, header=HEADER), "草稿甲.csv")
    draft = next(row for row in queries.editions() if row.frozen_at is None)
    assert "草稿甲" in coordinator.get(f"/catalogue?edition={draft.id}").text
    inspector = Person(client, Role.INSPECTOR)
    assert "草稿甲" not in inspector.get(f"/catalogue?edition={draft.id}").text
    assert coordinator.post(f"/editions/{draft.id}/delete").status_code == 303


def test_two_editions_are_compared(db: Any, coordinator: Person) -> None:
    services.load_shipped()
    bring(coordinator, "catalogue", csv_file(ROWS, header=HEADER), "新版.csv")
    page = coordinator.get("/editions/compare").text
    assert re.search(r"刪除</p>\s*<p class=\"figure-value\">777", page)
    assert "□冷縫，或□蜂窩" in page
    assert coordinator.get("/editions/compare?old=x&new=y").status_code == 200


def test_the_score_sheet_is_set_by_form(db: Any, coordinator: Person) -> None:
    page = coordinator.get("/rules/score_sheet").text
    typed = dict(re.findall(r'name="(part_\w+)"[^>]*value="(\d+)"', page))
    assert len(typed) == 12
    wrong = coordinator.post("/rules/score_sheet", **{**typed, "part_p": "15"}, effective_from="115.07.01")
    assert wrong.status_code == 422
    assert "合計要是 100 分，現在是 95 分" in wrong.text
    assert re.search(r'name="part_p"[^>]*value="15"', wrong.text), "what was typed stays"
    right = {**typed, "part_p": "15", "part_w_safety": " 15 "}
    assert (
        coordinator.post(
            "/rules/score_sheet", **right, effective_from="115.07.01", source="府研查字第1號"
        ).status_code
        == 303
    )
    listed = coordinator.get("/rules").text
    assert "P 施工進度 15 分" in listed
    assert "府研查字第1號" in listed
    assert "W 施工安全衛生 15 分" in coordinator.get("/rules/score_sheet").text


def test_settings_and_local_days(db: Any, coordinator: Person) -> None:
    assert coordinator.get("/rules").status_code == 200
    assert coordinator.get("/rules/record_days").status_code == 200
    assert coordinator.get("/rules/nothing").status_code == 404
    assert coordinator.post("/rules/record_days", value="x", effective_from="2026-01-01").status_code == 422
    assert coordinator.post("/rules/record_days", value="8", effective_from="2026-01-01").status_code == 303
    assert (
        coordinator.post("/rules/first_day_counts", value="1", effective_from="2026-01-01").status_code == 303
    )
    assert "8 個工作天" in coordinator.get("/rules").text
    assert "90 分以上優等，80 分以上甲等，70 分以上乙等，未滿 70 分丙等。" in coordinator.get("/help").text
    assert coordinator.post("/rules/grade_0", value="91", effective_from="2026-01-01").status_code == 303
    assert "91 分以上優等" in coordinator.get("/help").text
    assert coordinator.post("/rules/record_days/2026-01-01/remove").status_code == 303
    assert coordinator.post("/rules/record_days/2026-01-01/remove").status_code == 404
    assert coordinator.post("/rules/record_days/x/remove").status_code == 404
    assert coordinator.post("/closures", on="115.08.01", working="0", reason="").status_code == 422
    assert (
        coordinator.post("/closures", on="115.08.01", working="0", reason="颱風停止上班").status_code == 303
    )
    assert "颱風停止上班" in coordinator.get("/closures").text
    assert coordinator.post("/closures/2026-08-01/remove").status_code == 303


def test_the_roster_through_its_pages(db: Any, client: Any, coordinator: Person) -> None:
    assert (
        bring(
            coordinator, "experts", "姓名,聘別,服務單位\n林示範,外聘,示範大學\n".encode(), "名單.csv"
        ).status_code
        == 200
    )
    (only,) = experts.members()
    path = f"/experts/{only.id}"
    assert coordinator.get(path).status_code == 200
    off = coordinator.post(path, name="林示範", external="1", specialities="土木、結構", active="1")
    assert (off.status_code, "土木、結構" in off.text) == (422, True)
    assert (
        coordinator.post(
            path, name="林示範", external="1", on_roster="1", specialities="土木、結構", active="1"
        ).status_code
        == 303
    )
    assert coordinator.post(f"{path}/ties", kind="family", party="丙營造").status_code == 422
    assert (
        coordinator.post(f"{path}/ties", kind="family", party="丙營造", degree="2", note="兄").status_code
        == 303
    )
    (tie,) = experts.ties(only.id)
    assert "丙營造" in coordinator.get(path).text
    assert coordinator.post(f"{path}/ties/{tie.id}/remove").status_code == 303
    assert coordinator.post("/experts/new", name="王示範", external="0", active="1").status_code == 303
    assert "王示範" in coordinator.get("/experts?q=王").text
    auditor = Person(client, Role.AUDITOR)
    assert auditor.get("/experts").status_code == 200
    assert auditor.get(path).status_code == 403


def test_the_rules_of_two_days_are_compared_with_the_city_s_own(db: Any, coordinator: Person) -> None:
    page = coordinator.get("/rules/compare?old=2023-08-08&new=2023-08-09").text
    assert "級距，1,500,000 起，件數" in page
    assert "112.08.09 起" in page
    assert "兩個日期的規則完全相同" in coordinator.get("/rules/compare?old=2024-01-01&new=2024-01-01").text
    services.set_setting(SYSTEM, "record_days", date(2025, 1, 1), "9", source="本市補充規定", verified=True)
    services.set_closure(SYSTEM, date(2025, 7, 24), working=False, reason="颱風")
    page = coordinator.get("/rules/compare?old=2024-12-31&new=2025-12-31").text
    assert "查核紀錄發送期限" in page
    assert "本市補充規定，114.01.01 起" in page
    assert "114.07.24" in page
    assert "年度查核件數" not in page
    assert coordinator.get("/rules/compare?old=x&new=").status_code == 200
