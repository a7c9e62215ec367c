"""Tenders, agencies and imports through the office's pages."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.permissions import Role
from inspect_app.catalogue.services import load_shipped, set_setting
from inspect_app.jobs.schedule import JOBS
from inspect_app.projects import queries
from inspect_app.projects.models import Agency, ImportRun, Tender
from tests.support import factories
from tests.support.tender_files import csv_file, row, tender_xml, xml_file


class Person:
    """Somebody with a browser, by bearer token so that no form token is needed."""

    def __init__(self, client: Any, *roles: Role, **values: Any) -> None:
        self.account = factories.account(*roles, **values)
        self._client, self._headers = client, factories.bearer(self.account)

    def get(self, path: str) -> Any:
        return self._client.get(f"/office{path}", headers=self._headers)

    def post(self, path: str, **data: Any) -> Any:
        return self._client.post(f"/office{path}", headers=self._headers, data=data)


@pytest.fixture
def coordinator(db: Any, client: Any) -> Person:
    return Person(client, Role.COORDINATOR)


def upload(content: bytes, name: str = "標案.csv") -> dict[str, Any]:
    return {"file": (BytesIO(content), name)}


def digest_on(answer: Any) -> str:
    found = re.search(r'name="sha256" value="([0-9a-f]{64})"', answer.text)
    assert found
    return found[1]


def test_an_import_is_previewed_then_confirmed(db: Any, coordinator: Person) -> None:
    preview = coordinator.post("/imports/tenders", **upload(csv_file([row(), row(編號="C2", 標案名稱="")])))
    assert preview.status_code == 200
    assert "新增：C1100109 示範路拓寬工程" in preview.text
    assert "沒有填「標案名稱」" in preview.text
    assert db.session.scalars(select(Tender)).all() == []
    digest = digest_on(preview)
    done = coordinator.post("/imports/tenders", sha256=digest, name="標案.csv")
    assert done.status_code == 200
    db.session.expire_all()
    assert db.session.scalars(select(Tender)).one().number == "C1100109"
    assert db.session.scalars(select(ImportRun)).one().sha256 == digest
    assert "標案.csv" in coordinator.get("/imports/tenders").text
    again = coordinator.post("/imports/tenders", sha256=digest, name="標案.csv")
    assert (again.status_code, "重新選檔" in again.text) == (422, True)


def test_another_persons_file_cannot_be_confirmed(db: Any, client: Any, coordinator: Person) -> None:
    digest = digest_on(coordinator.post("/imports/tenders", **upload(csv_file([row()]))))
    other = Person(client, Role.COORDINATOR)
    assert other.post("/imports/tenders", sha256=digest, name="x").status_code == 422
    assert other.post("/imports/tenders", sha256="../../x", name="x").status_code == 422
    assert db.session.scalars(select(Tender)).all() == []


def test_a_preview_that_nobody_confirms_is_gone_after_a_day(
    app: Any, coordinator: Person, clock: Any
) -> None:
    """The file holds identity numbers, which are never stored."""
    first = digest_on(coordinator.post("/imports/tenders", **upload(xml_file(tender_xml()), "a.xml")))
    job = next(job for job in JOBS if job.name == "imports.clear")
    assert job.run(app.config["SETTINGS"]) == 0
    clock.advance(days=1, seconds=1)
    assert job.run(app.config["SETTINGS"]) == 1
    answer = coordinator.post("/imports/tenders", sha256=first, name="a.xml")
    assert (answer.status_code, "重新選檔" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff\xe0",
        b"PK\x03\x04",
        b"x",
        b"\0",
        b"<!DOCTYPE a><a/>",
        "執行機關,編號,標案名稱\n".encode(),
    ],
)
@pytest.mark.parametrize("kind", ["tenders", "experts", "catalogue"])
def test_wrong_files_are_told_at_the_field(coordinator: Person, kind: str, content: bytes) -> None:
    answer = coordinator.post(f"/imports/{kind}", **upload(content, "檔\0案.xlsx"))
    assert answer.status_code == 422
    assert 'id="e-file"' in answer.text


def test_no_file_at_all(coordinator: Person) -> None:
    answer = coordinator.post("/imports/tenders")
    assert (answer.status_code, "請選一個檔案" in answer.text) == (422, True)


def test_the_list_filters_and_pages(coordinator: Person) -> None:
    for number in range(60):
        factories.tender(
            _agency(),
            number=f"N{number:02}",
            name=f"工程{number:02}",
            progress_actual_bp=5000 - number * 50,
            budget=None,
        )
    assert coordinator.get("/tenders").text.count('class="row-link"') == 50
    assert coordinator.get("/tenders?page=2").text.count('class="row-link"') == 10
    for asked in ("N07", "Ｎ０７"):
        assert coordinator.get(f"/tenders?q={asked}").text.count('class="row-link"') == 1
    assert coordinator.get("/tenders?behind=1000").text.count('class="row-link"') == 40
    assert coordinator.get("/tenders?band=unknown").text.count("then=next") == 50
    for odd in (
        "?page=x&sort=zzz&band=1-x&behind=y&agency=none&q=%F0%9F%98%80",
        "?band=²",
        "?band=²-",
        "?band=1-²",
        "?band=99999999999999999999999-",
        "?sort=-gap",
    ):
        assert coordinator.get(f"/tenders{odd}").status_code == 200
    past = coordinator.get("/tenders?page=999&q=N")
    assert (past.status_code, past.location) == (303, "/office/tenders?q=N&page=2")
    for nul in ("/tenders?q=%00", "/tenders?agency=a%00", "/tenders/%00", "/tenders?%00=1"):
        assert coordinator.get(nul).status_code == 400


def _agency(name: str = "工務局") -> Agency:
    return next((row for row in queries.agencies() if row.name == name), None) or factories.agency(name)


def test_the_detail_shows_what_came_in(db: Any, coordinator: Person) -> None:
    digest = digest_on(coordinator.post("/imports/tenders", **upload(xml_file(tender_xml()), "a.xml")))
    coordinator.post("/imports/tenders", sha256=digest, name="a.xml")
    tender = db.session.scalars(select(Tender)).one()
    page = coordinator.get(f"/tenders/{tender.id}").text
    for shown in (
        "示範路拓寬工程",
        "50.25%",
        "12.25%",
        "管線未遷",
        "工字第1號",
        "林品管",
        "NT$ 65,000,000",
        "NT$ 4,000",
        "data-chart",
    ):
        assert shown in page
    assert "A123456789" not in page


def test_agencies_see_their_own_tenders_only(db: Any, client: Any) -> None:
    mine, other = factories.agency("水利局"), factories.agency("工務局")
    own, foreign = factories.tender(mine, name="本局工程"), factories.tender(other, name="別局工程")
    handler = Person(client, Role.AGENCY_HANDLER, agency_id=mine.id)
    listed = handler.get(f"/tenders?agency={other.id}").text
    assert ("本局工程" in listed, "別局工程" in listed) == (True, False)
    assert handler.get(f"/tenders/{own.id}").status_code == 200
    missing = handler.get("/tenders/00000000-0000-7000-8000-000000000000")
    for path in (f"/tenders/{foreign.id}", f"/tenders/{foreign.id}/delays"):
        assert (handler.get(path).status_code, handler.get(path).text) == (404, missing.text)
    assert handler.post(f"/tenders/{foreign.id}/delays", month="2026-11", cause="x").status_code == 404
    for path in (
        f"/tenders/{own.id}/terms",
        f"/tenders/{own.id}/budget",
        "/agencies",
        "/imports/tenders",
        "/experts",
        "/editions",
        "/rules",
    ):
        assert handler.get(path).status_code == 403
    lost = Person(client, Role.AGENCY_HANDLER)
    assert "工程</a>" not in lost.get("/tenders").text


def test_an_agency_explains_why_it_is_behind(db: Any, client: Any, clock: Any) -> None:
    mine = factories.agency("水利局")
    tender = factories.tender(mine, progress_actual_bp=3000)
    handler = Person(client, Role.AGENCY_HANDLER, agency_id=mine.id)
    assert "還沒有填落後原因" in handler.get("/").text
    bad = handler.post(
        f"/tenders/{tender.id}/delays", month="2026-11", cause="", remedy="加派人力", catch_up_on="115.02.31"
    )
    assert (bad.status_code, "加派人力" in bad.text, "沒有這一天" in bad.text) == (422, True, True)
    early = handler.post(
        f"/tenders/{tender.id}/delays", month="2026-11", cause="雨", catch_up_on="2026-10-01"
    )
    assert early.status_code == 422
    good = handler.post(
        f"/tenders/{tender.id}/delays",
        month="2026-11",
        factor="天候",
        cause="連日豪雨",
        remedy="加派人力",
        catch_up_on="2027-01-31",
        help_needed="協調",
    )
    assert good.status_code == 303
    (found,) = queries.behind_schedule(date(2026, 11, 23), agency=mine.id, at_least_bp=1000)
    assert found.delay is not None
    assert (found.gap_bp, found.delay.cause, found.delay.catch_up_on, found.delay.help_needed) == (
        2000,
        "連日豪雨",
        date(2027, 1, 31),
        "協調",
    )
    assert "還沒有填落後原因" not in handler.get("/").text


def test_contract_terms_fall_back_to_the_rates_in_force(db: Any, coordinator: Person) -> None:
    load_shipped(SYSTEM)
    tender = factories.tender(budget=60_000_000)
    assert "NT$ 4,000" in coordinator.get(f"/tenders/{tender.id}").text
    path = f"/tenders/{tender.id}/terms"
    set_setting(SYSTEM, "cap_ratio", date(2026, 1, 1), "1500", source="", verified=False)
    assert "15.0%（契約金額，本市設定）" in coordinator.get(f"/tenders/{tender.id}").text
    assert 'value="15"' in coordinator.get(path).text, "a rate that is entered does not lift it unseen"
    for bad in (
        {"cap_ratio": "x"},
        {"cap_ratio": "101"},
        {"multipliers": "abc"},
        {"multipliers": "4.03.04 99"},
        {"rate_pcm": "-1"},
    ):
        assert coordinator.post(path, **bad).status_code == 422
    assert (
        coordinator.post(
            path, rate_contractor="5,000", cap_ratio="20%", multipliers="4.03.04 2\n50101 x3"
        ).status_code
        == 303
    )
    terms = queries.terms(tender.id)
    assert terms is not None
    assert (terms.rates, terms.cap_ratio_bp, terms.multipliers) == (
        {"contractor": 5000},
        2000,
        {"4.03.04": 2, "5.01.01": 3},
    )
    assert "NT$ 5,000" in coordinator.get(f"/tenders/{tender.id}").text
    assert coordinator.get(path).status_code == 200


def test_budgets_are_repaired_one_after_the_other(db: Any, coordinator: Person) -> None:
    of = factories.agency()
    first, second = (
        factories.tender(of, budget=None, number="A"),
        factories.tender(of, budget=None, number="B"),
    )
    assert "2 件標案沒有發包預算" in coordinator.get("/").text
    answer = coordinator.post(
        f"/tenders/{first.id}/budget?then=next", budget="12,000,000", commissioned_out="1"
    )
    assert second.id in answer.location
    db.session.expire_all()
    changed = queries.tender(first.id)
    assert (changed.budget, changed.commissioned_out) == (12_000_000, True)


def test_unknown_agencies_are_confirmed_or_merged(db: Any, coordinator: Person) -> None:
    known = factories.agency("水利局", code="B")
    kept = factories.tender(known, number="SAME")
    unknown = factories.agency("市府水利局", confirmed=False)
    moved, clash = factories.tender(unknown, number="A"), factories.tender(unknown, number="SAME")
    assert "市府水利局" in coordinator.get("/agencies").text
    path = f"/agencies/{unknown.id}"
    assert coordinator.post(path, do="confirm", code="B").status_code == 422
    assert coordinator.post(path, do="merge").status_code == 422
    refused = coordinator.post(path, do="merge", into=known.id)
    assert (refused.status_code, "SAME" in refused.text, 'name="same"' in refused.text) == (422, True, True)
    assert f"/tenders/{clash.id}" in refused.text
    assert coordinator.post(path, do="merge", into=known.id, same="1").status_code == 303
    db.session.expire_all()
    assert queries.tender(moved.id).agency_id == known.id
    assert queries.tender(clash.id).id == kept.id
    assert coordinator.get(f"/tenders/{clash.id}").status_code == 200
    digest = digest_on(
        coordinator.post("/imports/tenders", **upload(csv_file([row(執行機關="市府水利局", 編號="NEW")])))
    )
    coordinator.post("/imports/tenders", sha256=digest, name="x")
    assert [found.name for found in queries.agencies()] == ["水利局"]


def test_a_work_with_a_new_number_takes_its_history_along(db: Any, clock: Any, coordinator: Person) -> None:
    """The old number was in no file any more, and stood in every list, quota and draw for ever."""
    old = factories.tender(number="OLD", budget=7_000_000)
    inspected = factories.issued_inspection(old, factories.account("leader"))
    new = factories.tender(_agency("水利局"), number="NEW", budget=None)
    path = f"/tenders/{old.id}/merge"
    assert path in coordinator.get(f"/tenders/{old.id}").text
    wrong = coordinator.post(path, agency=old.agency_id, number="NEW")
    assert (wrong.status_code, "沒有這個編號" in wrong.text) == (422, True)
    itself = coordinator.post(path, agency=old.agency_id, number="OLD", same="1")
    assert (itself.status_code, "同一筆" in itself.text) == (422, True)
    looked = coordinator.post(path, agency=new.agency_id, number="NEW")
    assert (looked.status_code, 'name="same"' in looked.text, queries.tender(old.id).number) == (
        422,
        True,
        "OLD",
    )
    done = coordinator.post(path, agency=new.agency_id, number="NEW", same="1")
    assert (done.status_code, done.location.endswith(new.id)) == (303, True)
    assert inspected in coordinator.get(f"/tenders/{old.id}").text
    db.session.expire_all()
    assert (queries.tender(old.id).number, queries.tender(old.id).budget) == ("NEW", 7_000_000)


def test_a_new_agency_is_confirmed(db: Any, coordinator: Person) -> None:
    unknown = factories.agency("新局", confirmed=False)
    assert (
        coordinator.post(f"/agencies/{unknown.id}", do="confirm", code="N1", short_name="新").status_code
        == 303
    )
    db.session.expire_all()
    found = queries.agency(unknown.id)
    assert (found.confirmed, found.code, found.short_name) == (True, "N1", "新")
