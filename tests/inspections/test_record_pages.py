"""The pages of a record: what is typed stays, what happened is said, the next action stands there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from inspect_app import clock as now
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.inspections import queries, services
from inspect_app.inspections.models import Record
from tests.support import factories as make
from tests.support.inspected import Inspected, Told, inspection_with_log


class Desk:
    """Somebody at the office pages of one inspection."""

    def __init__(self, client: FlaskClient, db: Any, one: Inspected, who: Actor) -> None:
        self.client, self.one = client, one
        self.headers = make.bearer(db.session.get(Account, who.id))

    def get(self, path: str = "") -> Any:
        return self.client.get(f"/office/inspections/{self.one.id}{path}", headers=self.headers)

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(f"/office/inspections/{self.one.id}{path}", data=form, headers=self.headers)


def desks(client: FlaskClient, db: Any, one: Inspected) -> dict[str, Desk]:
    return {name: Desk(client, db, one, who) for name, who in one.everybody.items()}


def action_of(page: Any) -> str:
    """The label of the page's main action."""
    found = re.search(r'button-main"[^>]*>([^<]*)<', page.text)
    return found[1].strip() if found else ""


def tidy_form(one: Inspected, text: str, seen: str) -> dict[str, str]:
    return {
        "entity": "finding", "entity_id": one.findings[0], "text": text, "seen_text": seen, "location": "A1 橋台",
        "seen_location": "A1 橋台",
    }  # fmt: skip


