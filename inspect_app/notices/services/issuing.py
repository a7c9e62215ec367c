"""Issuing the record opens the agency's case in the same transaction."""

from __future__ import annotations

from datetime import date
from typing import Any

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.domain.roc import format_date
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.inspections import services as inspections
from inspect_app.inspections.models import Inspection, Record
from inspect_app.notices.models import Case, CaseItem, Letter, Sanction
from inspect_app.notices.queries import by_inspection
from inspect_app.notices.rules import SANCTIONS, evidence_of
from inspect_app.notices.services.telling import handlers_of, tell
from inspect_app.photos import services as photos
from inspect_app.transaction import transaction


def issue(actor: Actor, inspection_id: str, dispatch: inspections.Dispatch) -> Case:
    """Send the record out (發文): the figures count, the agency's case opens, its people are told."""
    with transaction() as session:
        inspections.issue_record(actor, inspection_id, dispatch)
        record = session.get_one(Record, inspection_id)
        case = _open(session.get_one(Inspection, inspection_id), record)
        session.add(case)
        session.flush()
        ledger(case, "record", dispatch.letter_on, record.letter_no, actor)
        photos.refer({photo["sha256"] for entry in case.items for photo in entry.photos}, f"case:{case.id}")
        _prepare_sanctions(case, record.content or {})
        audit.record(actor, "notices.opened", f"case:{case.id}", items=len(case.items), due_on=case.due_on)
        body = f"查核紀錄已發文（{record.letter_no}），共 {len(case.items)} 項待回復，改善期限 {format_date(case.due_on)}。"
        tell(case, handlers_of(case), "［查核］缺失改善通知", body, once=f"issued:{case.id}")
    return case


def _open(inspection: Inspection, record: Record) -> Case:
    content = record.content or {}
    due = date.fromisoformat(content["improvement_deadline"])
    case = Case(
        id=new_id(), inspection_id=inspection.id, tender_id=inspection.tender_id, agency_id=inspection.agency_id,
        told_agency_id=inspection.agency_id, state="open", issued_on=record.letter_on, first_due_on=due, due_on=due, created_at=clock.now(),
    )  # fmt: skip
    lines = content["defects"] + content["design"] + content["advice"]
    case.items = [_item(no, line) for no, line in enumerate(lines, start=1)]
    return case


def _item(no: int, line: dict[str, Any]) -> CaseItem:
    return CaseItem(
        id=new_id(), no=no, part=line["kind"], entity_id=line["entity_id"], code=line["code"], text=line["text"],
        severity=line["severity"], location=line["location"], photos=line["photos"],
        evidence=evidence_of(line["kind"], line["code"]), state="waiting", round=1,
    )  # fmt: skip


def _prepare_sanctions(case: Case, content: dict[str, Any]) -> None:
    """For 丙等 the table of art 10 stands ready, nothing advised yet."""
    if content["result"]["grade"] == "丙等":
        known = set(db.session.scalars(db.select(Sanction.kind).where(Sanction.case_id == case.id)))
        db.session.add_all(Sanction(case_id=case.id, kind=kind) for kind in SANCTIONS if kind not in known)


def ledger(
    case: Case, kind: str, on: date, number: str, actor: Actor, *, incoming: bool = False, note: str = ""
) -> None:
    """One line of the correspondence ledger."""
    db.session.add(
        Letter(
            id=new_id(), case_id=case.id, kind=kind, incoming=incoming, on=on, number=number.strip(), note=note.strip(),
            by=actor.id, at=clock.now(),
        )
    )  # fmt: skip


def check_letter_day(case: Case, on: date, field: str) -> None:
    """A letter of the correspondence is no older than the record's, and not of tomorrow."""
    if not case.issued_on <= on <= clock.today():
        text = f"日期要在查核紀錄發文日 {format_date(case.issued_on)} 到今天之間。"
        raise Problem("bad_value", text, field=field)


def issue_score_letter(actor: Actor, inspection_id: str, number: str, on: date) -> None:
    """Tell a withheld score; a 丙等 opens the sanctions table."""
    with transaction() as session:
        inspections.issue_score_letter(actor, inspection_id, number, on)
        case = by_inspection(inspection_id)
        record = session.get_one(Record, inspection_id)
        if case is None or record.content is None:
            raise RuntimeError("an issued record has a case")
        ledger(case, "score", on, number, actor)
        _prepare_sanctions(case, record.content)
        tell(
            case,
            handlers_of(case),
            "［查核］查核成績通知",
            "檢驗結果已判定，查核成績已另函通知。",
            once=f"score:{case.id}",
        )
