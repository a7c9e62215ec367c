"""A visit from plan to release, and every refusal on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from inspect_app import clock as product_clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.errors import Problem
from inspect_app.installation import keys as installation_keys
from inspect_app.projects.services import merge_agency
from inspect_app.scheduling import queries, services
from inspect_app.scheduling.models import Visit, VisitEvent
from inspect_app.scheduling.plan import TeamMember
from inspect_app.scheduling.services.changing import Dates
from inspect_app.transaction import transaction
from tests.scheduling.conftest import DAY, City, at
from tests.support import factories as make


def refused(call: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        call()
    return caught.value


def state(visit_id: str) -> str:
    visit = queries.get(visit_id)
    assert visit is not None
    return visit.state


def kinds(visit_id: str) -> list[str]:
    return [row.kind for row, _ in queries.events(visit_id)]


def test_goes_from_draft_to_release(city: City, clock: Any) -> None:
    visit_id = city.planned()
    assert state(visit_id) == "draft"
    services.submit(city.planner, visit_id)
    assert state(visit_id) == "submitted"
    services.approve_visit(city.convener, visit_id, version=1)
    assert state(visit_id) == "sealed"
    clock.set(at(DAY, 9, 20))
    services.release(city.leader, visit_id)
    visit = queries.get(visit_id)
    assert visit is not None
    assert (visit.state, visit.tender_id, visit.inspected_on) == ("released", city.tender.id, DAY)
    assert [(row.name, row.role, row.external) for row in visit.members] == [
        ("龍曉領", "leader", False),
        ("戚委員", "member", True),
        ("柴委員", "member", True),
        ("幕小員", "staff", False),
    ]
    assert visit.plan is not None
    assert visit.plan["notice_no"] == "示研查字第1150001號"
    assert visit.edition_id
    assert visit.rules_edition == "2023-08-09"
    assert kinds(visit_id) == ["planned", "submitted", "approved", "released"]


def test_a_tender_that_was_merged_while_its_visit_was_sealed(city: City, clock: Any) -> None:
    """Nobody can change the plan under the seal, nor be told why one tender may not be merged."""
    met = make.agency("工務處", confirmed=False)
    twice = make.tender(agency_id=met.id, number=city.tender.number, name=city.tender.name)
    visit_id = city.sealed(tender_id=twice.id)
    assert merge_agency(SYSTEM, met.id, city.tender.agency_id, same=True) == []
    (planned,) = [plan for visit, plan in queries.open_visits() if visit.id == visit_id]
    assert planned.tender_id == city.tender.id
    clock.set(at(DAY, 9, 20))
    services.release(city.leader, visit_id)
    visit = queries.get(visit_id)
    assert visit is not None
    assert (visit.state, visit.tender_id) == ("released", city.tender.id)


def test_release_is_idempotent(city: City, clock: Any) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY, 9, 20))
    services.release(city.leader, visit_id)
    services.release(city.planner, visit_id)
    assert kinds(visit_id).count("released") == 1


def test_a_planner_may_release(city: City, clock: Any) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY, 8))
    services.release(city.other_planner, visit_id)
    assert state(visit_id) == "released"


def test_jobs_release_at_the_latest_hour_and_not_before(city: City, clock: Any) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY, 9, 59))
    assert services.release_due(product_clock.now()) == 0
    clock.set(at(DAY, 10))
    assert services.release_due(product_clock.now()) == 1
    assert services.release_due(product_clock.now()) == 0
    visit = queries.get(visit_id)
    assert visit is not None
    assert (visit.state, visit.inspected_on) == ("released", DAY)


def test_jobs_do_not_release_what_nobody_approved(city: City, clock: Any) -> None:
    visit_id = city.planned()
    services.submit(city.planner, visit_id)
    clock.set(at(DAY, 12))
    assert services.release_due(product_clock.now()) == 0
    assert state(visit_id) == "submitted"


def test_nobody_releases_before_the_day(city: City, clock: Any) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY - timedelta(days=1), 17))
    assert refused(lambda: services.release(city.leader, visit_id)).code == "wrong_state"
    assert refused(lambda: services.release(city.planner, visit_id)).code == "wrong_state"


def test_members_and_strangers_do_not_release(city: City, clock: Any) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY, 9))
    assert refused(lambda: services.release(city.member, visit_id)).code == "forbidden"
    assert refused(lambda: services.release(city.convener, visit_id)).code == "forbidden"
    stranger = refused(lambda: services.release(city.stranger, visit_id))
    nothing = refused(lambda: services.release(city.stranger, "0198c0de-0000-7000-8000-000000000000"))
    assert stranger.body() == nothing.body()
    assert state(visit_id) == "sealed"


def test_only_planners_plan_and_only_the_convener_approves(city: City) -> None:
    assert refused(lambda: services.plan_visit(city.convener, city.plan())).code == "forbidden"
    visit_id = city.planned()
    services.submit(city.planner, visit_id)
    assert refused(lambda: services.approve_visit(city.planner, visit_id, version=1)).code == "forbidden"
    assert refused(lambda: services.return_visit(city.planner, visit_id, "理由")).code == "forbidden"


def test_nobody_approves_an_own_plan(city: City) -> None:
    """A planner who is the convener's deputy (職務代理人) has both rights, and still a second person approves."""
    both = make.actor(Role.COORDINATOR, Role.CONVENER)
    own = services.plan_visit(both, city.plan())
    services.submit(city.planner, own)
    found = refused(lambda: services.approve_visit(both, own, version=1))
    assert (found.code, state(own)) == ("wrong_state", "submitted")
    assert not [
        todo for todo in queries.todos(both, DAY) if todo.args == {"visit_id": own} and todo.button == "核定"
    ]
    services.approve_visit(city.convener, own, version=1)
    assert state(own) == "sealed"


