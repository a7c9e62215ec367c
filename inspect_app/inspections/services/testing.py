"""The laboratory's answers to the tests taken on site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Record, TestResult
from inspect_app.inspections.services.opening import reach
from inspect_app.inspections.state import folded
from inspect_app.transaction import transaction


@dataclass(frozen=True, slots=True)
class Judgement:
    """The laboratory's answer to a test taken on site: `result` is pass or fail."""

    entity_id: str
    result: str
    judged_on: date
    report_no: str
    note: str = ""


def enter_test_result(actor: Actor, inspection_id: str, judgement: Judgement) -> None:
    """Enter or correct a judgement. Once a score was approved on it, one that is there stays; a first one may still come:
    a score that was approved without it does not depend on it (domain.scoring).

    From the approval on the tests are those of the frozen record, whatever the log says later.
    """
    with transaction() as session:
        row = reach(actor, Permission.ENTER_TEST_RESULTS, inspection_id)
        record = session.get(Record, inspection_id)
        if not _is_there(inspection_id, judgement.entity_id, record):
            raise Problem("not_found", "這次查核沒有這項檢驗。")
        _check(row, judgement, record)
        session.merge(
            TestResult(
                inspection_id=inspection_id, entity_id=judgement.entity_id, result=judgement.result,
                judged_on=judgement.judged_on, report_no=judgement.report_no.strip(), note=judgement.note.strip(),
                entered_by=actor.id, entered_at=clock.now(),
            )
        )  # fmt: skip
        facts = {"test": judgement.entity_id, "result": judgement.result, "judged_on": judgement.judged_on}
        audit.record(actor, "inspections.test_judged", f"inspection:{inspection_id}", **facts)


def _is_there(inspection_id: str, entity_id: str, record: Record | None) -> bool:
    if record is not None and record.content is not None:
        return any(line["entity_id"] == entity_id for line in record.content["tests"])
    test = folded(inspection_id).entity("test", entity_id)
    return bool(test.fields) and not test.deleted


def _check(row: Inspection, judgement: Judgement, record: Record | None) -> None:
    if judgement.result not in ("pass", "fail"):
        raise Problem("bad_value", "請選擇合格或不合格。", field="result")
    if not row.inspected_on <= judgement.judged_on <= clock.today():
        raise Problem("bad_value", "判定日期要在查核日到今天之間。", field="judged_on")
    decided = record is not None and record.content is not None and not record.withheld
    if decided and db.session.get(TestResult, (row.id, judgement.entity_id)) is not None:
        raise Problem("wrong_state", "成績已經核定，檢驗結果不能再改。還沒有發文時，請召集人撤回核定後再改。")
