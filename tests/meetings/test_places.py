"""What was counted stays counted, once and at its right place: after a merger, a new programme, a repaired budget."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.inspections.models import Inspection
from inspect_app.meetings import queries, services
from inspect_app.meetings.figures import Scope, figures
from inspect_app.meetings.sentences import sentences
from inspect_app.notices import queries as notices
from inspect_app.projects.models import Agency, Tender
from inspect_app.projects.services import merge_agency, merge_tender, set_quota_facts
from inspect_app.transaction import transaction
from tests.support import factories
from tests.support.inspected import Told, inspection_with_log


@pytest.fixture(autouse=True)
def _shipped(db: Any, clock: Any) -> None:
    factories.edition()


def shown(agency_id: str = "", programme: str = "") -> dict[str, Any]:
    today = app_clock.today()
    return figures(Scope(date(today.year, 1, 1), today, today, agency_id, programme))


def issued(**tender: Any) -> tuple[Tender, str]:
    of = factories.tender(**tender)
    return of, factories.issued_inspection(of, factories.account(Role.LEADER))


def test_a_merged_agency_s_inspections_cases_and_rulings_go_with_it(db: Any) -> None:
    one, known = inspection_with_log(), factories.agency("示範市政府水利局")
    one.issued()
    source, today = one.tender.agency_id, app_clock.today()
    secretary, coordinator = factories.actor(Role.SECRETARY), factories.actor(Role.COORDINATOR)
    with transaction() as session:
        session.get_one(Agency, source).confirmed = False
        session.get_one(Account, one.handler.id).agency_id = known.id
    row = services.create_meeting(secretary, services.NewMeeting("會報", today, today, today))
    ruling = services.add_ruling(secretary, row.id, services.NewRuling("趕工", source, today))
    assert merge_agency(coordinator, source, known.id) == []
    assert db.session.get(Agency, source) is None
    assert db.session.get_one(Inspection, one.id).agency_id == known.id
    assert [case.agency_id for case in notices.cases(coordinator)] == [known.id]
    assert queries.ruling(secretary, ruling.id).unit_id == known.id
    (line,) = shown()["by_agency"]
    assert (line["agency_id"], line["name"], line["inspections"]) == (known.id, "示範市政府水利局", 1)
    assert shown(agency_id=known.id)["inspections"] == 1
    handler = factories.actor(Role.AGENCY_HANDLER, agency_id=known.id)
    assert [case.inspection_id for case in notices.cases(handler)] == [one.id]


def test_a_work_that_was_handed_over_is_answered_for_by_whoever_has_it_now(db: Any) -> None:
    """Its open case stood with the agency that had given it away, and nobody of the new one could see or answer it."""
    one = inspection_with_log()
    one.issued()
    receiving = factories.tender(factories.agency("水利局"), number="HANDED-OVER")
    merge_tender(factories.actor(Role.COORDINATOR), one.tender.id, receiving.id)
    now = receiving.agency_id
    assert db.session.get_one(Inspection, one.id).agency_id == now
    assert [
        case.inspection_id for case in notices.cases(factories.actor(Role.AGENCY_HANDLER, agency_id=now))
    ] == [one.id]
    assert notices.cases(one.handler) == []
    found = shown(agency_id=now)
    assert (found["inspections"], found["quota"]["inspection_ids"]) == (1, [one.id])


def test_a_tender_s_new_programme_and_repaired_budget_are_those_that_count(db: Any) -> None:
    tender, key = issued(budget=None, programme="舊計畫")
    assert shown()["quota"]["done"] == 0
    set_quota_facts(factories.actor(Role.COORDINATOR), tender.id, budget=12_000_000, commissioned_out=False)
    with transaction() as session:
        session.get_one(Tender, tender.id).programme = "新計畫"
    for found in (shown(), shown(programme="新計畫")):
        assert found["inspection_ids"] == [key]
        middle = found["quota"]["bands"][1]
        assert (middle["available"], middle["done"], middle["inspection_ids"]) == (1, 1, [key])
        assert (found["quota"]["done"], found["quota"]["ratio_ids"]) == (1, [key])
    assert shown(programme="舊計畫")["inspections"] == 0


def test_an_agency_s_own_visit_counts_nowhere(db: Any) -> None:
    one = inspection_with_log(Told(kind="supervision"))
    one.issued()
    found = shown()
    assert (found["inspections"], found["by_agency"], found["blocks"]) == (0, [], [])
    assert found["points"]["contractor"]["points"] == 0


def test_the_chair_s_total_of_the_year_holds_the_period_s(db: Any) -> None:
    """A case that was commissioned to others counts as done, though not for the ratio."""
    issued(commissioned_out=True)
    assert sentences(shown())[0].startswith("本期查核 1 件，今年累計 1 件")


def test_the_book_says_what_is_frozen_and_what_is_not(db: Any) -> None:
    secretary, today = factories.actor(Role.SECRETARY), app_clock.today()
    unit = factories.agency("示範市政府工務局")
    first, second = (
        services.create_meeting(secretary, services.NewMeeting("會報", day, today, today))
        for day in (today - timedelta(days=30), today)
    )
    one = services.add_ruling(secretary, first.id, services.NewRuling("趕工", unit.id, today))
    services.freeze_meeting(secretary, second.id)
    services.decide_ruling(secretary, one.id, "released", text="同意")
    told = [queries.told_before(second, frozen=frozen)[0] for frozen in (True, False)]
    assert [(line["unit"], line["state"]) for line in told] == [
        ("示範市政府工務局", "tracked"),
        ("示範市政府工務局", "released"),
    ]
    both = queries.shown_figures(second, today, agency_id=unit.id, programme="新計畫")
    assert both["frozen"] is False, "two filters at once are no slice of the snapshot"


def test_the_chair_has_the_sitting_of_the_day_though_its_page_is_frozen(db: Any) -> None:
    """An old one that nobody froze does not stand in its way; while none is to come, the last one is shown."""
    secretary, today = factories.actor(Role.SECRETARY), app_clock.today()
    days = (today - timedelta(days=90), today, today + timedelta(days=90))
    old, now, later = (
        services.create_meeting(secretary, services.NewMeeting("會報", day, today, today)) for day in days
    )
    services.freeze_meeting(secretary, now.id)
    asked = [today, today + timedelta(days=1), today + timedelta(days=91)]
    assert [queries.on_the_table(day) for day in asked] == [now, later, later]
    assert queries.to_freeze() is old
