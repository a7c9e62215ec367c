"""What a tablet sent for a visit that was then cancelled: the planners', and nobody else learns that there was one."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app.audit.models import AuditLine
from inspect_app.errors import Problem
from inspect_app.inspections import quarantine, repairing, services_open
from inspect_app.inspections.models import OperationRow, SetAside
from inspect_app.photos import services as photos
from inspect_app.scheduling import queries, services
from tests.scheduling.conftest import City
from tests.scheduling.test_pages import Person
from tests.support import factories, pictures
from tests.support.tablet import Tablet

NOBODY_ELSE = ("administrator", "convener", "auditor", "secretary", "chair", "staff")
SECRET = "這是鷺鷥橋的帶狀裂縫"


@pytest.fixture
def sent(city: City, client: Any, clock: Any, db: Any) -> tuple[str, SetAside, str]:
    """(visit, what was set aside, the photo that it refers to); the visit is sealed."""
    visit_id = city.sealed()
    leader = factories.account_queries.get(city.leader.id)
    sha256 = photos.take_in(city.leader, pictures.photo())
    tablet = Tablet(client, leader, visit_id)
    finding = tablet.finding(SECRET)
    photo = tablet.operation("photo", finding["entity_id"], {"sha256": sha256, "caption": "現場"})
    assert tablet.push(finding, photo) == [("quarantined", "unknown_inspection")] * 2
    row = db.session.scalars(select(SetAside).where(SetAside.operation_id == finding["id"])).one()
    return visit_id, row, sha256


def seen(person: Person, row: SetAside, sha256: str, visit_id: str) -> list[tuple[int, bytes]]:
    """What is answered, byte by byte, to questions about this row, and about a made-up one."""
    addresses = [f"/quarantine/{row.id}", f"/quarantine/{row.id}/repair", f"/visits/{visit_id}"]
    answers = [person.get(path) for path in addresses]
    verbs = [
        person.post(path, note="x", reason="x", inspection=visit_id)
        for path in (*addresses[:2], addresses[0] + "/again")
    ]
    picture = person.client.get(f"/api/v1/photos/{sha256}/original", headers=person.headers)
    return [(one.status_code, one.data) for one in (*answers, *verbs, picture)]


def test_the_planners_see_it_once_the_visit_is_cancelled_and_each_look_is_written_down(
    city: City,
    client: Any,
    db: Any,
    sent: tuple[str, SetAside, str],
) -> None:
    visit_id, row, sha256 = sent
    planner = Person(client, db, city.planner)
    assert planner.get(f"/quarantine/{row.id}").status_code == 404, "a sealed one waits for its release"
    services.cancel(city.other_planner, visit_id, "颱風停工")
    assert "2 筆現場資料無法歸位" in planner.get("/").text
    assert planner.get("/quarantine").text.count("這項行程已取消") == 2
    page = planner.get(f"/quarantine/{row.id}").text
    assert SECRET in page
    assert f"/office/visits/{visit_id}" in page
    assert "重新處理" not in page, "it cannot be placed there any more"
    repair = planner.get(f"/quarantine/{row.id}/repair").text
    assert "data-draft" not in page + repair, "nothing of a plan stays in the browser"
    picture = client.get(f"/api/v1/photos/{sha256}/original", headers=planner.headers)
    assert hashlib.sha256(picture.data).hexdigest() == sha256
    assert "2 筆現場資料" in planner.get(f"/visits/{visit_id}").text
    assert "鷺鷥橋耐震補強工程" in planner.get("/visits?cancelled=1").text
    looks = [(line.actor_id, text) for line, text in queries.events(visit_id) if line.kind == "viewed"]
    assert (city.planner.id, "work 2026-11-23 v1") in looks


def test_nobody_else_learns_anything_from_it(
    city: City,
    client: Any,
    db: Any,
    sent: tuple[str, SetAside, str],
) -> None:
    visit_id, row, sha256 = sent
    others = {role: Person(client, db, factories.account(role)) for role in NOBODY_ELSE}
    others["a member of the team"] = Person(client, db, city.member)
    services.cancel(city.planner, visit_id, "颱風停工")
    made_up = SetAside(id="01900000-0000-7000-8000-000000000000")
    nothing = {
        name: seen(one, made_up, "0" * 64, "01900000-0000-7000-8000-000000000001")
        for name, one in others.items()
    }
    assert {name: seen(one, row, sha256, visit_id) for name, one in others.items()} == nothing
    need = Person(client, db, city.other_planner)
    assert seen(need, row, sha256, visit_id) != seen(need, made_up, "0" * 64, made_up.id), "it would notice"
    for person in others.values():
        assert "無法歸位" not in person.get("/").text
    assert "沒有等待處理的資料" in others["administrator"].get("/quarantine").text
    for asks in (quarantine.get, quarantine.judge_again):
        with pytest.raises(Problem, match="not_found"):
            asks(factories.actor("administrator"), row.id)


def test_it_can_be_put_into_the_visit_that_was_planned_instead_and_the_log_names_nothing(
    city: City,
    client: Any,
    db: Any,
    sent: tuple[str, SetAside, str],
) -> None:
    visit_id, row, _ = sent
    services.cancel(city.planner, visit_id, "誤取消")
    leader = factories.account_queries.get(city.leader.id)
    assert leader is not None
    instead = factories.released_visit(city.tender, leader)
    services_open.ensure([instead.id])
    planner = Person(client, db, city.planner)
    typed = {"inspection": instead.id, "reason": "鷺鷥橋改排的行程", "set-kind": "defect", "set-text": SECRET}
    assert planner.post(f"/quarantine/{row.id}/repair", **typed).status_code == 303
    assert db.session.scalars(select(OperationRow.inspection_id)).one() == instead.id
    other = db.session.scalars(select(SetAside).where(SetAside.settled_at.is_(None))).one()
    assert planner.post(f"/quarantine/{other.id}", note="鷺鷥橋的照片不採用").status_code == 303
    assert "鷺鷥橋的照片不採用" in planner.get(f"/quarantine/{other.id}").text
    assert "鷺鷥橋改排的行程" in planner.get(f"/quarantine/{row.id}").text
    db.session.expire_all()
    lines = db.session.scalars(
        select(AuditLine).where(AuditLine.action.startswith("inspections.quarantine"))
    ).all()
    told = repr([line.detail for line in lines]) + row.settled_note + other.settled_note
    assert "鷺鷥橋" not in told
    pins = {line.detail.get("note_sealed_sha256") for line in lines}
    assert hashlib.sha256(other.settled_note.encode()).hexdigest() in pins
    assert repairing.content_of(row)["set"]["text"] == SECRET, "what came stays whole"
