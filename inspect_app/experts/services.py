"""Changing the roster: import, entry by hand, the facts that may mean recusal."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from inspect_app import audit
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.experts import queries
from inspect_app.experts.importer import RosterPlan, plan_roster, read_roster
from inspect_app.experts.models import Expert, ExpertTie
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.intake import ImportResult
from inspect_app.transaction import end_read, transaction

TIE_KINDS = {
    "employed": "任職或服務於",
    "family": "親屬任職於",
    "designed": "曾參與設計",
    "supervised": "曾參與監造",
    "interest": "自行聲明有利害關係",
}


def import_experts(actor: Actor, file_name: str, content: bytes, *, check: bool = False) -> ImportResult:
    """Take in a roster (XLSX, CSV); `check` writes nothing. The shape of the answer is that of every import."""
    permit(actor, Permission.MANAGE_EXPERTS)
    table = read_roster(content)
    if not table.lines and not table.broken:
        raise Problem("bad_file", "檔案裡只有欄名，沒有任何專家。", field="file")
    if check:
        result = plan_roster(table, queries.members(with_inactive=True)).result
        end_read()
        return result
    try:
        with transaction():
            plan = plan_roster(table, queries.members(with_inactive=True))
            if plan.result.changes:
                _write(actor, file_name, content, plan)
    except IntegrityError:
        raise Problem("conflict", "同時有人在更新專家名單，這次沒有寫入。請稍後再匯入一次。") from None
    return plan.result


def _write(actor: Actor, file_name: str, content: bytes, plan: RosterPlan) -> None:
    for row in plan.new:
        db.session.execute(insert(Expert).values(**row))
    for expert_id, changed in plan.changed.items():
        expert = db.session.get_one(Expert, expert_id)
        for name, value in changed.items():
            setattr(expert, name, value)
    digest = hashlib.sha256(content).hexdigest()
    counts = {
        "created": plan.result.created,
        "updated": plan.result.updated,
        "rejected": len(plan.result.rejected),
    }
    audit.record(
        actor, "experts.imported", f"file:{digest}", file_name=file_name.replace("\0", "")[-200:], **counts
    )


@dataclass(frozen=True, slots=True)
class Person:
    """An expert as entered by hand. `account_id` links the sign-in; empty texts are blanks."""

    name: str
    roster_no: str = ""
    employer: str = ""
    specialities: list[str] = field(default_factory=list)
    external: bool = True
    on_roster: bool = True
    off_roster_reason: str = ""
    disqualified: str = ""
    email: str = ""
    account_id: str = ""
    active: bool = True


def save_expert(actor: Actor, person: Person, expert_id: str | None = None) -> Expert:
    """Enter an expert or change one. Off the roster an outside expert wants the approved reason (組織準則第5條)."""
    permit(actor, Permission.MANAGE_EXPERTS)
    _check(person, expert_id)
    with transaction() as session:
        row = queries.expert(expert_id) if expert_id else Expert(id=new_id())
        values = asdict(person) | {
            "roster_no": person.roster_no or None,
            "account_id": person.account_id or None,
        }
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        audit.record(actor, "experts.saved", f"expert:{row.id}", active=row.active)
    return row


def _check(person: Person, expert_id: str | None) -> None:
    if person.external and not person.on_roster and not person.off_roster_reason.strip():
        raise Problem(
            "reason_required", "不在專家名單內的外聘委員，請填機關首長核可的理由。", field="off_roster_reason"
        )
    for column, value, name, label in (
        (Expert.roster_no, person.roster_no, "roster_no", "專家編號"),
        (Expert.account_id, person.account_id, "account_id", "帳號"),
    ):
        taken = (
            db.session.scalar(select(Expert.name).where(column == value, Expert.id != (expert_id or "")))
            if value
            else None
        )
        if taken:
            raise Problem("conflict", f"這個{label}已經是「{taken}」的，請查對。", field=name)
    if person.account_id and db.session.get(Account, person.account_id) is None:
        raise Problem("not_found", "找不到這個帳號。", field="account_id")


@dataclass(frozen=True, slots=True)
class TieFact:
    """A fact that may mean recusal. `degree` for family: 0 is a spouse or household."""

    kind: str
    party: str = ""
    tender_id: str = ""
    degree: int | None = None
    since: date | None = None
    until: date | None = None
    note: str = ""


def add_tie(actor: Actor, expert_id: str, fact: TieFact) -> ExpertTie:
    """Write down a tie. A party's name or a tender is wanted; family wants the degree."""
    permit(actor, Permission.MANAGE_EXPERTS)
    queries.expert(expert_id)
    _check_tie(fact)
    with transaction() as session:
        values = asdict(fact) | {"tender_id": fact.tender_id or None}
        row = ExpertTie(id=new_id(), expert_id=expert_id, **values)
        session.add(row)
        audit.record(actor, "experts.tie_added", f"expert:{expert_id}", kind=fact.kind)
    return row


def _check_tie(fact: TieFact) -> None:
    if fact.kind not in TIE_KINDS:
        raise Problem("bad_value", "請選關係的種類。", field="kind")
    if not fact.party.strip() and not fact.tender_id:
        raise Problem("missing", "請填機關或廠商的名稱。", field="party")
    if fact.kind == "family" and fact.degree is None:
        raise Problem("missing", "請填親等（配偶或同住家屬填 0）。", field="degree")
    if fact.since and fact.until and fact.until < fact.since:
        raise Problem("bad_value", "結束日早於開始日，請查對。", field="until")


def remove_tie(actor: Actor, expert_id: str, tie_id: str) -> None:
    """Take back a tie entered by mistake; the audit log keeps what it said."""
    permit(actor, Permission.MANAGE_EXPERTS)
    with transaction() as session:
        row = session.get(ExpertTie, tie_id)
        if row is None or row.expert_id != expert_id:
            raise Problem("not_found", "這筆關係已經不在了。")
        audit.record(actor, "experts.tie_removed", f"expert:{expert_id}", kind=row.kind, party=row.party)
        session.delete(row)
