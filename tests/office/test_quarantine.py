"""The page on which a person places what tablets sent and the server could not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inspect_app.audit.models import AuditLine
from inspect_app.domain.operations import entity_uuid
from inspect_app.errors import Problem
from inspect_app.ids import new_id
from inspect_app.inspections import quarantine, repairing, services_open
from inspect_app.inspections.models import Inspection, OperationRow, SetAside
from inspect_app.photos import services as photos
from inspect_app.scheduling.models import VisitMember
from inspect_app.transaction import transaction
from tests.support import factories, pictures
from tests.support.at_once import two_at_once
from tests.support.tablet import Tablet


def signed_in(client: Any, *roles: str) -> Any:
    account = factories.account(*roles, password=factories.PASSWORD)
    answer = client.post("/api/v1/session", json={"login": account.login, "password": factories.PASSWORD})
    assert answer.status_code == 200
    return client


def token(page: Any) -> str:
    return str(page.text.split('name="csrf_token" value="')[1].split('"')[0])


def test_is_looked_at_judged_again_and_settled(app: Any, client: Any, db: Any, clock: Any) -> None:
    leader, late = factories.account("leader", "inspector"), factories.account("inspector", name="補聘委員")
    visit = factories.released_visit(factories.tender(), leader)
    tablet = Tablet(client, late, visit.id)
    fits, never = tablet.finding("主筋間距不符"), tablet.finding("無法歸位", schema=9)
    assert {code for _, code in tablet.push(fits, never)} == {"not_on_team", "unknown_schema"}
    office = signed_in(app.test_client(), "coordinator")
    listed = office.get("/office/quarantine")
    assert listed.text.count("補聘委員") == 3
    assert "2 筆現場資料無法歸位" in office.get("/office/").text
    ids = {row.operation_id: row.id for row in db.session.query(SetAside)}
    one = office.get(f"/office/quarantine/{ids[fits['id']]}")
    assert "主筋間距不符" in one.text
    again = f"/office/quarantine/{ids[fits['id']]}/again"
    refused = office.post(again, data={"csrf_token": token(one)})
    assert (refused.status_code, "仍然不能納入" in refused.text) == (422, True)
    with transaction() as session:
        session.add(
            VisitMember(
                visit_id=visit.id, account_id=late.id, role="member", external=True, name=late.name, place=5
            )
        )
    assert office.post(again, data={"csrf_token": token(one)}).status_code == 303
    assert db.session.query(OperationRow).one().id == fits["id"]
    other = f"/office/quarantine/{ids[never['id']]}"
    page = office.get(other)
    assert office.post(other, data={"csrf_token": token(page), "note": " "}).status_code == 422
    assert office.post(other, data={"csrf_token": token(page), "note": "已由紙本補登"}).status_code == 303
    assert "沒有等待處理的資料" in office.get("/office/quarantine").text
    assert "已由紙本補登" in office.get(other).text


def test_only_those_with_the_permission_look_and_markup_is_shown_as_text(
    app: Any, client: Any, db: Any
) -> None:
    person = factories.account("inspector", name="<b>委員</b>")
    visit = factories.released_visit(factories.tender(), factories.account("leader"))
    tablet = Tablet(client, person, visit.id)
    tablet.push(tablet.finding("<script>alert(1)</script>"))
    key = db.session.query(SetAside).one().id
    office = signed_in(app.test_client(), "administrator")
    assert "<script>alert(1)" not in office.get(f"/office/quarantine/{key}").text
    assert signed_in(app.test_client(), "secretary").get("/office/quarantine").status_code == 403
    assert office.get("/office/quarantine/none").status_code == 404


def test_is_repaired_with_a_reason_and_what_came_stays(app: Any, client: Any, db: Any, clock: Any) -> None:
    leader, person = factories.account("leader", "inspector"), factories.account("inspector", name="許委員")
    wrong = factories.released_visit(factories.tender(), leader)
    right = factories.released_visit(factories.tender(name="正確的標案"), leader, (person,))
    services_open.ensure([right.id])
    tablet = Tablet(client, person, wrong.id)
    lost = tablet.finding("誤記在別的查核")
    assert tablet.push(lost) == [("quarantined", "not_on_team")]
    office = signed_in(app.test_client(), "coordinator")
    row = db.session.query(SetAside).filter_by(operation_id=lost["id"]).one()
    before, address = row.body, f"/office/quarantine/{row.id}/repair"
    form = office.get(address)
    assert "正確的標案" in form.text
    data = {"csrf_token": token(form), "set-kind": "defect", "set-text": "記在正確的查核", "set-severity": ""}
    assert office.post(address, data={**data, "inspection": right.id}).status_code == 422
    assert office.post(address, data={**data, "inspection": wrong.id, "reason": "改"}).status_code == 422
    done = office.post(address, data={**data, "inspection": right.id, "reason": "平板選錯了查核"})
    assert done.status_code == 303
    entered = db.session.query(OperationRow).one()
    assert (entered.inspection_id, entered.author_id, entered.status) == (right.id, person.id, "applied")
    assert json.loads(entered.body)["set"] == {"kind": "defect", "text": "記在正確的查核"}
    db.session.expire_all()
    assert (row.body, row.settled_at is not None) == (before, True)
    line = db.session.query(AuditLine).filter_by(action="inspections.quarantine_repaired").one()
    assert (line.detail["fields"], line.detail["reason"]) == (["severity", "text"], "平板選錯了查核")
    assert tablet.push(lost) == [("quarantined", "not_on_team")]
    assert office.post(address, data={**data, "inspection": right.id, "reason": "再一次"}).status_code == 422


def test_the_paper_of_a_sheet_is_as_secret_as_the_sheet(app: Any, client: Any, db: Any, clock: Any) -> None:
    leader, late = factories.account("leader", "inspector"), factories.account("inspector")
    visit = factories.released_visit(factories.tender(), leader)
    services_open.ensure([visit.id])
    tablet = Tablet(client, late, visit.id)
    sha256 = photos.take_in(factories.account_queries.actor_for(late), pictures.photo())
    paper = tablet.operation("photo", new_id(), {"sha256": sha256, "use": "score_paper"})
    assert tablet.push(paper) == [("quarantined", "not_on_team")]
    address, office = f"/api/v1/photos/{sha256}/original", factories.bearer(factories.account("coordinator"))
    assert client.get(address, headers=office).status_code == 404
    with transaction() as session:
        session.get_one(Inspection, visit.id).sheets_open = True
    assert client.get(address, headers=office).status_code == 200


def test_two_who_place_the_same_at_once_enter_it_once(
    app: Any, client: Any, db: Any, clock: Any, monkeypatch: Any
) -> None:
    """The second waits for the first and is told that it is done; a repaired copy has an id of its own, so nothing else would."""
    leader, person = factories.account("leader", "inspector"), factories.account("inspector")
    wrong = factories.released_visit(factories.tender(), leader)
    right = factories.released_visit(factories.tender(), leader, (person,))
    services_open.ensure([right.id])
    tablet = Tablet(client, person, wrong.id)
    lost = tablet.finding("誤記在別的查核")
    assert tablet.push(lost) == [("quarantined", "not_on_team")]
    key, actor = db.session.query(SetAside).one().id, factories.actor("coordinator")
    there = right.id
    db.session.rollback()

    def repair(_: int) -> str:
        with app.app_context():
            try:
                return repairing.repair(actor, key, inspection=there, patch=lost["set"], reason="選錯").status
            except Problem as problem:
                return problem.code

    assert sorted(two_at_once(monkeypatch, quarantine, "hold", repair)) == ["applied", "wrong_state"]
    db.session.rollback()
    assert db.session.query(OperationRow).count() == 1


def test_a_sheet_can_be_put_right_but_neither_seen_nor_changed(
    app: Any, client: Any, db: Any, clock: Any
) -> None:
    leader, person = factories.account("leader", "inspector"), factories.account("inspector")
    wrong = factories.released_visit(factories.tender(), leader)
    right = factories.released_visit(factories.tender(), leader, (person,))
    tablet = Tablet(client, person, wrong.id)
    assert tablet.push(tablet.sheet(q_owner=3, comment_q="只有本人能看")) == [("quarantined", "not_on_team")]
    row = db.session.query(SetAside).one()
    actor, office = factories.actor("coordinator"), signed_in(app.test_client(), "coordinator")
    for page in (f"/office/quarantine/{row.id}", f"/office/quarantine/{row.id}/repair"):
        assert "只有本人能看" not in office.get(page).text
    with pytest.raises(Problem, match="wrong_state"):
        repairing.repair(actor, row.id, inspection=right.id, patch={"q_owner": 5}, reason="調高")
    as_came = repairing.patch_of(row)
    assert (
        repairing.repair(actor, row.id, inspection=right.id, patch=as_came, reason="選錯").status == "applied"
    )
    sheet = db.session.query(OperationRow).one()
    assert (sheet.entity_id, sheet.confidential_to) == (
        entity_uuid(right.id, f"score_sheet:{person.id}"),
        person.id,
    )


def test_what_one_tablet_parked_is_placed_at_once_and_what_cannot_be_stays(
    app: Any, client: Any, db: Any, clock: Any
) -> None:
    """A morning's work of somebody who was not on the team yet: one act for all of it, in the tablet's own order."""
    leader, late = factories.account("leader", "inspector"), factories.account("inspector", name="補聘委員")
    visit = factories.released_visit(factories.tender(name="河堤加高工程"), leader)
    tablet = Tablet(client, late, visit.id)
    notes = [
        tablet.operation("finding", new_id(), {"kind": "defect", "text": f"第 {n} 項", "severity": "M"})
        for n in (1, 2, 3)
    ]
    odd = tablet.operation("visit", visit.id, {"arrived_at": 7, "present": {"a": [1]}}, schema=9)
    assert tablet.push(*notes, odd) == [("quarantined", "not_on_team")] * 3 + [
        ("quarantined", "unknown_schema")
    ]
    office = signed_in(app.test_client(), "coordinator")
    listed = office.get("/office/quarantine")
    assert listed.text.count("河堤加高工程") == 5
    assert "4 筆" in listed.text
    strange = db.session.query(SetAside).filter_by(operation_id=odd["id"]).one()
    assert office.get(f"/office/quarantine/{strange.id}").status_code == 200
    first = db.session.query(SetAside).filter_by(operation_id=notes[0]["id"]).one()
    shown = office.get(f"/office/quarantine/{first.id}").text
    assert "內容" in shown
    assert "中等" in shown
    with transaction() as session:
        session.add(
            VisitMember(
                visit_id=visit.id, account_id=late.id, role="member", external=True, name=late.name, place=5
            )
        )
    data = {"csrf_token": token(listed), "account": late.id, "inspection": visit.id}
    told = office.post("/office/quarantine-again", data=data, follow_redirects=True)
    assert "已納入 3 筆。還有 1 筆仍然不能納入" in told.text
    entered = [row.id for row in db.session.query(OperationRow).order_by(OperationRow.n)]
    assert entered == [note["id"] for note in notes]
    other = signed_in(app.test_client(), "secretary")
    assert other.post("/office/quarantine-again", data=data).status_code != 303
