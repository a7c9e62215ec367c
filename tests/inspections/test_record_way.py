"""The record's way from the closing to the letter, in its verbs: what each wants, what makes earlier steps lapse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from inspect_app import audit
from inspect_app import clock as now
from inspect_app.accounts.actor import Actor
from inspect_app.audit.models import AuditLine
from inspect_app.catalogue import services as calendar
from inspect_app.errors import Problem
from inspect_app.evidence.held import records
from inspect_app.inspections import queries, services
from inspect_app.inspections.due import due_of
from inspect_app.inspections.models import Inspection, Record
from inspect_app.notices import services as notices
from inspect_app.transaction import transaction
from tests.support.inspected import Inspected, Told, close, hand_in, inspection_with_log
from tests.support.together import at_once


def refused(code: str, call: Any, *args: Any, **values: Any) -> Problem:
    with pytest.raises(Problem) as found:
        call(*args, **values)
    assert found.value.code == code
    return found.value


def tidied(one: Inspected, text: str, seen: str = "A1 橋台蜂窩") -> services.Tidied:
    return services.Tidied("finding", one.findings[0], "text", text, seen)


def defect(one: Inspected) -> dict[str, Any]:
    lines = queries.draft(one.id)["defects"]
    return next(line for line in lines if line["entity_id"] == one.findings[0])


def test_the_whole_way(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    assert one.row.state == "closed"
    one.issued()
    assert one.row.state == "issued"
    record = db.session.get(Record, one.id)
    assert record.content["result"]["score"] == 80
    assert record.content["result"]["grade"] == "甲等"
    assert record.letter_no == "府研查字第1150001號"


def test_the_inspection_follows_the_leaders_closing(db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(closed=False))
    assert one.row.state == "open"
    refused("wrong_state", services.send_for_confirmation, one.coordinator, one.id)
    close(one, Told(closed=False))
    one.send()
    assert one.row.state == "closed"
    one.write(one.leader, "closing", one.log.own("closing"), deleted=True)
    one.send()
    assert one.row.state == "open"


def test_taking_the_closing_back_takes_the_record_back(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.confirmed()
    one.write(one.leader, "closing", one.log.own("closing"), deleted=True)
    one.send()
    assert one.row.state == "open"
    one.write(one.leader, "closing", one.log.own("closing"), deleted=False, **one.log.frontier())
    one.send()
    assert one.row.state == "closed"
    assert len(queries.unconfirmed(one.id)) == 3


def test_after_approval_a_late_word_changes_nothing(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.approved()
    before = db.session.get(Record, one.id).content
    one.write(one.leader, "closing", one.log.own("closing"), deleted=True)
    one.send()
    assert one.row.state == "approved"
    assert db.session.get(Record, one.id).content == before


def test_a_late_finding_that_the_leader_accepts_wants_new_confirmations(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.confirmed()
    late = one.log.new_entity()
    one.write(
        one.members[0], "finding", late, kind="defect", text="晚到的缺失", severity="L", party="contractor"
    )
    assert one.send() == ["late"]
    assert queries.unconfirmed(one.id) == []
    operation = one.log.operations[-1].id
    one.write(
        one.leader,
        "late_decision",
        one.log.own(f"late_decision:{operation}"),
        operation=operation,
        decision="accept",
    )
    assert one.send() == ["applied"]
    assert len(queries.unconfirmed(one.id)) == 3
    assert "晚到的缺失" in {line["text"] for line in queries.draft(one.id)["defects"]}


def before_the_convener() -> Inspected:
    """Confirmed by all, and sent for approval."""
    one = inspection_with_log()
    one.confirmed()
    services.send_for_approval(one.coordinator, one.id)
    return one


def sign(one: Inspected, who: Actor, frontier: dict[str, int]) -> list[str]:
    """Signed on a tablet that had got this far."""
    key = one.log.own(f"signature:{who.id}")
    one.write(who, "signature", key, frontier=frontier, digest="0" * 64)
    return one.send()


def test_a_signature_that_leaves_a_sheet_out_wants_new_confirmations_and_the_sheet(
    db: Any, clock: Any
) -> None:
    one = before_the_convener()
    version, member = services.open_record(one.id).version, one.members[0]
    assert sign(one, member, {}) == ["applied"]
    assert one.row.state == "confirming"
    refused("wrong_state", services.approve_record, one.convener, one.id, version=version)
    problem = refused("wrong_state", services.send_for_approval, one.coordinator, one.id, reason="先陳核")
    assert f"{member.name}的評分表尚未送出" in problem.detail
    assert len(queries.unconfirmed(one.id)) == 3


def test_a_signature_that_changes_no_score_lets_the_confirmations_stand(db: Any, clock: Any) -> None:
    one = before_the_convener()
    assert sign(one, one.members[0], one.log.frontier()["frontier"]) == ["applied"]
    assert one.row.state == "approving"
    assert queries.unconfirmed(one.id) == []


def test_what_the_closing_covers_and_comes_only_now_wants_new_confirmations(db: Any, clock: Any) -> None:
    """Its tablet had parked it, or it was set aside and placed since."""
    one = inspection_with_log(Told(closed=False))
    one.write(one.leader, "merit", one.log.new_entity(), code="0.02", text="晚到而在內的優點")
    kept = one.log.operations.pop()
    close(one, Told())
    one.send()
    one.confirmed()
    one.log.operations.append(kept)
    assert one.send() == ["applied"]
    assert len(queries.unconfirmed(one.id)) == 3


def test_a_verb_sees_the_state_behind_the_lock_though_the_page_holds_an_earlier_one(
    db: Any, clock: Any
) -> None:
    one = before_the_convener()
    with transaction() as session:
        held = session.get_one(Inspection, one.id)
        assert held.state == "approving"
        others = update(Inspection.__table__).where(Inspection.__table__.c.id == one.id)
        session.connection().execute(others.values(state="approved"))  # as another had committed it meanwhile
        refused("wrong_state", services.approve_record, one.convener, one.id)


def test_what_is_missing_is_told(db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(80, None, 78)))
    told = refused("wrong_state", services.send_for_confirmation, one.coordinator, one.id).detail
    assert "林委員的評分表尚未送出" in told
    assert "戚委員" not in told


def test_tidying_keeps_the_original(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    assert services.tidy(one.staff, one.id, tidied(one, "A1 橋台混凝土有蜂窩")) == 1
    line = defect(one)
    assert (line["text"], line["original"]) == ("A1 橋台混凝土有蜂窩", "A1 橋台蜂窩")


def test_tidying_what_somebody_changed_meanwhile_is_refused(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    services.tidy(one.staff, one.id, tidied(one, "甲的文字"))
    problem = refused("stale", services.tidy, one.coordinator, one.id, tidied(one, "乙的文字"))
    assert problem.extra["current"] == "甲的文字"
    assert defect(one)["text"] == "甲的文字"
    services.tidy(one.coordinator, one.id, tidied(one, "乙的文字", seen="甲的文字"))
    assert defect(one)["text"] == "乙的文字"


def test_one_stale_field_keeps_the_others_from_changing(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    services.tidy(one.staff, one.id, tidied(one, "甲的文字"))
    place = services.Tidied("finding", one.findings[0], "location", "A2 橋台", "A1 橋台")
    refused("stale", services.tidy, one.staff, one.id, place, tidied(one, "乙的文字"))
    assert defect(one)["location"] == "A1 橋台"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (services.Tidied("finding", "{finding}", "severity", "S", "M"), "bad_value"),
        (services.Tidied("score_sheet", "{finding}", "text", "x", ""), "bad_value"),
        (services.Tidied("finding", "00000000-0000-7000-8000-000000000000", "text", "x", ""), "not_found"),
        (services.Tidied("finding", "{finding}", "text", "   ", "A1 橋台蜂窩"), "missing"),
    ],
)
def test_only_texts_that_are_there_can_be_tidied(
    db: Any, clock: Any, change: services.Tidied, code: str
) -> None:
    one = inspection_with_log()
    entity_id = change.entity_id.replace("{finding}", one.findings[0])
    sent = services.Tidied(change.entity, entity_id, change.field, change.text, change.seen)
    refused(code, services.tidy, one.staff, one.id, sent)


def test_an_objection_then_a_change_then_agreement(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    services.send_for_confirmation(one.coordinator, one.id)
    first = services.open_record(one.id).version
    services.confirm(one.leader, one.id, version=first, agreed=True)
    refused("reason_required", services.confirm, one.members[0], one.id, version=first, agreed=False)
    services.confirm(one.members[0], one.id, version=first, agreed=False, note="位置寫錯")
    assert one.members[0].id in queries.unconfirmed(one.id)
    services.tidy(one.staff, one.id, tidied(one, "A2 橋台蜂窩"))
    refused("stale", services.confirm, one.members[1], one.id, version=first, agreed=True)
    assert len(queries.unconfirmed(one.id)) == 3, "the leader agreed to another text"
    second = services.open_record(one.id).version
    for member in one.scoring:
        services.confirm(member, one.id, version=second, agreed=True)
    services.send_for_approval(one.coordinator, one.id)
    assert one.row.state == "approving"


def test_without_everybodys_agreement_a_reason_is_wanted(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    services.send_for_confirmation(one.coordinator, one.id)
    refused("reason_required", services.send_for_approval, one.coordinator, one.id)
    services.send_for_approval(one.coordinator, one.id, reason="委員出國，電話確認")
    assert db.session.get(Record, one.id).unconfirmed_reason == "委員出國，電話確認"


def test_the_convener_returns_with_a_reason_and_then_approves(db: Any, clock: Any) -> None:
    one = before_the_convener()
    refused("reason_required", services.return_record, one.convener, one.id, " ")
    services.return_record(one.convener, one.id, "缺失 1 請寫明範圍")
    assert one.row.state == "closed"
    services.tidy(one.staff, one.id, tidied(one, "A1 橋台蜂窩約 2 平方公尺"))
    one.approved()
    assert db.session.get(Record, one.id).content["defects"][1]["text"] == "A1 橋台蜂窩約 2 平方公尺"


def test_an_approval_is_taken_back_until_the_letter_is_out(db: Any, clock: Any) -> None:
    """A laboratory's result was entered wrong: what was approved thaws, and members confirm again."""
    one = inspection_with_log()
    one.approved()
    refused("reason_required", services.withdraw_approval, one.convener, one.id, " ")
    refused("wrong_state", services.return_record, one.convener, one.id, "看的是核定前的頁面")
    refused("forbidden", services.withdraw_approval, one.coordinator, one.id, "試驗值誤植")
    services.withdraw_approval(one.convener, one.id, "試驗值誤植")
    record = db.session.get(Record, one.id)
    assert (one.row.state, record.content, record.approved_at, record.return_reason) == (
        "closed",
        None,
        None,
        "試驗值誤植",
    )
    assert len(queries.unconfirmed(one.id)) == 3
    assert list(records.faults()) == []
    services.tidy(one.staff, one.id, tidied(one, "A1 橋台蜂窩約 2 平方公尺"))
    one.issued()
    assert db.session.get(Record, one.id).content["defects"][1]["text"] == "A1 橋台蜂窩約 2 平方公尺"
    refused("wrong_state", services.withdraw_approval, one.convener, one.id, "太晚了")
    assert list(records.faults()) == []
    with transaction():
        audit.record(one.convener, "inspections.approval_withdrawn", f"inspection:{one.id}", reason="偽造")
    assert [fault.kind for fault in records.faults()] == ["record"] * 4


