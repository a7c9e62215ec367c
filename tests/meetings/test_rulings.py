"""Rulings: given to a unit with a due date, tracked until released; the frozen page stays as it was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.errors import Problem
from inspect_app.extensions import db as database
from inspect_app.meetings import queries, services
from inspect_app.meetings.models import Meeting, Ruling
from inspect_app.notifications.models import OutboxRow
from inspect_app.projects.models import Signal
from inspect_app.transaction import end_read
from tests.support import factories, small_city
from tests.support.at_once import two_at_once


@pytest.fixture
def secretary(db: Any) -> Any:
    return factories.actor(Role.SECRETARY)


def meeting(secretary: Any, held: date | None = None) -> Meeting:
    held = held or app_clock.today()
    new = services.NewMeeting("第 4 季督導會報", held, held - timedelta(days=90), held)
    return services.create_meeting(secretary, new)


def ruling(secretary: Any, row: Meeting, unit: str, **values: Any) -> Ruling:
    given = {
        "text": "請於期限前提出趕工計畫。",
        "unit_id": unit,
        "due_on": row.held_on + timedelta(days=30),
    } | values
    return services.add_ruling(secretary, row.id, services.NewRuling(**given))


def unit_actor(agency_id: str) -> Any:
    return factories.actor(Role.AGENCY_HANDLER, agency_id=agency_id)


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Problem) as caught:
        call(*args, **kwargs)
    return caught.value.code


def test_a_ruling_goes_its_whole_way(secretary: Any, db: Any) -> None:
    agency = factories.agency()
    row, handler = meeting(secretary), unit_actor(agency.id)
    one = ruling(secretary, row, agency.id)
    assert one.state == "tracked"
    mails = db.session.scalars(db.select(OutboxRow).where(OutboxRow.ref == f"ruling:{one.id}")).all()
    assert len(mails) == 1
    assert "趕工計畫" not in mails[0].payload["subject"]
    services.report_ruling(handler, one.id, "已提出計畫。", ask_release=False)
    assert one.state == "tracked"
    services.report_ruling(handler, one.id, "已趕上進度，請解除。", ask_release=True)
    assert one.state == "release_asked"
    later = one.due_on + timedelta(days=30)
    services.decide_ruling(secretary, one.id, "continued", text="再觀察一個月。", due_on=later)
    assert (one.state, one.due_on) == ("tracked", later)
    services.decide_ruling(secretary, one.id, "released", text="同意。")
    assert one.state == "released"
    assert [step.kind for step in one.steps] == ["reported", "release_asked", "continued", "released"]
    assert code_of(services.report_ruling, handler, one.id, "又來了", ask_release=False) == "wrong_state"
    assert code_of(services.decide_ruling, secretary, one.id, "released") == "wrong_state"
    again: dict[str, Any] = {"due_on": later + timedelta(days=9)}
    assert code_of(services.decide_ruling, secretary, one.id, "continued", **again) == "reason_required"
    services.decide_ruling(secretary, one.id, "continued", text="登錄錯誤，恢復列管。", **again)
    assert one.state == "tracked"


def test_a_merged_ruling_names_the_one_that_stays(secretary: Any, db: Any) -> None:
    agency = factories.agency()
    row = meeting(secretary)
    first, second = ruling(secretary, row, agency.id), ruling(secretary, row, agency.id)
    assert (first.no, second.no) == (1, 2)
    assert code_of(services.decide_ruling, secretary, first.id, "merged", into=first.id) == "bad_value"
    services.decide_ruling(secretary, first.id, "merged", into=second.id)
    assert (first.state, first.merged_into) == ("merged", second.id)
    assert code_of(services.decide_ruling, secretary, second.id, "merged", into=first.id) == "bad_value"


def test_the_chair_and_the_secretariat_at_the_same_moment(
    app: Any, secretary: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rulings get two numbers; of two decisions about one the later is told, and nothing is decided twice."""
    unit, row = factories.agency().id, meeting(secretary)
    one, key = ruling(secretary, row, unit).id, row.id
    later = services.NewRuling("請加派人力。", unit, row.held_on)

    def decide(n: int) -> str:
        return tried(lambda: services.decide_ruling(secretary, one, "released", text=f"同意 {n}"))

    def add(_n: int) -> str:
        return tried(lambda: services.add_ruling(secretary, key, later))

    def tried(verb: Any) -> str:
        with app.app_context():
            try:
                verb()
            except Problem as problem:
                return problem.code
            return "done"

    end_read()
    with monkeypatch.context() as patch:
        assert two_at_once(patch, services, "_check_ruling", add) == ["done", "done"]
    with monkeypatch.context() as patch:
        assert sorted(two_at_once(patch, queries, "ruling", decide)) == ["done", "wrong_state"]
    db.session.expire_all()
    assert [line.no for line in queries.rulings_of(key)] == [1, 2, 3]
    assert [step.kind for step in db.session.get_one(Ruling, one).steps] == ["released"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": " "}, "text"),
        ({"unit_id": "nobody"}, "unit_id"),
        ({"due_on": date(2020, 1, 1)}, "due_on"),
        ({"tender_id": "none"}, "tender_id"),
    ],
)
def test_a_ruling_wants_text_unit_and_day(
    secretary: Any, db: Any, values: dict[str, Any], field: str
) -> None:
    agency = factories.agency()
    row = meeting(secretary)
    with pytest.raises(Problem) as caught:
        ruling(secretary, row, agency.id, **values)
    assert caught.value.field == field