def test_the_convener_returns_with_a_reason_and_the_plan_is_edited(city: City) -> None:
    visit_id = city.planned()
    services.submit(city.planner, visit_id)
    assert refused(lambda: services.return_visit(city.convener, visit_id, "  ")).code == "reason_required"
    services.return_visit(city.convener, visit_id, "委員專長不足")
    assert state(visit_id) == "draft"
    assert queries.events(visit_id)[-1][1] == "委員專長不足"
    worse = lambda: services.edit_visit(city.planner, visit_id, city.plan(leader_hour=at(DAY, 11)), version=1)  # noqa: E731
    assert refused(worse).field == "leader_hour"
    services.edit_visit(city.other_planner, visit_id, city.plan(topic="材料"), version=1)
    assert (
        refused(lambda: services.edit_visit(city.planner, visit_id, city.plan(), version=1)).code == "stale"
    )
    services.submit(city.planner, visit_id)
    assert refused(lambda: services.approve_visit(city.convener, visit_id, version=1)).code == "stale"
    services.approve_visit(city.convener, visit_id, version=2)
    assert (
        refused(lambda: services.edit_visit(city.planner, visit_id, city.plan(), version=2)).code
        == "wrong_state"
    )


def test_an_unannounced_plan_without_an_end_date_is_refused(city: City) -> None:
    problem = refused(lambda: city.planned(window_to=None))
    assert (problem.code, problem.field) == ("missing", "window_to")


def test_an_announced_plan_needs_no_window(city: City) -> None:
    visit = queries.get(city.planned(announced=True, window_from=None, window_to=None))
    assert visit is not None
    assert queries.open_plan(visit).window_to == DAY


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"planned_at": at(date(2026, 11, 22), 9), "window_from": date(2026, 11, 20)}, "planned_on"),
        ({"window_to": DAY - timedelta(days=1)}, "planned_on"),
        ({"release_at": at(DAY, 9)}, "release_at"),
        ({"release_at": at(DAY + timedelta(days=1), 9)}, "release_at"),
        ({"leader_hour": at(DAY, 11)}, "leader_hour"),
        ({"member_hour": at(DAY, 11)}, "member_hour"),
        ({"kind": "visit"}, "kind"),
        ({"tender_id": ""}, "tender_id"),
    ],
)
def test_refuses_what_does_not_fit_together(city: City, changes: dict[str, Any], field: str) -> None:
    assert refused(lambda: city.planned(**changes)).field == field


def test_a_second_open_plan_for_the_same_tender_is_refused(city: City) -> None:
    first = city.planned()
    problem = refused(lambda: services.plan_visit(city.other_planner, city.plan(planned_at=at(DAY, 9, 45))))
    assert (problem.code, problem.field) == ("already_planned", "tender_id")
    services.cancel(city.planner, first, "改派他案")
    city.planned()


