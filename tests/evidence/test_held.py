"""What follows from the log is held to it: whoever changes a row past the program is found, also with its hash and its figures."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from inspect_app import audit, cli_evidence
from inspect_app import clock as product_clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.permissions import Role
from inspect_app.audit import chaining
from inspect_app.catalogue import services as catalogue
from inspect_app.evidence import condition, heads, held
from inspect_app.evidence.verification import verify
from inspect_app.inspections import services
from inspect_app.inspections.document import content_digest
from inspect_app.inspections.models import Record
from inspect_app.notices import pinned
from inspect_app.notices import services as notices
from inspect_app.notices.models import Case
from inspect_app.notices.queries import by_inspection
from inspect_app.transaction import transaction
from tests.scheduling.conftest import City, city
from tests.support import factories, pictures
from tests.support.inspected import Inspected, Told, inspection_with_log
from tests.support.office import Visitor
from tests.support.tampering import do, past_the_guards

__all__ = ["city"]


@pytest.fixture
def made(db: Any, clock: Any, city: City) -> Inspected:
    """A sealed visit, and an inspection the whole way: tidied, a test judged, confirmed, issued, answered, agreed to, a deduction."""
    catalogue.load_shipped()
    catalogue.set_setting(SYSTEM, "cap_ratio", date(2026, 1, 1), "1500", source="", verified=False)
    catalogue.set_closure(SYSTEM, date(2026, 10, 5), working=False, reason="颱風")
    city.sealed()
    one = inspection_with_log(Told(test="concrete_core", picture=pictures.photo()))
    changed = services.Tidied("finding", one.findings[0], "text", "A1 橋台表面蜂窩", "A1 橋台蜂窩")
    services.tidy(one.coordinator, one.id, changed)
    services.enter_test_result(
        one.coordinator, one.id, services.Judgement(one.test, "pass", product_clock.today(), "甲字1號")
    )
    one.issued()
    answered(one)
    assert [(fault.row, fault.says) for fault in found()] == []
    return one


def answered(one: Inspected) -> None:
    """The advice, which takes a few words."""
    case = by_inspection(one.id)
    assert case is not None
    advice = case.items[-1].id
    approver = factories.actor(Role.AGENCY_APPROVER, agency_id=case.agency_id)
    version = notices.begin_reply(one.handler, advice).version
    notices.save_draft(one.handler, advice, notices.Draft(version, measure="已增設"))
    notices.mark_ready(one.handler, advice)
    notices.send_replies(approver, case.id)
    notices.accept_item(one.coordinator, advice)
    notices.record_deduction(one.coordinator, case.id, "contractor", amount=8000, on=None, note="")
    notices.ask_extension(approver, case.id, case.due_on + timedelta(days=9), "雨")


def found() -> list[Any]:
    return verify(more=pinned.CHECKS).faults


CHECKS = held.CHECKS | pinned.CHECKS
REWRITTEN = """UPDATE operations SET body = :body, content_hash = :hash WHERE id = :id"""


def another_score(db: Any) -> None:
    """With its hash, as a careful forger does it."""
    query = text("SELECT id, body FROM operations WHERE entity = 'score_sheet' ORDER BY n LIMIT 1")
    row = db.session.execute(query).one()
    body = row.body.replace('"w_structure":40', '"w_structure":20')
    assert body != row.body
    do(db, REWRITTEN, id=row.id, body=body, hash=hashlib.sha256(body.encode()).hexdigest())


def another_record(db: Any, one: Inspected) -> None:
    """With its figures, and a line of an approval that nobody gave."""
    record = db.session.get(Record, one.id)
    content = {**record.content, "result": {**record.content["result"], "score": 95, "grade": "優等"}}
    record.content = content
    db.session.flush()
    do(db, "UPDATE rollups SET score = 95, grade = '優等'")
    facts = {"version": 1, "content": content_digest(content)}
    audit.record(one.convener, "inspections.approved", f"inspection:{one.id}", **facts)


LAST = "(SELECT max(n) FROM operations)"
FORGERIES = {
    "an operation's text": ("operation", "UPDATE operations SET body = replace(body, '蜂窩', '色差') WHERE entity = 'finding'"),
    "its author": ("operation", "UPDATE operations SET author_id = 'x' WHERE n = 3"),
    "its stamp": ("operation", "UPDATE operations SET stamp = 'f' || substr(stamp, 2) WHERE n = 4"),
    "its moment": ("operation", "UPDATE operations SET received_at = '2026-11-20 00:00:00+00:00' WHERE n = 5"),
    "an operation deleted": ("operation", "DELETE FROM operations WHERE n = 6"),
    "the last one deleted": ("operation", f"DELETE FROM operations WHERE n = {LAST}; UPDATE inspections SET log_n = log_n - 1"),
    "a photo deleted": ("operation", "DELETE FROM photos"),
    "a laboratory result": ("record", "UPDATE test_results SET result = 'fail'"),
    "a laboratory result deleted": ("record", "DELETE FROM test_results"),
    "a confirmation": ("record", "UPDATE confirmations SET agreed = NOT agreed"),
    "a wording": ("record", "UPDATE wordings SET text = '沒有缺失'"),
    "the letter": ("record", "UPDATE records SET letter_on = '2026-11-20'"),
    "the number of the letter that told a score": ("record", "UPDATE records SET score_letter_no = 'x'"),
    "who approved": ("record", "UPDATE records SET approved_by = 'x'"),
    "a record deleted": ("record", "DELETE FROM records"),
    "the figures": ("figure", "UPDATE rollups SET score = 95"),
    "a finding of theirs": ("figure", "DELETE FROM rollup_findings WHERE no = 1"),
    "the day of the visit": ("visit", "UPDATE visits SET inspected_on = '2026-11-20' WHERE state = 'released'"),
    "the team": ("visit", "UPDATE visit_members SET role = 'staff' WHERE role = 'member'"),
    "the pinned rules": ("visit", "UPDATE visits SET plan = '{}' WHERE state = 'released'"),
    "a sealed plan": ("visit", "UPDATE visits SET sealed = wrapped_key WHERE state = 'sealed'"),
    "a sealed visit withdrawn": ("visit", "UPDATE visits SET state = 'cancelled' WHERE state = 'sealed'"),
    "a reason": ("visit", "UPDATE visit_events SET reason = 'x'"),
    "a setting": ("rule", "UPDATE field_settings SET value = '2000'"),
    "its date": ("rule", "UPDATE field_settings SET effective_from = '2025-01-01'"),
    "a local day": ("rule", "DELETE FROM closures"),
    "a defect table": ("rule", "UPDATE edition_rows SET text = 'x' WHERE code = '5.01.01'"),
    "a deadline": ("case", "UPDATE cases SET due_on = '2027-12-31'"),
    "a closing": ("case", "UPDATE cases SET state = 'closed', closed_on = '2026-11-23'"),
    "an item": ("case", "DELETE FROM case_items WHERE no = 1"),
    "an agreement": ("case", "UPDATE case_items SET state = 'accepted' WHERE no = 2"),
    "an answer": ("case", "UPDATE replies SET measure = '沒有做'"),
    "a deduction": ("case", "UPDATE deductions SET amount = 1"),
}  # fmt: skip
FROZEN = ("DROP TRIGGER edition_rows_frozen_update",)


def test_every_row_that_was_changed_past_the_program_is_told(made: Inspected, db: Any) -> None:
    sqlite, missed = db.engine.dialect.name == "sqlite", []
    for name, (kind, statements) in FORGERIES.items():
        with past_the_guards(db):
            do(db, *(FROZEN if sqlite else ()), *statements.split("; "))
            db.session.expire_all()
            if not any(fault.kind == kind for fault in CHECKS[kind]()):
                missed.append(name)
    assert missed == []
    if sqlite:
        with past_the_guards(db):
            do(db, "UPDATE records SET letter_on = 'x'")
            assert [fault.kind for fault in found() if "no such row" in fault.says][:1] == ["record"]
    with past_the_guards(db):
        another_score(db)
        assert [fault.kind for fault in found()] == ["operation"]
    with past_the_guards(db):
        another_record(db, made)
        assert [fault.says for fault in found()] == ["it was approved twice"]
    assert found() == []


def test_a_line_of_yesterday_that_comes_after_todays_head_is_told(db: Any, clock: Any) -> None:
    """Also when it is chained as it should be; not when the clock really went back, which a line of its own tells."""
    chaining.chain_waiting()
    heads.head_of_today()
    clock.advance(hours=-3)
    with transaction():
        audit.record(SYSTEM, "test.done", "thing:1")
    chaining.chain_waiting()
    (fault,) = verify().faults
    assert (fault.kind, fault.row) == ("line", "line 1 (position 0)")
    clock.advance(minutes=1)
    with transaction():
        audit.record(SYSTEM, "clock.went_back", "installation:1")
    chaining.chain_waiting()
    assert verify().faults == []


def test_what_a_check_found_is_told_to_administrators_and_auditors(
    made: Inspected, app: Any, db: Any
) -> None:
    def check() -> int:
        db.session.expire_all()
        return len(cli_evidence.verify(()).faults)

    def told() -> list[str]:
        lines = condition.todos(factories.actor("administrator"), product_clock.today())
        return [line.what for line in lines if "完整檢核" in line.what]

    def put_off(days: int) -> str:
        with transaction() as session:
            case = session.scalars(select(Case)).one()
            case.due_on += timedelta(days=days)
        return f"case {case.id}"

    assert (check(), told()) == (0, [])
    case = put_off(1)
    assert check() == 1
    (line,) = told()
    assert f"發現 1 處與稽核紀錄不符，第一處是「{case}」" in line
    factories.account("auditor", login="auditor1", password=factories.PASSWORD)
    visitor = Visitor(app)
    visitor.sign_in("auditor1", factories.PASSWORD)
    assert f"第一處是 <code>{case}</code>" in visitor.get("/evidence").text
    put_off(-1)
    assert (check(), told()) == (0, [])