def test_a_ruling_about_a_tender_is_a_reason_to_inspect_it(secretary: Any, db: Any) -> None:
    tender = factories.tender()
    ruling(secretary, meeting(secretary), tender.agency_id, tender_id=tender.id)
    signals = db.session.scalars(db.select(Signal).where(Signal.tender_id == tender.id)).all()
    assert [signal.kind for signal in signals] == ["meeting_ruling"]


def test_a_unit_sees_its_own_rulings_only(secretary: Any, db: Any) -> None:
    mine, other = factories.agency(), factories.agency()
    one = ruling(secretary, meeting(secretary), mine.id)
    assert code_of(queries.ruling, unit_actor(other.id), one.id) == "not_found"
    assert code_of(queries.ruling, unit_actor(other.id), "made-up") == "not_found"
    assert queries.ruling(unit_actor(mine.id), one.id).id == one.id
    assert [todo.args["ruling_id"] for todo in queries.todos(unit_actor(mine.id), app_clock.today())] == [
        one.id
    ]
    assert queries.todos(unit_actor(other.id), app_clock.today()) == []


def test_continuing_wants_a_later_day_and_a_reason(secretary: Any, db: Any) -> None:
    one = ruling(secretary, meeting(secretary), factories.agency().id)
    assert (
        code_of(services.decide_ruling, secretary, one.id, "continued", text="x", due_on=one.due_on)
        == "bad_value"
    )
    assert (
        code_of(services.decide_ruling, secretary, one.id, "continued", due_on=one.due_on + timedelta(days=1))
        == "reason_required"
    )
    assert one.state == "tracked"


def test_only_those_who_may(secretary: Any, db: Any) -> None:
    agency = factories.agency()
    one = ruling(secretary, meeting(secretary), agency.id)
    handler = unit_actor(agency.id)
    assert code_of(services.decide_ruling, handler, one.id, "released") == "forbidden"
    assert code_of(services.freeze_meeting, handler, one.meeting_id) == "forbidden"
    assert code_of(services.report_ruling, secretary, one.id, "x", ask_release=False) == "forbidden"
    assert code_of(meeting, factories.actor(Role.CHAIR), app_clock.today() + timedelta(days=3)) == "forbidden"


def test_two_sittings_on_one_day_and_a_wrong_period_are_refused(secretary: Any, db: Any) -> None:
    meeting(secretary)
    assert code_of(meeting, secretary) == "conflict"
    today = app_clock.today() + timedelta(days=1)
    wrong = services.NewMeeting("x", today, today, today - timedelta(days=1))
    assert code_of(services.create_meeting, secretary, wrong) == "bad_value"


@pytest.mark.timeout(300)
def test_a_frozen_page_stays_whatever_comes_later(db: Any) -> None:
    city = small_city.build(30)
    today = app_clock.today()
    city.inspect(0, today - timedelta(days=40), office="issued")
    secretary = city.actor("secretary")
    row = meeting(secretary)
    before = queries.shown_figures(row, today)
    services.freeze_meeting(secretary, row.id)
    city.inspect(1, today - timedelta(days=30), office="issued")
    frozen = queries.shown_figures(row, today)
    assert frozen == before | {"frozen": True}
    assert queries.shown_figures(row, today, live=True)["inspections"] == before["inspections"] + 1
    agency = before["by_agency"][0]["agency_id"]
    assert queries.shown_figures(row, today, agency_id=agency)["inspections"] == 1
    assert queries.shown_figures(row, today, agency_id=agency)["frozen"] is True
    assert code_of(services.freeze_meeting, secretary, row.id) == "wrong_state"
    one = ruling(secretary, row, agency)
    changed = services.NewRuling("改", agency, one.due_on)
    assert code_of(services.edit_ruling, secretary, one.id, changed, 1) == "wrong_state"


def test_a_ruling_corrected_to_another_unit_and_tender(secretary: Any, db: Any) -> None:
    """Who has to act is told, who need not any more, too; the tender named by mistake is no reason to go there."""
    wrong, right = factories.tender(), factories.tender()
    before, after = unit_actor(wrong.agency_id), unit_actor(right.agency_id)
    one = ruling(secretary, meeting(secretary), wrong.agency_id, tender_id=wrong.id)
    new = services.NewRuling("請提出趕工計畫。", right.agency_id, one.due_on, right.id)
    services.edit_ruling(secretary, one.id, new, 1)
    assert [line.tender_id for line in db.session.scalars(db.select(Signal))] == [right.id]
    told = db.session.scalars(db.select(OutboxRow).where(OutboxRow.ref == f"ruling:{one.id}"))
    found = [(line.payload["to"], "不再由貴單位" in line.payload["body"]) for line in told]
    assert sorted(found) == sorted(
        [(mail_of(before), False), (mail_of(before), True), (mail_of(after), False)]
    )
    services.decide_ruling(secretary, one.id, "released", text="同意。")
    last = db.session.scalars(db.select(OutboxRow).where(OutboxRow.ref == f"ruling:{one.id}")).all()
    assert [line.payload["to"] for line in last if "裁示一項解除列管" in line.payload["body"]] == [
        mail_of(after)
    ]


def mail_of(person: Any) -> str:
    return str(database.session.get_one(Account, person.id).email)
