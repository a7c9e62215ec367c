"""Two people at one case: what somebody decides, sends or saves is what that person saw."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from inspect_app import clock as app_clock
from inspect_app.accounts.permissions import Role
from inspect_app.extensions import db as database
from inspect_app.notices import queries, services
from tests.notices.conftest import Scene, issued
from tests.notices.test_cases import answer_all, write
from tests.support import factories, small_city
from tests.support.factories import PASSWORD
from tests.support.office import Visitor
from tests.support.tabs import Tab, clash

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def scene(city: small_city.City) -> Scene:
    return issued(city, 1, judgement="safety")


def visitor(app: Flask, scene: Scene, *roles: Role, of_agency: bool = False) -> Visitor:
    agency = scene.case.agency_id if of_agency else None
    account = factories.account(*roles, password=PASSWORD, agency_id=agency)
    one = Visitor(app)
    assert one.sign_in(account.login, PASSWORD).status_code == 303
    return one


def test_money_and_sanctions_of_a_case(scene: Scene, app: Flask) -> None:
    """A coordinator who only ticks the advice no longer takes back what the agency reported meanwhile."""
    case = f"/cases/{scene.case.id}"
    office = visitor(app, scene, Role.COORDINATOR)
    told = clash(office, case, "amount", "12,000", "8,000", action="/deductions/contractor")
    assert "NT$" in told
    assert "12,000" in told
    advice = Tab(office, case, "/sanctions/replace_site")
    services.record_sanction(
        scene.handler, scene.case.id, "replace_site", done=True, on=app_clock.today(), note="已撤換"
    )
    refused = advice.send(advised="1", advice="撤換品管人員")
    assert (refused.status_code, "已撤換" in refused.text) == (422, True)
    database.session.expire_all()
    row = queries.sanctions(scene.case.id)["replace_site"]
    assert (row.done, row.advised, row.done_note) == (True, False, "已撤換")
    unexplained = Tab(office, case, "/sanctions/replace_site").send(advised="1", done="no", note="")
    assert (unexplained.status_code, "請說明理由" in unexplained.text) == (422, True)
    assert office.post(f"{case}/sanctions/row", case, note="x" * 2000).status_code == 404


def test_a_decision_is_about_the_round_that_was_read(scene: Scene, app: Flask, db: Any) -> None:
    answer_all(scene)
    item = scene.case.items[0]
    page = f"/cases/{scene.case.id}/items/{item.id}"
    office = visitor(app, scene, Role.COORDINATOR)
    old, picked = Tab(office, page, "/decide"), f"{item.id}.{item.round}"
    services.return_item(scene.coordinator, item.id, "補正")
    lost = old.send(decision="returned", reason="角度不同")  # nothing waits any more: the reason is not lost
    assert (lost.status_code, "角度不同" in lost.text) == (422, True)
    answer_all(scene)
    stale = office.post(f"{page}/decide", page, decision="accepted", version="1")
    assert (stale.status_code, "第 2 次填報" in stale.text) == (422, True)
    several = office.post(f"/cases/{scene.case.id}/items/accept", f"/cases/{scene.case.id}", items=[picked])
    assert "另有 1 項" in office.client.get(several.location).text
    assert scene.fresh().items[0].state == "sent"
    assert Tab(office, page, "/decide").send(decision="accepted").status_code == 303
    again = office.post(f"{page}/decide", page, decision="again")  # a slip of the hand is taken back
    assert "已收回同意" in office.client.get(again.location).text
    entry = scene.fresh().items[0]
    reply = queries.current_reply(entry)
    assert reply is not None
    assert (entry.state, reply.decision, reply.decided_at) == ("sent", "", None)
    assert office.post(f"{page}/decide", page, decision="again").status_code == 422


def test_what_the_approver_sends_is_what_the_approver_saw(scene: Scene, app: Flask) -> None:
    first, second = scene.case.items[:2]
    write(scene, first)
    services.mark_ready(scene.handler, first.id)
    approver = visitor(app, scene, Role.AGENCY_APPROVER, of_agency=True)
    sending = Tab(approver, f"/cases/{scene.case.id}", "/send")
    write(scene, second)
    services.mark_ready(scene.handler, second.id)
    told = sending.send(number="局工字第7號")
    assert (told.status_code, "有變動" in told.text, sending.opened["number"]) == (422, True, "局工字第7號")
    assert sending.send().status_code == 303
    assert [entry.state for entry in scene.fresh().items[:2]] == ["sent", "sent"]


def test_two_handlers_at_one_answer(scene: Scene, app: Flask) -> None:
    item = scene.case.items[0]
    path = f"/cases/{scene.case.id}/items/{item.id}"
    handler = visitor(app, scene, Role.AGENCY_HANDLER, of_agency=True)
    clash(handler, path, "measure", "甲的對策", "乙的對策")
    slow = Tab(handler, path)
    write(scene, item)
    services.mark_ready(scene.handler, item.id)
    lost = slow.send(measure="丙寫了很久的對策")
    assert (lost.status_code, "丙寫了很久的對策" in lost.text, "沒有存入" in lost.text) == (422, True, True)


def test_an_extension_is_not_refused_by_a_choice_left_out(scene: Scene, app: Flask) -> None:
    until = scene.case.due_on.replace(year=scene.case.due_on.year + 1)
    extension = services.ask_extension(scene.approver, scene.case.id, until, "養護需時")
    office = visitor(app, scene, Role.COORDINATOR)
    form = Tab(office, f"/cases/{scene.case.id}", f"/extension/{extension.id}")
    answer = form.send(until=until.isoformat(), reason="養護需時，同意")
    assert (answer.status_code, form.opened["reason"].strip()) == (422, "養護需時，同意")
    assert queries.extensions(scene.case.id)[0].state == "asked"