def test_a_closing_taken_back_after_the_approval_shows_when_that_is_withdrawn(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.approved()
    one.write(one.leader, "closing", one.log.own("closing"), deleted=True)
    one.send()
    services.withdraw_approval(one.convener, one.id, "領隊重開查核")
    assert one.row.state == "open"


def test_the_convener_approves_what_was_read(db: Any, clock: Any) -> None:
    one = before_the_convener()
    version = services.open_record(one.id).version
    refused("stale", services.approve_record, one.convener, one.id, version=version + 1)
    services.approve_record(one.convener, one.id, version=version)


def both_at_once(app: Any, *acts: Callable[[], Any]) -> list[Problem | None]:
    """What each of them is told when all begin at the same moment; None: it was done."""
    left = list(acts)

    def act() -> Problem | None:
        mine = left.pop()
        with app.app_context():
            try:
                mine()
            except Problem as problem:
                return problem
            return None

    return at_once(len(acts), act)


def test_of_two_who_act_in_the_same_moment_one_wins_and_the_other_is_told(
    app: Any, db: Any, clock: Any
) -> None:
    one = before_the_convener()
    version = services.open_record(one.id).version
    db.session.rollback()
    told = both_at_once(
        app,
        lambda: services.approve_record(one.convener, one.id, version=version),
        lambda: services.return_record(one.convener, one.id, "缺失 1 請寫明範圍"),
        lambda: services.approve_record(one.convener, one.id, version=version),
    )
    assert sorted(problem.code if problem else "" for problem in told) == ["", "wrong_state", "wrong_state"]
    assert {problem.status for problem in told if problem} == {409}
    assert (
        db.session.query(AuditLine)
        .filter(AuditLine.action.in_(("inspections.approved", "inspections.returned")))
        .count()
        == 1
    )


def test_of_two_who_tidy_one_text_in_the_same_moment_one_wins_and_the_other_sees_it(
    app: Any, db: Any, clock: Any
) -> None:
    one = inspection_with_log()
    db.session.rollback()
    told = both_at_once(
        app,
        lambda: services.tidy(one.staff, one.id, tidied(one, "甲的文字")),
        lambda: services.tidy(one.coordinator, one.id, tidied(one, "乙的文字")),
    )
    (problem,) = (found for found in told if found is not None)
    assert (problem.status, problem.code, problem.extra["current"]) == (409, "stale", defect(one)["text"])


def test_two_who_act_one_after_the_other_act_once(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.approved()
    refused("wrong_state", services.approve_record, one.convener, one.id)
    notices.issue(one.coordinator, one.id, services.Dispatch("府研查字第2號", now.today()))
    refused(
        "wrong_state", notices.issue, one.coordinator, one.id, services.Dispatch("府研查字第3號", now.today())
    )


@pytest.mark.parametrize(("days", "wanted"), [(9, False), (10, True)])
def test_a_reason_is_wanted_from_working_day_eight(db: Any, clock: Any, days: int, wanted: bool) -> None:
    """The visit is on Monday 2026-11-23; the seventh working day is Wednesday 12-02, the eighth Thursday 12-03."""
    one = inspection_with_log()
    one.approved()
    clock.advance(days=days)
    dispatch = services.Dispatch("府研查字第2號", now.today())
    if wanted:
        problem = refused("reason_required", notices.issue, one.coordinator, one.id, dispatch)
        assert problem.field == "late_reason"
        assert "第 8 個工作天" in problem.detail
        dispatch = services.Dispatch("府研查字第2號", now.today(), "委員出國")
    notices.issue(one.coordinator, one.id, dispatch)
    assert db.session.get(Record, one.id).late_reason == ("委員出國" if wanted else "")


@pytest.mark.parametrize(
    ("number", "offset", "field"),
    [(" ", 0, "letter_no"), ("字", 1, "letter_on"), ("字", -1, "letter_on"), ("字" * 101, 0, "letter_no")],
)
def test_a_letter_needs_a_number_and_a_possible_day(
    db: Any, clock: Any, number: str, offset: int, field: str
) -> None:
    one = inspection_with_log()
    one.approved()
    dispatch = services.Dispatch(number, now.today() + timedelta(days=offset))
    with pytest.raises(Problem) as found:
        notices.issue(one.coordinator, one.id, dispatch)
    assert found.value.field == field
    assert one.row.state == "approved"


def test_an_unscored_reinspection_goes_the_whole_way(db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(None, None, None), kind="reinspection"))
    one.issued()
    content = db.session.get(Record, one.id).content
    assert content["result"]["unscored"] is True
    assert content["result"]["score"] is None
    assert queries.rollups([one.id])[0].grade is None


def test_a_scored_inspection_cannot_go_without_sheets(db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(None, None, None)))
    refused("wrong_state", services.send_for_confirmation, one.coordinator, one.id)
    for member, score in zip(one.scoring, (70, 71, 72), strict=True):
        hand_in(one, member, score)
    assert set(one.send()) == {"late"}, "sheets after the closing wait for the leader"


def test_a_reinspection_that_one_member_scored_waits_for_the_others(db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(80, None, None), kind="reinspection"))
    problem = refused("wrong_state", services.send_for_confirmation, one.coordinator, one.id)
    assert str(problem).count("評分表尚未送出") == 2


def test_the_clock_of_seven_days_stands_in_the_record(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    assert services.open_record(one.id).due_on.isoformat() == "2026-12-02"
    clock.set(datetime(2026, 12, 3, 1, 0, tzinfo=UTC))
    assert services.letter_punctuality(one.row, now.today()).day == 8


def test_a_typhoon_entered_later_moves_the_letter_s_day_until_it_is_out(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.approved()
    before = due_of(one.row)
    calendar.set_closure(one.coordinator, before, working=False, reason="颱風停止上班")
    moved = due_of(one.row)
    assert moved > before
    notices.issue(one.coordinator, one.id, services.Dispatch("府研查字第3號", now.today()))
    calendar.remove_closure(one.coordinator, before)
    assert due_of(one.row) == moved, "the day that counted stands"
