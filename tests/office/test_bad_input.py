"""Bad input at real pages: a clear message in Chinese at its place, and nothing of what was typed is lost."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.accounts.permissions import Role
from inspect_app.notices.models import Case
from inspect_app.notices.queries import by_inspection, current_reply
from inspect_app.transaction import transaction
from tests.support import factories, small_city
from tests.support.office import Visitor
from tests.support.pictures import photo


@pytest.fixture
def case(db: Any) -> Case:
    city = small_city.build(6)
    inspection = city.inspect(0, app_clock.today() - timedelta(days=20), office="issued")
    found = by_inspection(inspection)
    assert found is not None
    return found


def signed_in(app: Any, role: Role, **values: Any) -> Visitor:
    account = factories.account(role, password=factories.PASSWORD, **values)
    visitor = Visitor(app)
    assert visitor.sign_in(account.login, factories.PASSWORD).status_code == 303
    return visitor


def item_of(case: Case, evidence: str) -> tuple[Any, str]:
    item = next(one for one in case.items if one.evidence == evidence)
    return item, f"/cases/{case.id}/items/{item.id}"


def test_two_tabs_on_one_reply_lose_neither(case: Case, app: Any, db: Any) -> None:
    handler = signed_in(app, Role.AGENCY_HANDLER, agency_id=case.agency_id)
    item, path = item_of(case, "photos")
    handler.get(path)
    saved = handler.post(path, version="0", cause="左分頁的原因", measure="左分頁的對策", do="save")
    assert saved.status_code == 303, saved.text
    refused = handler.post(path, version="0", cause="右分頁的原因", measure="右分頁的對策", do="save")
    assert refused.status_code == 422
    for words in ("右分頁的原因", "右分頁的對策", "還不能送核章"):
        assert words in refused.text
    db.session.expire_all()
    kept = current_reply(item)
    assert kept is not None
    assert (kept.cause, kept.measure) == ("左分頁的原因", "左分頁的對策")


def test_an_empty_photo_is_named_and_the_draft_is_kept(case: Case, app: Any, db: Any) -> None:
    handler = signed_in(app, Role.AGENCY_HANDLER, agency_id=case.agency_id)
    item, path = item_of(case, "photos")
    handler.get(path)
    files = [(io.BytesIO(b""), "空的.jpg"), (io.BytesIO(photo(seed=5)), "好的.jpg")]
    answer = handler.post(path, version="0", cause="養護不足", measure="修補", file_after=files, do="save")
    assert answer.status_code == 303
    shown = handler.get(path).text
    assert "空的.jpg：" in shown
    assert "養護不足" in shown
    db.session.expire_all()
    kept = current_reply(item)
    assert kept is not None
    assert len([one for one in kept.photos if one.slot == "after"]) == 1  # the good one went in


def test_a_future_date_is_told_and_the_rest_stays_typed(case: Case, app: Any, db: Any) -> None:
    coordinator = signed_in(app, Role.COORDINATOR)
    tomorrow = app_clock.today() + timedelta(days=1)
    with transaction():
        for item in db.session.get_one(Case, case.id).items:
            item.state = "accepted"
    page = f"/cases/{case.id}"
    answer = coordinator.post(f"{page}/close", page=page, number="府研查字第1159999號", on=str(tomorrow))
    assert answer.status_code == 422
    for words in ("府研查字第1159999號", str(tomorrow), "還不能送出"):
        assert words in answer.text
    handler = signed_in(app, Role.AGENCY_HANDLER, agency_id=case.agency_id)
    month = f"{app_clock.today():%Y-%m}"
    typed = {"month": month, "cause": "管線未遷", "catch_up_on": "115.13.40"}
    answer = handler.post(f"/tenders/{case.tender_id}/delays", **typed)
    assert answer.status_code == 422
    for words in ("管線未遷", "115.13.40", "還不能送出"):
        assert words in answer.text


def test_an_unknown_code_is_told_at_its_field_and_stays_typed(case: Case, app: Any) -> None:
    coordinator = signed_in(app, Role.COORDINATOR)
    path = f"/tenders/{case.tender_id}/terms"
    answer = coordinator.post(path, procurement_amount="12,000,000", multipliers="5.01.01 2\n9.99.99 2")
    assert answer.status_code == 422
    for words in ("9.99.99", "5.01.01 2", "12,000,000", 'href="#f-multipliers"'):
        assert words in answer.text
