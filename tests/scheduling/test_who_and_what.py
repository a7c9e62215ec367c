"""The rules about the team, recusal, the target and the type of a visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from inspect_app.accounts.permissions import Role
from inspect_app.errors import Problem
from inspect_app.experts.models import ExpertTie
from inspect_app.ids import new_id
from inspect_app.projects.models import Tender, TenderPerson
from inspect_app.scheduling import queries, services
from inspect_app.scheduling.plan import TeamMember
from inspect_app.transaction import transaction
from tests.scheduling.conftest import DAY, City, at
from tests.support import factories as make


def refusal(city: City, **changes: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        city.planned(**changes)
    return caught.value


def added(row: Any) -> None:
    with transaction() as session:
        session.add(row)


def in_house(city: City, count: int) -> tuple[TeamMember, ...]:
    """The leader and so many more in-house members."""
    people = [make.account(Role.INSPECTOR) for _ in range(count)]
    for person in people:
        make.expert(person, external=False, on_roster=False)
    return (TeamMember(city.leader.id, "leader"), *(TeamMember(person.id, "member") for person in people))


def test_one_outside_member_of_four_wants_the_letter(city: City) -> None:
    team = (*in_house(city, 2), TeamMember(city.member.id, "member", external=True))
    problem = refusal(city, team=team)
    assert (problem.code, problem.field) == ("team_composition", "pcc_letter")
    city.planned(team=team, pcc_letter="工程管字第1150001號")


def test_one_outside_member_of_three_is_enough(city: City) -> None:
    city.planned(team=(*in_house(city, 1), TeamMember(city.member.id, "member", external=True)))


def test_the_roster_says_who_is_from_outside(city: City) -> None:
    """Calling an in-house member external does not help."""
    team = tuple(replace(person, external=True) for person in in_house(city, 2))
    assert refusal(city, team=team).code == "team_composition"


def test_the_leader_is_in_house(city: City) -> None:
    team = (TeamMember(city.member.id, "leader"), TeamMember(city.second_member.id, "member"))
    assert "內聘" in refusal(city, team=team).detail


def test_a_member_who_is_the_contractors_engineer_is_in_conflict(city: City) -> None:
    added(
        TenderPerson(
            id=new_id(), tender_id=city.tender.id, kind="contractor_engineer", name="戚委員", detail={}
        )
    )
    problem = refusal(city)
    assert problem.code == "recusal"
    assert "戚委員" in problem.detail
    assert "專任工程人員" in problem.detail


def test_every_conflict_is_told(city: City) -> None:
    builder, designer = make.firm("隼營造股份有限公司"), make.firm("鷹工程顧問有限公司")
    with transaction() as session:
        row = session.get_one(Tender, city.tender.id)
        row.contractor_id, row.designer_id = builder.id, designer.id
    first, second = make.account(Role.INSPECTOR, name="甲外聘"), make.account(Role.INSPECTOR, name="乙外聘")
    make.expert(first, employer="隼營造")
    other = make.expert(second)
    added(
        ExpertTie(
            id=new_id(), expert_id=other.id, kind="family", party="鷹工程顧問有限公司", degree=2, note="弟"
        )
    )
    added(ExpertTie(id=new_id(), expert_id=other.id, kind="designed", tender_id=city.tender.id))
    team = (city.team()[0], TeamMember(first.id, "member"), TeamMember(second.id, "member"))
    problem = refusal(city, team=team)
    texts = [reason["text"] for reason in problem.body()["reasons"]]
    assert len(texts) == 3
    assert [name for text in texts for name in ("甲外聘", "乙外聘") if name in text] == [
        "甲外聘",
        "乙外聘",
        "乙外聘",
    ]


def test_off_the_roster_wants_an_approved_reason(city: City) -> None:
    outside = make.account(Role.INSPECTOR, name="名單外")
    make.expert(outside, on_roster=False, off_roster_reason="")
    member = TeamMember(outside.id, "member")
    team = (city.team()[0], member)
    assert "名單" in refusal(city, team=team).detail
    city.planned(team=(city.team()[0], replace(member, off_roster_reason="地工專長，首長核可")))


@pytest.mark.parametrize("state", ["停工中", "未開工", "完工待驗收"])
def test_what_is_not_under_way_is_not_selectable(city: City, state: str) -> None:
    stopped = make.tender(state=state)
    problem = refusal(city, tender_id=stopped.id)
    assert (problem.code, problem.field) == ("already_planned", "override_reason")
    assert state in problem.detail
    city.planned(tender_id=stopped.id, override_reason="首長指示")


def released_on(city: City, day: date) -> None:
    row = make.released_visit(city.tender, make.account(Role.LEADER))
    with transaction() as session:
        visit = session.merge(row)
        visit.inspected_on = day


def test_inspected_too_recently_is_not_selectable(city: City) -> None:
    released_on(city, date(2026, 10, 20))
    assert refusal(city, kind="reinspection").field == "override_reason"


def test_a_second_visit_in_the_year_is_a_reinspection_and_next_january_is_not(city: City) -> None:
    released_on(city, date(2026, 3, 2))
    problem = refusal(city)
    assert (problem.code, problem.field) == ("reason_required", "kind_reason")
    visit_id = city.planned(kind="reinspection")
    services.cancel(city.planner, visit_id, "改期至明年")
    january = date(2027, 1, 5)
    city.planned(
        kind="inspection",
        planned_at=at(january, 9),
        release_at=at(january, 9),
        window_from=january,
        window_to=january,
    )


def test_what_changed_since_the_draft_is_checked_at_submission(city: City) -> None:
    visit_id = city.planned()
    with transaction() as session:
        session.get_one(Tender, city.tender.id).state = "停工中"
    with pytest.raises(Problem) as caught:
        services.submit(city.planner, visit_id)
    assert caught.value.code == "already_planned"


def test_the_editions_in_force_on_the_day_are_pinned(city: City) -> None:
    visit = queries.get(city.planned())
    assert visit is not None
    plan = queries.open_plan(visit)
    assert (plan.edition_id, plan.rules_edition, plan.planned_on) == ("test-edition", "2023-08-09", DAY)


def test_an_agency_s_own_visit_keeps_no_inspection_away(city: City) -> None:
    make.released_visit(
        city.tender, make.account(Role.LEADER), kind="supervision", inspected_on=date(2026, 11, 2)
    )
    city.planned()
