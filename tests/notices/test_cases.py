"""A case from notice to 備查: every party, every refusal, second rounds, extensions, reminders."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from inspect_app import clock as app_clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.permissions import Role
from inspect_app.errors import Problem
from inspect_app.inspections.models import Record
from inspect_app.notices import queries, services, todos
from inspect_app.notices.models import Case, CaseItem, Reply
from inspect_app.notices.rules import evidence_of, gaps
from inspect_app.notifications.models import OutboxRow
from inspect_app.photos import services as photos
from inspect_app.projects import merging
from inspect_app.projects.models import Tender
from inspect_app.transaction import transaction
from tests.notices.conftest import Scene, issued
from tests.support import factories, small_city
from tests.support.jobs import work
from tests.support.pictures import photo

pytestmark = pytest.mark.timeout(300)
MISSING = dict.fromkeys(("before", "during", "after", "scan"), "工地已封閉")


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Problem) as caught:
        call(*args, **kwargs)
    return caught.value.code


def write(scene: Scene, item: CaseItem, **values: Any) -> Reply:
    """Save a complete draft of one item."""
    version = services.begin_reply(scene.handler, item.id).version
    given = {
        "cause": "未依圖施工",
        "measure": "已修補完成",
        "done_on": app_clock.today(),
        "missing": MISSING,
    } | values
    return services.save_draft(scene.handler, item.id, services.Draft(version, **given))


def answer_all(scene: Scene) -> None:
    for item in scene.fresh().items:
        if item.state in ("waiting", "returned"):
            write(scene, item)
            services.mark_ready(scene.handler, item.id)
    services.send_replies(scene.approver, scene.case.id, letter_no="局工字第1號")


def mails(ref: str, word: str = "") -> list[OutboxRow]:
    from inspect_app.extensions import db

    rows = db.session.scalars(db.select(OutboxRow).where(OutboxRow.ref == ref)).all()
    return [row for row in rows if word in row.payload["subject"]]


def test_every_finding_becomes_an_item_with_its_kind_of_evidence(scene: Scene, db: Any) -> None:
    content = db.session.get_one(Record, scene.case.inspection_id).content
    lines = content["defects"] + content["design"] + content["advice"]
    assert [item.entity_id for item in scene.case.items] == [line["entity_id"] for line in lines]
    assert scene.case.due_on == date.fromisoformat(content["improvement_deadline"])
    assert evidence_of("defect", "5.01.01") == "photos"
    assert evidence_of("defect", "4.03.04") == "scans"
    assert evidence_of("design", "7.01.01") == evidence_of("advice", "8.01") == "short"


def test_a_case_goes_its_whole_way_with_a_second_round(scene: Scene) -> None:
    answer_all(scene)
    case = scene.fresh()
    assert {item.state for item in case.items} == {"sent"}
    first = case.items[0]
    assert code_of(services.return_item, scene.coordinator, first.id, "  ") == "reason_required"
    services.return_item(scene.coordinator, first.id, "照片角度不同")
    for item in case.items[1:]:
        services.accept_item(scene.coordinator, item.id)
    assert (
        code_of(services.close_case, scene.coordinator, case.id, number="x", on=app_clock.today())
        == "wrong_state"
    )
    again = write(scene, first, measure="已重新拍攝")
    assert (first.round, again.round) == (2, 2)
    assert first.replies[0].measure == "已修補完成"
    services.mark_ready(scene.handler, first.id)
    services.send_replies(scene.approver, case.id)
    services.accept_item(scene.coordinator, first.id)
    assert (
        code_of(services.close_case, scene.coordinator, case.id, number=" ", on=app_clock.today())
        == "missing"
    )
    services.close_case(scene.coordinator, case.id, number="研查字第9號", on=app_clock.today())
    assert (scene.fresh().state, scene.fresh().closing_no) == ("closed", "研查字第9號")
    assert [letter.kind for letter in queries.letters(case.id)].count("reply") == 2


def test_the_second_round_begins_with_what_was_sent(scene: Scene) -> None:
    answer_all(scene)
    item = scene.fresh().items[0]
    services.return_item(scene.coordinator, item.id, "補正")
    reply = services.begin_reply(scene.handler, item.id)
    assert (reply.measure, reply.cause, reply.missing) == ("已修補完成", "未依圖施工", MISSING)


def test_a_stale_draft_is_refused_and_both_stay(scene: Scene) -> None:
    item = scene.case.items[0]
    write(scene, item, measure="甲的版本")
    stale = services.Draft(0, measure="乙的版本")
    assert code_of(services.save_draft, scene.handler, item.id, stale) == "stale"
    assert queries.current_reply(scene.fresh().items[0]).measure == "甲的版本"  # type: ignore[union-attr]


def test_half_a_reply_is_kept_but_not_handed_over(scene: Scene) -> None:
    item = next(one for one in scene.case.items if one.evidence == "photos")
    services.begin_reply(scene.handler, item.id)
    services.save_draft(scene.handler, item.id, services.Draft(0, measure="一半"))
    with pytest.raises(Problem) as caught:
        services.mark_ready(scene.handler, item.id)
    assert set(caught.value.extra["fields"]) == {
        "cause",
        "done_on",
        "photo_before",
        "photo_during",
        "photo_after",
    }
    assert queries.current_reply(scene.fresh().items[item.no - 1]).measure == "一半"  # type: ignore[union-attr]


def test_a_future_day_is_not_a_date_done() -> None:
    reply = {"measure": "x", "cause": "x", "done_on": date(2026, 5, 2), "undone_reason": "", "missing": {}}
    assert set(gaps("short", reply, set(), date(2026, 5, 1))) == {"done_on"}
    assert gaps("short", reply, set(), date(2026, 5, 2)) == {}


def test_files_are_attached_once_and_at_most_twelve(scene: Scene) -> None:
    item = next(one for one in scene.case.items if one.evidence == "photos")
    first = photos.take_in(scene.handler, photo(seed=1), "a.jpg")
    one = services.add_file(scene.handler, item.id, "after", first)
    assert services.add_file(scene.handler, item.id, "after", first).id == one.id
    for seed in range(2, 13):
        services.add_file(
            scene.handler, item.id, "after", photos.take_in(scene.handler, photo(seed=seed), "b.jpg")
        )
    extra = photos.take_in(scene.handler, photo(seed=99), "c.jpg")
    assert code_of(services.add_file, scene.handler, item.id, "after", extra) == "too_many"
    services.remove_file(scene.handler, item.id, one.id)
    assert code_of(services.remove_file, scene.handler, item.id, one.id) == "not_found"
    assert code_of(services.add_file, scene.handler, item.id, "somewhere", first) == "bad_value"


def test_an_empty_file_is_refused_with_words(scene: Scene) -> None:
    assert code_of(photos.take_in, scene.handler, b"", "empty.jpg") == "unsupported_type"


def test_what_was_sent_cannot_be_changed(scene: Scene) -> None:
    answer_all(scene)
    item = scene.fresh().items[0]
    assert (
        code_of(services.save_draft, scene.handler, item.id, services.Draft(1, measure="x")) == "wrong_state"
    )
    assert code_of(services.mark_ready, scene.handler, item.id) == "wrong_state"
    assert code_of(services.send_replies, scene.approver, scene.case.id) == "wrong_state"


def test_the_approver_may_send_it_back_inside(scene: Scene) -> None:
    item = scene.case.items[0]
    write(scene, item)
    services.mark_ready(scene.handler, item.id)
    assert code_of(services.return_inside, scene.handler, item.id, "x") == "forbidden"
    services.return_inside(scene.approver, item.id, "照片不清楚")
    entry = scene.fresh().items[0]
    assert (entry.state, queries.current_reply(entry).inside_reason) == ("waiting", "照片不清楚")  # type: ignore[union-attr]


def test_another_agency_finds_nothing(scene: Scene) -> None:
    stranger = factories.actor(Role.AGENCY_HANDLER, agency_id=factories.agency().id)
    for known, made_up in ((scene.case.id, "made-up"),):
        assert (
            code_of(queries.case, stranger, known) == code_of(queries.case, stranger, made_up) == "not_found"
        )
    item = scene.case.items[0].id
    assert (
        code_of(services.begin_reply, stranger, item)
        == code_of(services.begin_reply, stranger, "made-up")
        == "not_found"
    )
    assert queries.cases(stranger) == []
    assert todos.todos(stranger, app_clock.today()) == []


def test_a_deputy_acts_for_the_handler(scene: Scene, db: Any) -> None:
    from inspect_app.accounts.models import Deputy
    from inspect_app.accounts.queries import actor_for, get
    from inspect_app.ids import new_id
    from inspect_app.transaction import transaction

    person = factories.account(Role.AUDITOR, agency_id=scene.handler.agency_id)
    with transaction() as session:
        today = app_clock.today()
        session.add(
            Deputy(
                id=new_id(),
                principal_id=scene.handler.id,
                deputy_id=person.id,
                starts_on=today,
                ends_on=today,
            )
        )
    deputy = actor_for(get(person.id))  # type: ignore[arg-type]
    assert services.begin_reply(deputy, scene.case.items[0].id).version == 0
    over = factories.account(
        Role.AGENCY_HANDLER, agency_id=scene.handler.agency_id, expires_on=today - timedelta(days=1)
    )
    services.remind(scene.coordinator, scene.case.id)
    told = {row.payload["to"] for row in mails(f"case:{scene.case.id}", "稽催")}
    assert get(scene.handler.id).email in told  # type: ignore[union-attr]
    assert person.email in told, "who stands in reads the letters, too"
    assert over.email not in told, "whose time is over reads none"


def test_a_reminder_that_nobody_gets_says_so(scene: Scene, client: FlaskClient, db: Any) -> None:
    from inspect_app.accounts.models import Account

    with transaction() as session:
        for person in services.handlers_of(scene.case):
            session.get_one(Account, person.id).disabled_at = app_clock.now()
    headers = factories.bearer(db.session.get_one(Account, scene.coordinator.id))
    page = f"/office/cases/{scene.case.id}"
    assert "沒有可以收信的帳號" in client.get(page, headers=headers).text
    client.post(f"{page}/remind", headers=headers)
    assert "已登錄稽催，機關沒有可以收信的帳號" in client.get(page, headers=headers).text


def test_an_extension_moves_the_deadline_and_the_reminders_begin_anew(scene: Scene, clock: Any) -> None:
    case = scene.case
    clock.set(_noon(case.due_on + timedelta(days=1)))
    before = case.due_on
    assert services.remind_due() == 1
    assert services.remind_due() == 0
    assert code_of(services.ask_extension, scene.approver, case.id, before, "x") == "bad_value"
    asked = services.ask_extension(scene.approver, case.id, before + timedelta(days=14), "材料延後")
    assert (
        code_of(services.ask_extension, scene.approver, case.id, before + timedelta(days=20), "x")
        == "conflict"
    )
    until = before + timedelta(days=10)
    services.decide_extension(scene.coordinator, asked.id, granted=True, until=until, reason="")
    assert scene.fresh().due_on == until
    assert scene.fresh().first_due_on == before
    clock.set(_noon(until + timedelta(days=1)))
    assert services.remind_due() == 1
    assert len(mails(f"case:{case.id}", "逾期")) == 2 * len(_people(case))


def _noon(day: date) -> Any:
    from datetime import UTC, datetime, time

    return datetime.combine(day, time(4, 0), UTC)


def _people(case: Case) -> list[Any]:
    from inspect_app.notices.services.telling import handlers_of

    return handlers_of(case)


def test_a_refused_extension_wants_a_reason_and_moves_nothing(scene: Scene) -> None:
    before = scene.case.due_on
    asked = services.ask_extension(scene.approver, scene.case.id, before + timedelta(days=5), "人力不足")
    assert (
        code_of(services.decide_extension, scene.coordinator, asked.id, granted=False, until=None, reason="")
        == "reason_required"
    )
    services.decide_extension(scene.coordinator, asked.id, granted=False, until=None, reason="理由不足")
    assert scene.fresh().due_on == before
    assert (
        code_of(services.decide_extension, scene.coordinator, asked.id, granted=True, until=before, reason="")
        == "wrong_state"
    )


def test_people_are_told_five_working_days_before_once(scene: Scene, clock: Any) -> None:
    clock.set(_noon(scene.case.due_on - timedelta(days=20)))
    assert services.remind_due() == 0
    clock.set(_noon(scene.case.due_on - timedelta(days=4)))
    assert services.remind_due() == 1
    assert services.remind_due() == 0
    assert mails(f"case:{scene.case.id}", "將屆")


def test_no_subject_holds_the_text_of_a_finding_and_every_mail_links_to_its_item(scene: Scene) -> None:
    answer_all(scene)
    item = scene.fresh().items[0]
    services.return_item(scene.coordinator, item.id, "補正")
    rows = mails(f"case:{scene.case.id}")
    assert rows
    for row in rows:
        assert not any(one.text[:8] in row.payload["subject"] for one in scene.case.items)
        assert f"/office/cases/{scene.case.id}" in row.payload["body"]
    assert any(f"#item-{item.id}" in row.payload["body"] for row in rows)


def test_what_was_really_deducted_stands_beside_the_statement(scene: Scene) -> None:
    services.record_deduction(
        scene.handler, scene.case.id, "contractor", amount=12_000, on=app_clock.today(), note="估驗扣抵"
    )
    assert queries.deductions(scene.case.id)["contractor"].amount == 12_000
    assert (
        code_of(services.record_deduction, scene.handler, scene.case.id, "owner", amount=1, on=None, note="")
        == "bad_value"
    )
    later = app_clock.today() + timedelta(days=1)
    assert (
        code_of(services.record_deduction, scene.handler, scene.case.id, "pcm", amount=1, on=later, note="")
        == "bad_value"
    )


def test_a_bad_grade_brings_the_sanctions_table(city: small_city.City) -> None:
    bad = issued(city, 1, judgement="safety")
    assert len(queries.sanctions(bad.case.id)) == 8
    services.advise_sanction(
        bad.coordinator, bad.case.id, "replace_site", advised=True, advice="撤換品管人員"
    )
    undone = {"done": False, "on": None, "note": ""}
    assert (
        code_of(services.record_sanction, bad.handler, bad.case.id, "replace_site", **undone)
        == "reason_required"
    )
    services.record_sanction(
        bad.handler, bad.case.id, "replace_site", done=True, on=app_clock.today(), note=""
    )
    assert queries.sanctions(bad.case.id)["replace_site"].done is True
    good = issued(city, 2)
    assert queries.sanctions(good.case.id) == {}
    assert (
        code_of(services.advise_sanction, good.coordinator, good.case.id, "redo", advised=True, advice="")
        == "not_found"
    )


def test_a_withheld_score_opens_no_sanctions_until_its_letter(city: small_city.City) -> None:
    from inspect_app.inspections import services as inspections
    from inspect_app.inspections.state import folded

    held = issued(city, 3, test="concrete_core", level=85)
    assert queries.sanctions(held.case.id) == {}
    test_id = next(key for key, _item in folded(held.case.inspection_id).of("test"))
    judgement = inspections.Judgement(test_id, "fail", app_clock.today(), "R-1")
    assert (
        code_of(
            services.issue_score_letter,
            held.coordinator,
            held.case.inspection_id,
            "研查字第2號",
            app_clock.today(),
        )
        == "wrong_state"
    )
    inspections.enter_test_result(held.coordinator, held.case.inspection_id, judgement)
    services.issue_score_letter(held.coordinator, held.case.inspection_id, "研查字第2號", app_clock.today())
    assert len(queries.sanctions(held.case.id)) == 8
    assert [letter.kind for letter in queries.letters(held.case.id)] == ["record", "score"]


def test_a_reminder_that_waited_does_not_leave_for_what_was_answered_meanwhile(
    scene: Scene, app: Any, db: Any, clock: Any
) -> None:
    services.remind(scene.coordinator, scene.case.id)
    reminder = mails(f"case:{scene.case.id}", "稽催")
    answer_all(scene)
    work(app, "outbox.letters")
    assert {row.state for row in mails(f"case:{scene.case.id}", "稽催")} == {"dropped"}
    assert reminder
    assert {row.state for row in mails(f"case:{scene.case.id}", "送出改善結果")} == {"done"}


def test_a_case_that_goes_to_another_agency_is_told_there_and_here_once(
    scene: Scene, app: Any, db: Any, clock: Any
) -> None:
    """Whoever handed the work over knows of no cases; a letter to the one that had it says nothing of the work's name."""
    other = factories.agency()
    heir = factories.account(Role.AGENCY_HANDLER, agency_id=other.id)
    kept = factories.tender(agency_id=other.id, number="接辦-1")
    services.remind(scene.coordinator, scene.case.id)
    with transaction() as session:
        merging.fold(session, session.get_one(Tender, scene.case.tender_id), kept, app_clock.now())
    for _ in range(2):
        work(app, "cases.handed")
    told = {row.payload["to"]: row.payload["body"] for row in mails(f"case:{scene.case.id}", "移交")}
    before = {
        person.email
        for person in accounts.to_tell(
            Role.AGENCY_HANDLER, Role.AGENCY_APPROVER, agency_id=scene.handler.agency_id or ""
        )
    }
    assert set(told) == {heir.email} | before
    assert before
    assert f"/office/cases/{scene.case.id}" in told[heir.email]
    assert all("/office/" not in told[email] for email in before)
    assert len(mails(f"case:{scene.case.id}", "移交")) == len(told)
    work(app, "outbox.letters")
    waited = mails(f"case:{scene.case.id}", "稽催")
    assert {row.state for row in waited} == {"dropped"}, "nobody is reminded of another agency's case"


def test_approvers_are_told_once_of_what_waits_for_them(scene: Scene) -> None:
    items = scene.fresh().items
    for item in items[:2]:
        write(scene, item)
        services.mark_ready(scene.handler, item.id)
    told = [row.payload for row in mails(f"case:{scene.case.id}", "待核章")]
    assert sorted(row["to"] for row in told) == sorted(
        {person.email for person in accounts.to_tell(Role.AGENCY_APPROVER, agency_id=scene.case.agency_id)}
    )
    assert all(f"#item-{items[0].id}" in row["body"] for row in told)
