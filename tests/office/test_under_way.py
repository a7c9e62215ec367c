"""The office sees photos that are still on a tablet, and each person what their devices were still to send."""

from __future__ import annotations

from typing import Any

from inspect_app.inspections.services_open import open_released
from inspect_app.sync import previews
from inspect_app.sync.models import Holding
from inspect_app.transaction import transaction
from tests.support import factories, pictures
from tests.support.office import Visitor
from tests.support.tablet import Tablet


def visitor(app: Any, account: Any) -> Visitor:
    found = Visitor(app)
    assert found.sign_in(account.login, factories.PASSWORD).status_code == 303
    return found


def site(client: Any) -> Tablet:
    member = factories.account("inspector", password=factories.PASSWORD)
    factories.edition()
    visit = factories.released_visit(
        factories.tender(), factories.account("leader", "inspector"), (member,), edition_id="test-edition"
    )
    open_released()
    return Tablet(client, member, visit.id)


def send_preview(tablet: Tablet, finding: str) -> None:
    address = f"/api/v1/previews/{'b' * 64}?inspection={tablet.inspection}&finding={finding}"
    answer = tablet.client.put(address, data=pictures.photo(320, 240), headers=tablet.headers)
    assert answer.status_code == 204


def test_the_office_sees_the_small_picture_at_its_finding(app: Any, client: Any, db: Any, clock: Any) -> None:
    tablet = site(client)
    finding = tablet.finding()
    tablet.push(finding)
    send_preview(tablet, finding["entity_id"])
    page = visitor(app, factories.account("coordinator", password=factories.PASSWORD)).get(
        f"/inspections/{tablet.inspection}?tab=photos"
    )
    key = previews.preview_id(tablet.account.id, "b" * 64, tablet.inspection)
    assert f"/api/v1/previews/{key}" in page.text
    for words in ("還在平板上的照片 1 張", "缺失 1", "原檔未到", "不是證物"):
        assert words in page.text
    record = visitor(app, tablet.account).get(f"/inspections/{tablet.inspection}")
    assert key not in record.text


def test_the_todo_names_the_device_and_leads_to_what_never_came(
    app: Any, client: Any, db: Any, clock: Any
) -> None:
    tablet = site(client)
    tablet.push(holds=[{"inspection": tablet.inspection, "operations": 3, "photos": 2}])
    person = visitor(app, tablet.account)
    assert "「API」還有查核資料沒有送達" in person.get("/").text
    page = person.get("/left-behind").text
    for words in ("還有 3 筆紀錄沒有送達", "還有 2 張照片的原檔沒有送達", "救援檔", "伺服器無從得知"):
        assert words in page
    assert person.post(f"/left-behind/{tablet.device}/settle", "/left-behind").status_code == 303
    assert "沒有送達" not in person.get("/").text
    assert "沒有缺少的資料" in person.get("/left-behind").text


def test_a_device_that_has_sent_all_is_no_todo(app: Any, client: Any, db: Any, clock: Any) -> None:
    tablet = site(client)
    tablet.push(holds=[{"inspection": tablet.inspection, "operations": 0, "photos": 0}])
    with transaction():
        assert db.session.query(Holding).count() == 1
    person = visitor(app, tablet.account)
    assert "沒有送達" not in person.get("/").text
    assert "到最後連線為止的都收到了" in person.get("/left-behind").text