def test_the_same_number_at_two_agencies_is_two_tenders(city: City) -> None:
    city.planned()
    twin = make.tender(number=city.tender.number)
    city.planned(tender_id=twin.id)


def test_cancel_takes_a_reason_and_ends_the_visit(city: City, clock: Any) -> None:
    visit_id = city.sealed()
    assert refused(lambda: services.cancel(city.planner, visit_id, "")).code == "reason_required"
    services.cancel(city.planner, visit_id, "颱風停工")
    clock.set(at(DAY, 12))
    assert services.release_due(product_clock.now()) == 0
    assert refused(lambda: services.release(city.planner, visit_id)).code == "wrong_state"
    visit = queries.get(visit_id)
    assert visit is not None
    assert (visit.state, visit.tender_id) == ("cancelled", None)


def dates(day: date, **changes: Any) -> Dates:
    given = Dates(
        planned_at=at(day, 9),
        release_at=at(day, 9, 30),
        leader_hour=at(day - timedelta(days=1), 9),
        member_hour=at(day - timedelta(days=1), 12),
        window_from=DAY - timedelta(days=3),
        window_to=DAY + timedelta(days=3),
    )
    return replace(given, **changes)


def test_postponing_inside_the_approved_window_stays_approved(city: City, clock: Any) -> None:
    visit_id = city.sealed()
    later = DAY + timedelta(days=2)
    assert (
        refused(lambda: services.postpone(city.planner, visit_id, dates(later), "")).code == "reason_required"
    )
    services.postpone(city.planner, visit_id, dates(later), "委員臨時請假")
    clock.set(at(DAY, 12))
    assert services.release_due(product_clock.now()) == 0
    clock.set(at(later, 9, 30))
    assert services.release_due(product_clock.now()) == 1


def test_postponing_beyond_the_approved_window_goes_to_the_convener_again(city: City) -> None:
    visit_id = city.sealed()
    later = DAY + timedelta(days=10)
    services.postpone(city.planner, visit_id, dates(later, window_to=later), "工地停工")
    assert state(visit_id) == "submitted"


def test_team_needs_exactly_one_leader_and_nobody_twice(city: City) -> None:
    nobody = tuple(replace(person, role="member") for person in city.team()[:3])
    assert refused(lambda: city.planned(team=nobody)).code == "team_composition"
    twice = (*city.team(), TeamMember(city.member.id, "staff"))
    assert refused(lambda: city.planned(team=twice)).field == "team"
    unknown = (*city.team(), TeamMember("nobody", "staff"))
    assert refused(lambda: city.planned(team=unknown)).field == "team"


def test_one_broken_seal_does_not_hold_up_the_others(city: City, clock: Any, db: Any) -> None:
    broken, good = city.sealed(), city.sealed(tender_id=make.tender().id)
    with transaction() as session:
        row = session.get(Visit, broken)
        assert row is not None
        row.sealed = bytes(reversed(row.sealed))
    clock.set(at(DAY, 12))
    assert services.release_due(product_clock.now()) == 1
    assert state(good) == "released"
    assert queries.broken_ids() == [broken]


def test_without_the_key_a_released_visit_and_its_notice_still_open(
    city: City, clock: Any, db: Any, client: Any, home: Path
) -> None:
    """The notice must be shown on site (art 5); after a restore without the keys nobody could print it."""
    released, ahead = city.sealed(), city.sealed(tender_id=make.tender().id)
    clock.set(at(DAY, 9))
    services.release(city.leader, released)
    (home / "keys" / "seal.key").write_bytes(bytes(32))
    installation_keys.secret_in.cache_clear()
    db.session.expire_all()
    for who in (city.leader, city.planner, city.convener):
        headers = make.bearer(db.session.get(Account, who.id))
        for path in (f"/office/visits/{released}", f"/office/visits/{released}/notice", "/office/"):
            assert client.get(path, headers=headers).status_code == 200, path
        assert client.get(f"/office/visits/{ahead}", headers=headers).status_code == 404
    page = client.get(
        f"/office/visits/{released}", headers=make.bearer(db.session.get(Account, city.planner.id))
    )
    assert queries.UNREADABLE in page.text
    with transaction() as session:
        session.execute(update(VisitEvent).values(reason="?"))
    assert {text for _, text in queries.events(released)} == {queries.UNREADABLE}
