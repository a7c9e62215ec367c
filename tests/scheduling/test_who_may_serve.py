"""Who may be put into a team, and that it is asked again when the convener approves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from inspect_app import clock as product_clock
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.catalogue.models import Closure
from inspect_app.errors import Problem
from inspect_app.experts.models import Expert
from inspect_app.experts.services import TieFact, add_tie
from inspect_app.office import home
from inspect_app.projects.models import Tender
from inspect_app.scheduling import checks, queries, services, standing
from inspect_app.scheduling.plan import TeamMember
from inspect_app.transaction import transaction
from tests.scheduling.conftest import DAY, City, at
from tests.scheduling.test_pages import Person
from tests.support import factories as make
from tests.support.counting import statements


def refusal(call: Callable[[], Any]) -> Problem:
    with pytest.raises(Problem) as caught:
        call()
    return caught.value


def on_the_roster(db: Any, account_id: str) -> Expert:
    row = db.session.scalars(select(Expert).where(Expert.account_id == account_id)).one()
    assert isinstance(row, Expert)
    return row


def changed(model: Any, key: str, **values: Any) -> None:
    with transaction() as session:
        row = session.get_one(model, key)
        for name, value in values.items():
            setattr(row, name, value)


@pytest.mark.parametrize("kind", ["designed", "supervised"])
def test_earlier_work_at_a_firm_of_the_tender_is_a_conflict(city: City, db: Any, kind: str) -> None:
    """The page takes a firm's name only, so it must count without a tender's."""
    changed(Tender, city.tender.id, designer_id=make.firm("鷹工程顧問有限公司").id)
    add_tie(city.planner, on_the_roster(db, city.member.id).id, TieFact(kind, "鷹工程顧問"))
    problem = refusal(city.planned)
    assert (problem.code, "曾在設計單位「鷹工程顧問」" in problem.detail) == ("recusal", True)


def test_the_second_contractor_of_a_joint_venture_is_a_party(city: City, db: Any) -> None:
    changed(Tender, city.tender.id, details={"contractor2": "隼營造有限公司"})
    changed(Expert, on_the_roster(db, city.member.id).id, employer="隼營造")
    assert refusal(city.planned).code == "recusal"


def test_who_cannot_serve_is_neither_offered_nor_taken(city: City, db: Any, client: FlaskClient) -> None:
    changed(Expert, on_the_roster(db, city.member.id).id, active=False)
    changed(Account, city.second_member.id, expires_on=product_clock.today() - timedelta(days=1))
    changed(Account, city.staff.id, disabled_at=product_clock.now())
    changed(Account, city.leader.id, expires_on=DAY - timedelta(days=1))
    handler = make.account(Role.AGENCY_HANDLER, name="機關的人")
    form = Person(client, db, city.planner).get("/visits/new").text
    assert "龍曉領" in form
    assert [name for name in ("戚委員", "柴委員", "幕小員") if name in form] == []
    team = (*city.team(), TeamMember(handler.id, "member"))
    texts = [line["text"] for line in refusal(lambda: city.planned(team=team)).body()["reasons"]]
    names = ("龍曉領", "戚委員", "柴委員", "幕小員", "機關的人")
    assert [[name for name in names if name in text] for text in texts] == [[name] for name in names]


def test_what_came_up_since_the_submission_stops_the_approval(city: City, db: Any, clock: Any) -> None:
    visit_id = city.planned()
    services.submit(city.planner, visit_id)
    changed(Expert, on_the_roster(db, city.member.id).id, disqualified="停業處分")
    approve = lambda: services.approve_visit(city.convener, visit_id, version=1)  # noqa: E731
    assert "停業處分" in refusal(approve).detail
    changed(Expert, on_the_roster(db, city.member.id).id, disqualified="")
    clock.set(at(DAY + timedelta(days=1), 9))
    assert (problem := refusal(approve)).field == "planned_on"
    assert "已經過去" in problem.detail
    assert services.release_due(product_clock.now()) == 0, "a visit that never took place would count as done"
    services.return_visit(city.convener, visit_id, "日期已過")
    assert queries.get(visit_id).state == "draft"  # type: ignore[union-attr]


def test_what_came_up_since_the_approval_is_told_to_the_planners(
    city: City, db: Any, client: FlaskClient
) -> None:
    visit_id, planner = city.sealed(), Person(client, db, city.planner)
    assert standing.WHAT not in planner.get("/").text
    assert "現在不符規定" not in planner.get(f"/visits/{visit_id}").text
    add_tie(city.planner, on_the_roster(db, city.member.id).id, TieFact("interest", city.tender.agency.name))
    assert standing.WHAT in planner.get("/").text
    assert "自行聲明" in planner.get(f"/visits/{visit_id}").text
    for other in (city.convener, city.leader, city.stranger):
        assert standing.WHAT not in Person(client, db, other).get("/").text
    services.cancel(city.planner, visit_id, "重排")
    assert standing.WHAT not in planner.get("/").text


def test_a_day_off_is_a_reminder_and_a_make_up_day_is_none(city: City) -> None:
    """2027-01-01 is a holiday; a Saturday is no working day unless it is made one."""
    told = {}
    for day in (date(2026, 12, 4), date(2026, 12, 5), date(2027, 1, 1)):
        dates = {"planned_at": at(day, 9), "release_at": at(day, 9), "window_from": day, "window_to": day}
        hints = services.preview(city.planner, city.plan(**dates)).hints
        told[day] = [hint.rule for hint in hints if hint.rule == "plan.day_off"]
    assert list(told.values()) == [[], ["plan.day_off"], ["plan.day_off"]]
    with transaction() as session:
        session.add(Closure(on=date(2026, 12, 5), working=True, reason="補行上班"))
    assert not list(checks.reminders(city.plan(planned_at=at(date(2026, 12, 5), 9))))


def test_a_planner_who_stands_in_for_the_convener_finds_the_button(
    city: City, db: Any, client: FlaskClient
) -> None:
    visit_id = city.planned()
    services.submit(city.planner, visit_id)
    both = Person(client, db, make.account(Role.COORDINATOR, Role.CONVENER))
    page = both.get(f"/visits/{visit_id}").text
    assert f"/visits/{visit_id}/approve" in page
    assert f"/visits/{visit_id}/return" in page
    assert (
        f"/visits/{visit_id}/approve"
        not in Person(client, db, city.other_planner).get(f"/visits/{visit_id}").text
    )


def test_saving_an_expert_keeps_the_link_to_a_disabled_account(
    city: City, db: Any, client: FlaskClient
) -> None:
    changed(Account, city.member.id, disabled_at=product_clock.now())
    row = on_the_roster(db, city.member.id)
    page = Person(client, db, city.planner).get(f"/experts/{row.id}").text
    assert f'<option value="{city.member.id}" selected' in page


def test_a_visit_that_was_approved_keeps_its_tender(city: City) -> None:
    visit_id, other = city.planned(), make.tender()
    services.edit_visit(city.planner, visit_id, city.plan(tender_id=other.id), version=1)
    services.submit(city.planner, visit_id)
    services.approve_visit(city.convener, visit_id, version=2)
    new = services.Dates(
        at(DAY, 9), at(DAY, 9), at(DAY - timedelta(1), 9), at(DAY - timedelta(1), 9), DAY, DAY
    )
    services.postpone(city.planner, visit_id, new, "縮短期間")
    services.return_visit(city.convener, visit_id, "再研議")
    back = lambda: services.edit_visit(city.planner, visit_id, city.plan(), version=3)  # noqa: E731
    assert (refusal(back).code, refusal(back).field) == ("wrong_state", "tender_id")
    services.edit_visit(city.planner, visit_id, city.plan(tender_id=other.id, topic="材料"), version=3)


def test_a_planners_first_page_asks_little_for_each_further_visit(city: City) -> None:
    """Who cannot go was asked person by person: 26 questions for each visit that is planned."""
    asked = []
    for _ in range(3):
        city.sealed(tender_id=make.tender().id)
        with statements() as told:
            home.todos(city.planner, product_clock.today())
        asked.append(len(told))
    assert asked[2] - asked[1] <= 8