def test_a_record_is_clicked_from_the_closing_to_the_letter(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    desk = desks(client, db, one)
    assert action_of(desk["staff"].get()) == "送委員確認"
    assert desk["staff"].post("/tidy", **tidy_form(one, "整理後的字", "A1 橋台蜂窩")).status_code == 303
    page = desk["staff"].get("?tab=tidy").text
    assert "整理後的字" in page
    assert "A1 橋台蜂窩" in page
    assert desk["staff"].post("/send-for-confirmation").status_code == 303
    for name in ("leader", "member1", "member2"):
        assert action_of(desk[name].get()) == "確認紀錄"
        assert desk[name].post("/confirm", version="2", answer="agree").status_code == 303
        assert action_of(desk[name].get()) == ""
    assert action_of(desk["staff"].get()) == "陳核"
    assert desk["staff"].post("/send-for-approval").status_code == 303
    assert action_of(desk["convener"].get()) == "核定或退回"
    assert "整理後的字" in desk["convener"].get("/approval").text
    assert desk["convener"].post("/approve", version="2").status_code == 303
    assert action_of(desk["coordinator"].get()) == "發文"
    assert action_of(desk["convener"].get()) == "撤回核定"
    assert "還沒有發文" in desk["convener"].get("/approval").text
    assert "請說明撤回核定的理由" in desk["convener"].post("/withdraw", reason=" ").text
    answer = desk["coordinator"].post("/issue", letter_no="府研查字第7號", letter_on=now.today().isoformat())
    assert answer.status_code == 303
    assert "府研查字第7號" in desk["handler"].get().text
    assert one.row.state == "issued"


def test_a_stale_tidying_shows_all_versions_and_keeps_what_was_typed(
    client: FlaskClient, db: Any, clock: Any
) -> None:
    one = inspection_with_log()
    desk = desks(client, db, one)
    desk["staff"].post("/tidy", **tidy_form(one, "甲改的字", "A1 橋台蜂窩"))
    answer = desk["coordinator"].post("/tidy", **tidy_form(one, "乙打的字", "A1 橋台蜂窩"))
    assert answer.status_code == 409
    for text in ("A1 橋台蜂窩", "甲改的字", "乙打的字"):
        assert text in answer.text
    seen = re.search(r'name="seen_text" value="(甲改的字)"', answer.text)
    assert seen, "a second save is made knowingly"
    assert desk["coordinator"].post("/tidy", **tidy_form(one, "乙打的字", seen[1])).status_code == 303


def test_line_ends_of_the_browser_are_no_change(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    desk = desks(client, db, one)
    desk["staff"].post("/tidy", **tidy_form(one, "第一行\r\n第二行", "A1 橋台蜂窩"))
    again = desk["staff"].post("/tidy", **tidy_form(one, "第一行\r\n第二行", "第一行\n第二行"))
    assert again.status_code == 303
    assert len(queries.tidied_texts(one.id)) == 1


def test_the_late_reason_is_asked_and_nothing_typed_is_lost(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.approved()
    clock.advance(days=10)
    desk = desks(client, db, one)["coordinator"]
    assert "今天是第 8 個工作天" in desk.get("/issue").text
    form = {"letter_no": "府研查字第7號", "letter_on": now.today().isoformat()}
    answer = desk.post("/issue", **form)
    assert answer.status_code == 422
    assert "府研查字第7號" in answer.text
    assert 'id="e-late_reason"' in answer.text
    assert desk.post("/issue", **form, late_reason="委員出國").status_code == 303
    assert db.session.get(Record, one.id).late_reason == "委員出國"


@pytest.mark.parametrize(
    ("form", "field"),
    [({}, "letter_no"), ({"letter_no": "字"}, "letter_on"), ({"letter_no": "字", "letter_on": "2026-13-40"}, "letter_on"),
     ({"letter_no": "字", "letter_on": "115.11.24"}, "letter_on"), ({"letter_no": "字" * 101, "letter_on": "115.11.23"}, "letter_no")],
)  # fmt: skip
def test_a_wrong_letter_is_told_at_its_field(
    client: FlaskClient, db: Any, clock: Any, form: dict[str, str], field: str
) -> None:
    one = inspection_with_log()
    one.approved()
    answer = desks(client, db, one)["coordinator"].post("/issue", **form)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert one.row.state == "approved"


def test_a_double_click_issues_once(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.approved()
    desk = desks(client, db, one)["coordinator"]
    form = {
        "letter_no": "府研查字第7號",
        "letter_on": now.today().isoformat(),
        "once": "01a207a5-4b02-7bd3-8533-024175187288",
    }
    first, second = desk.post("/issue", **form), desk.post("/issue", **form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location


def test_an_objection_without_words_stays_on_the_page(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    services.send_for_confirmation(one.coordinator, one.id)
    desk = desks(client, db, one)["member1"]
    answer = desk.post("/confirm", version="1", answer="object")
    assert answer.status_code == 422
    assert "請說明要修改的地方" in answer.text
    assert desk.post("/confirm", version="1", answer="object", note="位置寫錯").status_code == 303
    assert "位置寫錯" in desk.get("?tab=confirm").text


def test_what_is_missing_stands_on_the_tidying_page(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(80, None, 78)))
    desk = desks(client, db, one)["staff"]
    assert "林委員的評分表尚未送出" in desk.get("?tab=tidy").text
    answer = desk.post("/send-for-confirmation")
    assert answer.status_code == 409
    assert "還不能送委員確認" in answer.text


def test_test_results_and_the_score_letter_by_their_pages(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(84, 84, 84), test="concrete_core"))
    one.issued()
    desk = desks(client, db, one)
    assert desk["coordinator"].post("/score-letter", letter_no="字", letter_on="115.11.23").status_code == 422
    wrong = desk["staff"].post(f"/tests/{one.test}", result="maybe", judged_on="115.11.23", report_no="R-9")
    assert wrong.status_code == 422
    assert "R-9" in wrong.text
    assert (
        desk["staff"]
        .post(f"/tests/{one.test}", result="fail", judged_on="115.11.23", report_no="R-9")
        .status_code
        == 303
    )
    assert "R-9" in desk["staff"].get("?tab=tests").text
    assert action_of(desk["coordinator"].get()) == "發成績函"
    assert (
        desk["coordinator"]
        .post("/score-letter", letter_no="府研查字第9號", letter_on="115.11.23")
        .status_code
        == 303
    )
    told = desk["handler"].get().text
    assert "69 分（丙等）" in told
    assert "府研查字第9號" in told


def test_the_history_tells_who_wrote_what_and_what_came_late(
    client: FlaskClient, db: Any, clock: Any
) -> None:
    one = inspection_with_log()
    one.write(one.members[0], "finding", one.log.new_entity(), kind="advice", text="晚到的建議")
    one.send()
    page = desks(client, db, one)["leader"].get("?tab=history").text
    assert "晚到的建議" in page
    assert "逾時送達" in page
    assert "戚委員" in page
    assert "才送達" not in page


def test_the_history_says_when_something_came_that_claims_to_be_old(
    client: FlaskClient, db: Any, clock: Any
) -> None:
    """A tablet's clock is its own: who writes an earlier moment is seen by when it arrived."""
    one = inspection_with_log(Told(closed=False))
    one.write(one.members[0], "finding", one.log.new_entity(), kind="advice", text="當天就寫的建議")
    clock.advance(days=2)
    assert one.send() == ["applied"]
    page = desks(client, db, one)["coordinator"].get("?tab=history").text
    assert page.count("平板的時間；115.11.25 09:00 才送達") == 1


def test_the_list_filters_by_its_address(client: FlaskClient, db: Any, clock: Any) -> None:
    one, other = inspection_with_log(), inspection_with_log(Told(scores=(91, 92, 93)))
    other.issued()
    headers = desks(client, db, one)["coordinator"].headers

    def shows(query: str) -> set[str]:
        page = client.get(f"/office/inspections{query}", headers=headers).text
        return {row.id for row in (one, other) if row.id in page}

    assert shows("") == {one.id, other.id}
    assert shows("?state=issued") == shows("?grade=優等") == {other.id}
    assert shows("?state=closed") == shows(f"?agency={one.tender.agency_id}") == {one.id}
    assert shows("?from=2026-11-24") == shows("?to=115.11.22") == set()
    assert shows("?from=nonsense&sort=-score&page=0") == {one.id, other.id}


@pytest.mark.parametrize(
    "tab", ["record", "tidy", "confirm", "scores", "tests", "photos", "disputes", "history"]
)
@pytest.mark.parametrize("state", ["open", "closed", "issued"])
def test_every_tab_opens_in_every_state(
    client: FlaskClient, db: Any, clock: Any, tab: str, state: str
) -> None:
    one = inspection_with_log(Told(closed=state != "open"))
    if state == "issued":
        one.issued()
    for name, desk in desks(client, db, one).items():
        answer = desk.get(f"?tab={tab}")
        hidden = name == "handler" and (state != "issued" or tab not in ("record", "photos"))
        assert answer.status_code == (404 if hidden else 200), name
        if tab == "record" and not hidden:
            assert ("這是草稿" in answer.text) is (state != "issued"), name
