"""The pages of planning: each role's way through them, what is kept on errors, and what others must not learn."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from inspect_app import clock as product_clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.scheduling import queries, services
from tests.scheduling.conftest import DAY, City, at
from tests.scheduling.test_who_and_what import released_on
from tests.support import factories as make


class Person:
    """Somebody at a browser, signed in by a token."""

    def __init__(self, client: FlaskClient, db: Any, who: Actor | Account) -> None:
        self.client = client
        account = db.session.get(Account, who.id)
        self.headers = make.bearer(account)

    def get(self, path: str) -> Any:
        return self.client.get(f"/office{path}", headers=self.headers)

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(f"/office{path}", data=form, headers=self.headers)


@pytest.fixture
def people(client: FlaskClient, db: Any, city: City) -> dict[str, Person]:
    names = ("planner", "other_planner", "convener", "leader", "member", "staff", "stranger")
    return {name: Person(client, db, getattr(city, name)) for name in names}


def filled(city: City, **changes: Any) -> dict[str, Any]:
    """The plan form, filled in."""
    return {
        "tender_id": city.tender.id,
        "kind": "inspection",
        "announced": "no",
        "planned_on": DAY.isoformat(),
        "start": "09:30",
        "window_from": DAY.isoformat(),
        "window_to": (DAY + timedelta(days=3)).isoformat(),
        "leader": city.leader.id,
        "members": [city.member.id, city.second_member.id],
        "staff": [city.staff.id],
        "notice_no": "示研查字第9號",
        "topic": "結構體",
        **changes,
    }


def test_from_form_to_release(city: City, people: dict[str, Person], clock: Any) -> None:
    answer = people["planner"].post("/visits/new", **filled(city))
    assert answer.status_code == 303, answer.text
    page = answer.location
    path = page.removeprefix("/office")
    assert "鷺鷥橋耐震補強工程" in people["planner"].get(path).text
    assert people["planner"].post(f"{path}/submit").status_code == 303
    assert "等待核定名單與通知函" in people["convener"].get("/").text
    assert "鷺鷥橋耐震補強工程" in people["convener"].get("/visit-approvals").text
    assert people["convener"].post(f"{path}/approve", version="1").status_code == 303
    clock.set(at(DAY, 9))
    assert "登錄到場" in people["leader"].get(path).text
    assert people["leader"].post(f"{path}/release").status_code == 303
    assert "鷺鷥橋耐震補強工程" in people["member"].get(path).text
    visit = queries.get(path.rsplit("/", 1)[1])
    assert visit is not None
    assert visit.state == "released"
    assert visit.plan is not None
    assert visit.plan["leader_hour"].startswith("2026-11-30T09:00")
    assert visit.plan["member_hour"].startswith("2026-11-30T17:00")


def test_what_was_typed_stays_when_something_is_wrong(city: City, people: dict[str, Person]) -> None:
    answer = people["planner"].post("/visits/new", **filled(city, window_to="", topic="夜間施工照明"))
    assert answer.status_code == 422
    assert "夜間施工照明" in answer.text
    assert "結束日期" in answer.text
    assert f'value="{city.member.id}" checked' in answer.text
    assert f'value="{city.tender.id}" checked' in answer.text
    assert queries.open_visits() == []


def test_bad_input_is_told_at_its_field(city: City, people: dict[str, Person]) -> None:
    form = filled(city, planned_on="115.02.30", start="25:00", tender_id="unknown", leader="")
    answer = people["planner"].post("/visits/new", **form)
    assert answer.status_code == 422
    assert 'href="#f-planned_on"' in answer.text
    assert 'href="#f-start"' in answer.text
    assert 'href="#f-leader"' in answer.text


def test_roc_dates_may_be_typed(city: City, people: dict[str, Person]) -> None:
    form = filled(city, planned_on="115.12.01", window_from="115.12.01", window_to="1151204")
    assert people["planner"].post("/visits/new", **form).status_code == 303


def test_a_second_submit_of_the_same_form_makes_one_visit(city: City, people: dict[str, Person]) -> None:
    form = filled(city, once="0198c0de-0000-7000-8000-0000000000aa")
    answers = [people["planner"].post("/visits/new", **form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert len(queries.open_visits()) == 1


def test_a_stale_form_keeps_what_was_typed(city: City, people: dict[str, Person]) -> None:
    visit_id = city.planned()
    services.edit_visit(city.other_planner, visit_id, city.plan(topic="別人改的"), version=1)
    answer = people["planner"].post(f"/visits/{visit_id}/edit", **filled(city, version="1", topic="我打的字"))
    assert answer.status_code == 422
    assert "我打的字" in answer.text
    assert "目前存的：" in answer.text
    assert "別人改的" in answer.text
    meant = filled(city, version="2", topic="我打的字")  # the form now carries what it showed
    assert 'name="version" value="2"' in answer.text
    assert people["planner"].post(f"/visits/{visit_id}/edit", **meant).status_code == 303


def test_the_live_check_tells_composition_and_recusal(city: City, people: dict[str, Person]) -> None:
    good = people["planner"].post("/visits/check", **filled(city))
    assert "沒有不符規定的地方" in good.text
    assert "外聘 2 位" in good.text
    alone = people["planner"].post("/visits/check", **filled(city, members=[], leader=city.leader.id))
    assert "請增聘外聘委員" in alone.text
    empty = people["planner"].post("/visits/check", kind="inspection", announced="no", start="25:99")
    assert "這裡會列出" in empty.text
    assert queries.open_visits() == []


def test_tenders_are_found_by_planners_only(city: City, people: dict[str, Person]) -> None:
    assert "鷺鷥橋耐震補強工程" in people["planner"].post("/visits/tenders", q="鷺鷥").text
    assert people["member"].post("/visits/tenders", q="鷺鷥").status_code == 403


def test_reasons_are_wanted(city: City, people: dict[str, Person]) -> None:
    visit_id = city.planned()
    services.submit(city.planner, visit_id)
    empty = people["convener"].post(f"/visits/{visit_id}/return", reason=" ")
    assert (empty.status_code, "請寫退回的理由" in empty.text) == (422, True)
    assert people["convener"].post(f"/visits/{visit_id}/return", reason="專長不足").status_code == 303
    assert "專長不足" in people["planner"].get(f"/visits/{visit_id}").text
    assert "召集人退回一項查核行程" in people["planner"].get("/").text
    assert people["planner"].post(f"/visits/{visit_id}/cancel", reason="").status_code == 422
    assert people["planner"].post(f"/visits/{visit_id}/cancel", reason="改派").status_code == 303


def test_postponing_by_form(city: City, people: dict[str, Person]) -> None:
    visit_id = city.sealed()
    later = (DAY + timedelta(days=2)).isoformat()
    form = {"planned_on": later, "start": "10:00", "window_from": "2026-11-28", "window_to": "2026-12-04"}
    assert people["planner"].post(f"/visits/{visit_id}/postpone", **form).status_code == 422
    answer = people["planner"].post(f"/visits/{visit_id}/postpone", **form, reason="委員請假")
    assert answer.status_code == 303, answer.text
    [(visit, plan)] = queries.open_visits()
    assert (visit.state, plan.planned_on.isoformat()) == ("sealed", later)


def test_the_timeline_shows_who_looked(city: City, people: dict[str, Person]) -> None:
    visit_id = city.sealed()
    people["other_planner"].get(f"/visits/{visit_id}")
    page = people["planner"].get(f"/visits/{visit_id}").text
    assert "承辦乙" in page
    assert "檢視" in page


def test_the_notice_carries_the_conveners_name(city: City, people: dict[str, Person]) -> None:
    visit_id = city.sealed()
    page = people["planner"].get(f"/visits/{visit_id}/notice").text
    team = ["龍曉領（領隊，內聘）", "戚委員（查核委員，外聘）"]
    for wanted in ("召集人", "鷺鷥橋耐震補強工程", "示研查字第1150001號", *team, "專任工程人員"):
        assert wanted in page
    assert people["member"].get(f"/visits/{visit_id}/notice").status_code == 404


def test_members_see_date_and_district_only(city: City, people: dict[str, Person], clock: Any) -> None:
    visit_id = city.sealed()
    assert people["member"].get(f"/visits/{visit_id}").status_code == 404
    assert "查看行程" not in people["member"].get("/").text
    clock.set(at(DAY - timedelta(days=1), 12))
    assert "查看行程" in people["member"].get("/").text
    page = people["member"].get(f"/visits/{visit_id}").text
    assert "白鷺區" in page
    assert "民國115年12月1日（二）" in page
    for hidden in ("鷺鷥橋", "09:30", "測試市政府工務處", "龍曉領", "柴委員", "-112XQ77", city.tender.id):
        assert hidden not in page


PATHS = (
    "/", "/visits", "/visits/new", "/visit-approvals", "/visits/{id}", "/visits/{id}/edit", "/visits/{id}/notice",
    "/visits/{id}/cancel", "/visits/{id}/postpone", "/visits/{id}/return",
)  # fmt: skip
POSTS = (
    "/visits/{id}/submit",
    "/visits/{id}/approve",
    "/visits/{id}/release",
    "/visits/{id}/cancel",
    "/visits/check",
    "/visits/tenders",
)
NO_NEED = (
    Role.INSPECTOR, Role.LEADER, Role.STAFF, Role.SECRETARY, Role.AGENCY_HANDLER, Role.AGENCY_APPROVER, Role.AUDITOR,
    Role.ADMINISTRATOR, Role.CHAIR,
)  # fmt: skip
NOTHING = "0198c0de-0000-7000-8000-000000000000"


def world(
    client: FlaskClient, db: Any, who: Account, visit_id: str, form: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """Everything that somebody can see of the planning routes, the asked id taken out."""
    person = Person(client, db, who)
    seen = []
    for path in PATHS:
        answer = person.get(path.format(id=visit_id))
        seen.append((path, answer.status_code, sorted(answer.headers), answer.text.replace(visit_id, "ID")))
    for path in POSTS:
        answer = person.post(path.format(id=visit_id), **form)
        seen.append((path, answer.status_code, sorted(answer.headers), answer.text.replace(visit_id, "ID")))
    return seen


def test_two_worlds_are_alike_for_everybody_without_need(
    city: City,
    client: FlaskClient,
    db: Any,
    clock: Any,
) -> None:
    """World one: no visit, a made-up id. World two: the same tender is sealed, and its real id is asked for."""
    strangers = [make.account(role) for role in NO_NEED]
    form = {"q": "鷺鷥", "reason": "x", "version": "1", "tender_id": city.tender.id}
    clock.set(at(DAY, 9))
    without = [world(client, db, who, NOTHING, form) for who in strangers]
    visit_id = city.sealed()
    assert [world(client, db, who, visit_id, form) for who in strangers] == without
    assert [world(client, db, who, NOTHING, form) for who in strangers] == without
    known = Person(client, db, city.planner)
    assert all(
        known.get(path.format(id=visit_id)).status_code == 200 for path in ("/", "/visits", "/visits/{id}")
    )


def test_the_two_world_test_would_notice_a_leak(city: City, client: FlaskClient, db: Any) -> None:
    """The same comparison, made for somebody with need, must differ."""
    planner = db.session.get(Account, city.planner.id)
    visit_id = city.sealed()
    assert world(client, db, planner, visit_id, {}) != world(client, db, planner, NOTHING, {})


def test_nobody_outside_the_team_sees_a_released_visit_here(
    city: City, people: dict[str, Person], clock: Any
) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY, 10))
    services.release_due(product_clock.now())
    assert people["member"].get(f"/visits/{visit_id}").status_code == 200
    assert people["stranger"].get(f"/visits/{visit_id}").status_code == 404


@pytest.mark.parametrize("typed", [{"planned_on": "15.12.01"}, {"leader_hour": "0001-01-01T00:00"}])
def test_a_mistyped_year_is_told_on_the_form(
    city: City, people: dict[str, Person], typed: dict[str, str]
) -> None:
    answer = people["planner"].post("/visits/new", **filled(city, topic="我打的字", **typed))
    assert answer.status_code == 422
    assert "我打的字" in answer.text
    assert f'href="#f-{next(iter(typed))}"' in answer.text


def test_where_more_than_the_dates_must_change_postponing_says_the_way_out(
    city: City, people: dict[str, Person]
) -> None:
    """A 複查 that moves into January is a 查核 by then; the form of the dates has no field for it."""
    released_on(city, date(2026, 3, 2))
    start, end = (DAY - timedelta(days=3)).isoformat(), "2027-01-20"
    visit_id = city.sealed(kind="reinspection", window_to=date(2027, 1, 20))
    typed = {"planned_on": "2027-01-05", "start": "09:30", "window_from": start, "window_to": end}
    answer = people["planner"].post(f"/visits/{visit_id}/postpone", reason="停工", **typed)
    assert answer.status_code == 422
    assert "請取消這項行程後重新排定" in answer.text
