"""A visit that the clock released though nobody went, and a cancelled one that the team made all the same."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app import clock as product_clock
from inspect_app.errors import Problem
from inspect_app.inspections import services_open
from inspect_app.inspections.models import Inspection, OperationRow
from inspect_app.notifications.models import OutboxRow
from inspect_app.projects.models import Tender
from inspect_app.scheduling import queries, quotas, services
from inspect_app.scheduling.models import VisitMember
from inspect_app.sync import calling_off
from tests.scheduling.conftest import DAY, City, at
from tests.scheduling.test_pages import Person
from tests.support import factories
from tests.support.tablet import Tablet


@pytest.fixture
def released(city: City, clock: Any, db: Any) -> str:
    """A visit that the clock released, with its inspection."""
    visit_id = city.sealed()
    clock.set(at(DAY, 10))
    assert services.release_due(product_clock.now()) == 1
    services_open.open_released()
    return visit_id


def tablet_of(client: Any, who: Any, visit_id: str) -> Tablet:
    return Tablet(client, factories.account_queries.get(who.id), visit_id)


def test_a_visit_that_nobody_made_counts_nowhere_and_is_planned_anew(
    city: City, client: Any, db: Any, clock: Any, released: str
) -> None:
    planner = Person(client, db, city.planner)
    assert "沒有成行" in planner.get(f"/visits/{released}").text
    assert len(quotas.done(2026)) == 1
    path = f"/visits/{released}/call-off"
    assert planner.post(path, reason=" ").status_code == 422
    assert planner.post(path, reason="颱風，當天沒有人到場").status_code == 303
    db.session.expire_all()
    visit = queries.get(released)
    assert visit is not None
    assert (visit.state, visit.tender_id, visit.plan, visit.inspected_on) == ("cancelled", None, None, None)
    assert db.session.scalars(select(Inspection)).all() == []
    assert db.session.scalars(select(VisitMember)).all() == []
    assert quotas.done(2026) == []
    texts = [row.payload["text"] for row in db.session.scalars(select(OutboxRow)) if row.kind == "visit.call"]
    assert texts == ["changed"] * 4
    assert "颱風，當天沒有人到場" in planner.get(f"/visits/{released}").text
    leader = Person(client, db, city.leader)
    assert leader.get(f"/visits/{released}").status_code == 404
    later = DAY + timedelta(days=7)
    city.planned(planned_at=at(later, 9), release_at=at(later, 9), window_from=later, window_to=later)


def test_as_soon_as_anything_came_somebody_was_there(
    city: City, client: Any, db: Any, clock: Any, released: str
) -> None:
    member = tablet_of(client, city.member, released)
    holds = [{"inspection": released, "operations": 2, "photos": 0}]
    member.post(holds=[{**holds[0], "operations": 0}])
    assert calling_off.may_call_off(released), "a tablet that holds nothing was not there"
    member.post(holds=holds)
    assert not calling_off.may_call_off(released)
    member.post(holds=[{**holds[0], "operations": 0}])
    assert member.push(member.finding()) == [("applied", None)]
    with pytest.raises(Problem) as caught:
        calling_off.call_off(city.planner, released, "沒有去")
    assert caught.value.code == "wrong_state"
    assert "沒有成行" not in Person(client, db, city.planner).get(f"/visits/{released}").text
    for person in (city.convener, city.leader):
        with pytest.raises(Problem, match="forbidden"):
            calling_off.call_off(person, released, "沒有去")


def test_who_went_all_the_same_loses_nothing(
    city: City, client: Any, db: Any, clock: Any, released: str
) -> None:
    leader = tablet_of(client, city.leader, released)
    leader.post(holds=[{"inspection": released, "operations": 0, "photos": 0}])
    calling_off.call_off(city.planner, released, "誤以為沒有去")
    work = [leader.finding(f"缺失{number}") for number in range(3)]
    assert leader.push(*work) == [("quarantined", "unknown_inspection")] * 3
    planner = Person(client, db, city.planner)
    page = planner.get(f"/visits/{released}").text
    assert "3 筆現場資料" in page
    assert "其實有成行" in page
    assert planner.post(f"/visits/{released}/took-place").status_code == 303
    db.session.expire_all()
    assert [row.status for row in db.session.scalars(select(OperationRow))] == ["applied"] * 3
    assert leader.push(*work) == [("applied", None)] * 3
    assert [one.visit_id for one in quotas.done(2026)] == [released]
    assert planner.post(f"/visits/{released}/took-place").status_code == 409


def test_only_what_the_convener_had_approved_is_taken_up_again(city: City, clock: Any, db: Any) -> None:
    draft = city.planned()
    services.cancel(city.planner, draft, "改派")
    approved = city.sealed()
    services.cancel(city.planner, approved, "颱風")
    for moment, visit_id in ((at(DAY, 9), draft), (at(DAY - timedelta(days=1), 9), approved)):
        clock.set(moment)
        with pytest.raises(Problem) as caught:
            calling_off.took_place(city.planner, visit_id)
        assert caught.value.code == "wrong_state"
    clock.set(at(DAY, 12))
    calling_off.took_place(city.planner, approved)
    visit = queries.get(approved)
    assert visit is not None
    assert (visit.state, visit.tender_id, len(visit.members)) == ("released", city.tender.id, 4)
    assert db.session.get_one(Tender, city.tender.id).id == db.session.get_one(Inspection, approved).tender_id


def test_who_sends_at_that_very_moment_is_answered_and_kept(
    app: Any, city: City, client: Any, db: Any, clock: Any, released: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, begun = tablet_of(client, city.member, released), Event()
    member.post(holds=[{"inspection": released, "operations": 0, "photos": 0}])
    finding = member.finding()
    db.session.rollback()
    member.client, whole = app.test_client(), services.call_off

    def slowly(*given: Any) -> None:
        begun.set()
        time.sleep(
            0.5
        )  # as long as the other needs to stand before the row; later, it finds the visit cancelled
        whole(*given)

    monkeypatch.setattr(services, "call_off", slowly)

    def call_off() -> None:
        with app.app_context():
            calling_off.call_off(city.planner, released, "颱風")

    def send() -> Any:
        begun.wait(60)
        return member.push(finding, holds=[{"inspection": released, "operations": 3, "photos": 1}])

    with ThreadPoolExecutor(2) as pool:
        off, sent = pool.submit(call_off), pool.submit(send)
        assert off.result(60) is None
        assert sent.result(60) == [("quarantined", "unknown_inspection")]
