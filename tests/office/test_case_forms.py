"""The forms of a case: what is refused says so where it was typed, and nobody's entry is overwritten unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from inspect_app.accounts.actor import Actor
from inspect_app.notices import queries, services
from inspect_app.notices.models import Case
from tests.support import factories as make
from tests.support.inspected import Told, inspection_with_log
from tests.support.pictures import photo

pytestmark = pytest.mark.timeout(300)


@dataclass
class Page:
    """Somebody at the pages of one case."""

    client: FlaskClient
    headers: dict[str, str]
    path: str

    def get(self, part: str = "") -> str:
        return self.client.get(self.path + part, headers=self.headers).text

    def send(self, part: str, **values: Any) -> TestResponse:
        return self.client.post(self.path + part, headers=self.headers, data=values)


@pytest.fixture
def case(db: Any, clock: Any) -> Case:
    """A 丙等, so that there are sanctions, too."""
    one = inspection_with_log(Told(scores=(60, 60, 60)))
    one.issued()
    found = queries.by_inspection(one.id)
    assert found is not None
    return found


@pytest.fixture
def at(client: FlaskClient, db: Any, case: Case) -> Any:
    def page(who: str) -> Page:
        agency = case.agency_id if who.startswith("agency") else None
        headers = make.bearer(make.account(who, agency_id=agency))
        return Page(client, headers, f"/office/cases/{case.id}")

    return page


def opened(page: str, words: str) -> bool:
    """Whether the part that holds the form stands open."""
    return re.search(rf'<details class="more" open><summary>{words}', page) is not None


def test_a_refused_form_stands_open_with_its_reason(at: Any) -> None:
    coordinator, approver = at("coordinator"), at("agency_approver")
    letter = coordinator.send("/letters", kind="reply", on="2016-01-01", number="局工字第1號")
    assert (letter.status_code, opened(letter.text, "登錄公文")) == (422, True)
    assert "日期要在查核紀錄發文日" in letter.text
    asked = approver.send("/extension", until="2016-01-01", reason="缺料")
    assert (asked.status_code, opened(asked.text, "申請展延")) == (422, True)
    money = coordinator.send("/deductions/supervision", amount="十萬元")
    assert (money.status_code, opened(money.text, "登錄實際扣款")) == (422, True)
    assert money.text.count("請填整數金額") == 2, "at the field and on top, of that party alone"
    assert not any(opened(coordinator.get(), words) for words in ("登錄公文", "申請展延", "登錄實際扣款"))


def version_of(page: str, kind: str) -> str:
    """The version that the form of one sanction was opened on."""
    form = page.split(f"/sanctions/{kind}")[1].split("</form>")[0]
    return re.findall(r'name="version" value="(\w+)"', form)[0]


def test_a_refused_sanction_keeps_what_was_typed_and_saves_no_half(at: Any, case: Case) -> None:
    coordinator = at("coordinator")
    typed = {"advised": "1", "advice": "撤換工地主任", "done": "no"}
    refused = coordinator.send("/sanctions/redo", version=version_of(coordinator.get(), "redo"), **typed)
    assert refused.status_code == 422
    assert "未依建議辦理時，請說明理由" in refused.text
    assert 'value="撤換工地主任"' in refused.text
    assert not queries.sanctions(case.id)["redo"].advised
    sent = coordinator.send(
        "/sanctions/redo", version=version_of(refused.text, "redo"), note="已另案處理", **typed
    )
    assert sent.status_code == 303
    assert queries.sanctions(case.id)["redo"].advised


def test_what_the_agency_reported_is_not_wiped_by_an_older_page(at: Any, case: Case, db: Any) -> None:
    coordinator, handler = at("coordinator"), at("agency_handler")
    old = version_of(coordinator.get(), "redo")
    reported = {"done": "yes", "on": "2026-11-23", "note": "已拆除重做"}
    assert (
        handler.send("/sanctions/redo", version=version_of(handler.get(), "redo"), **reported).status_code
        == 303
    )
    stale = coordinator.send("/sanctions/redo", version=old, advised="1", advice="拆除重做")
    assert stale.status_code == 422
    assert "已拆除重做" in stale.text
    db.session.expire_all()
    row = queries.sanctions(case.id)["redo"]
    assert (row.done, row.done_note, row.advised) == (True, "已拆除重做", False)


def test_a_colleagues_words_are_shown_before_they_are_replaced(at: Any, case: Case) -> None:
    item = case.items[0]
    handler, part = at("agency_handler"), f"/items/{item.id}"
    handler.get(part)
    assert handler.send(part, version="0", measure="甲寫的\r\n第二行").status_code == 303
    again = handler.send(part, version="0", measure="乙寫的")
    assert again.status_code == 422
    told = again.text.split("目前存的：")
    assert len(told) == 2, "only where they differ"
    assert "甲寫的\n第二行" in told[1].split("</p>")[0]
    assert "乙寫的</textarea>" in again.text


def test_files_stay_in_sight_when_an_item_takes_something_else(at: Any, case: Case, db: Any) -> None:
    item = next(one for one in case.items if one.evidence == "photos")
    handler, coordinator, part = at("agency_handler"), at("coordinator"), f"/items/{item.id}"
    reply = handler.get(part)
    assert "改善後" in reply
    file = {"file_after": (BytesIO(photo(3)), "after.jpg")}
    assert handler.send(part, version="0", measure="已修補", **file).status_code == 303
    assert coordinator.send(f"{part}/evidence", evidence="short").status_code == 303
    assert "改善後" in handler.get(part)
    assert "改善後" not in coordinator.get(part), "a draft is the agency's own affair"
    services.mark_ready(actor_of(case, "agency_handler"), item.id)
    services.send_replies(actor_of(case, "agency_approver"), case.id)
    assert "改善後" in coordinator.get(part)


def actor_of(case: Case, role: str) -> Actor:
    return make.actor(role, agency_id=case.agency_id)
