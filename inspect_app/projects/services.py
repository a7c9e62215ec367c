"""Changing tenders: imports, delays, contract terms, budgets, agencies, signals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.intake import ImportResult
from inspect_app.projects import merging, queries
from inspect_app.projects.importers import read_tenders
from inspect_app.projects.importers.planning import Plan, make_plan
from inspect_app.projects.importers.records import Parsed
from inspect_app.projects.importers.writing import write_plan
from inspect_app.projects.models import Agency, ContractTerms, ImportRun, Signal, Tender, TenderDelay
from inspect_app.transaction import end_read, transaction

MAX_MULTIPLIER = 10


def import_tenders(actor: Actor, file_name: str, content: bytes, *, check: bool = False) -> ImportResult:
    """Take in a file of tenders (XML, XLSX, CSV); `check` writes nothing. Good rows go in, bad ones are told.

    `bad_file`, `too_large`, `unsupported_type` when nothing can be read; `conflict` when somebody else imports just now.
    """
    permit(actor, Permission.IMPORT_TENDERS)
    parsed = read_tenders(content)
    if not parsed.records and not parsed.rejected:
        raise Problem("bad_file", "檔案裡只有欄名，沒有任何標案。", field="file")
    if check:
        result = _result(make_plan(parsed, clock.now(), clock.today()), parsed)
        end_read()
        return result
    try:
        return _write(actor, file_name, content, parsed)
    except IntegrityError:
        raise Problem("conflict", "同時有人在匯入相同的標案，這次沒有寫入。請稍後再匯入一次。") from None


def _write(actor: Actor, file_name: str, content: bytes, parsed: Parsed) -> ImportResult:
    with transaction() as session:
        plan = make_plan(parsed, clock.now(), clock.today())
        result = _result(plan, parsed)
        if not (result.changes or plan.names.coded_agencies):
            return result
        write_plan(session, plan)
        digest = hashlib.sha256(content).hexdigest()
        run = ImportRun(
            id=new_id(), kind="tenders", file_name=_plain(file_name)[-200:], sha256=digest, actor_id=actor.id,
            at=clock.now(), result=result.as_dict(),
        )  # fmt: skip
        session.add(run)
        audit.record(
            actor, "projects.imported", f"import:{run.id}", sha256=digest, created=result.created,
            updated=result.updated, unchanged=result.unchanged, rejected=len(result.rejected),
        )  # fmt: skip
    return result


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()


def _result(plan: Plan, parsed: Parsed) -> ImportResult:
    return ImportResult(
        plan.created,
        plan.updated,
        plan.unchanged,
        plan.rejected,
        plan.preview,
        [*plan.names.notes(), *parsed.notes],
    )


@dataclass(frozen=True, slots=True)
class DelayNote:
    """What an agency says about a month in which it is behind."""

    factor: str
    cause: str
    remedy: str
    catch_up_on: date | None
    help_needed: str


def save_delay(actor: Actor, tender_id: str, month: date, note: DelayNote) -> TenderDelay:
    """Write the delay line of a month (its first day). Agencies write those of their own tenders only."""
    permit(actor, Permission.EDIT_DELAYS)
    queries.tender_for(actor, tender_id)
    if not note.cause.strip():
        raise Problem("missing", "請填落後原因，督導會報要看。", field="cause")
    if note.catch_up_on is not None and note.catch_up_on < month:
        raise Problem("bad_value", "趕上進度的日期早於落後的月份，請查對。", field="catch_up_on")
    with transaction() as session:
        row = session.get(TenderDelay, (tender_id, month.replace(day=1)))
        if row is None:
            row = TenderDelay(tender_id=tender_id, month=month.replace(day=1), imported={})
            session.add(row)
        row.factor, row.cause, row.remedy = (_plain(text) for text in (note.factor, note.cause, note.remedy))
        row.catch_up_on, row.help_needed, row.updated_at = (
            note.catch_up_on,
            _plain(note.help_needed),
            clock.now(),
        )
        audit.record(actor, "projects.delay_saved", f"tender:{tender_id}", month=row.month.isoformat())
    return row


@dataclass(frozen=True, slots=True)
class Terms:
    """Penalty terms of a contract: NT$, NT$ per point by party, cap in basis points, {code: factor}."""

    procurement_amount: int | None
    rates: Mapping[str, int]
    cap_ratio_bp: int | None
    multipliers: Mapping[str, int]


def set_contract_terms(actor: Actor, tender_id: str, terms: Terms) -> ContractTerms:
    """Write what the contract says; what is None or absent falls back to the rates in force."""
    permit(actor, Permission.PLAN_VISITS)
    queries.tender(tender_id)
    _check_terms(terms)
    with transaction() as session:
        row = session.get(ContractTerms, tender_id) or ContractTerms(tender_id=tender_id)
        row.procurement_amount, row.cap_ratio_bp = terms.procurement_amount, terms.cap_ratio_bp
        row.rates, row.multipliers = dict(terms.rates) or None, dict(terms.multipliers)
        session.add(row)
        audit.record(actor, "projects.terms_set", f"tender:{tender_id}", multipliers=len(terms.multipliers))
    return row


def _check_terms(terms: Terms) -> None:
    if terms.procurement_amount is not None and terms.procurement_amount < 0:
        raise Problem("bad_value", "採購金額不可為負。", field="procurement_amount")
    if terms.cap_ratio_bp is not None and not 0 <= terms.cap_ratio_bp <= 10_000:
        raise Problem("bad_value", "扣款上限請填契約金額的 0 到 100%。", field="cap_ratio")
    for party, rate in terms.rates.items():
        if rate < 0:
            raise Problem("bad_value", "每點金額不可為負。", field=f"rate_{party}")
    if any(not 1 <= factor <= MAX_MULTIPLIER for factor in terms.multipliers.values()):
        raise Problem("bad_value", f"加倍的倍數請填 1 到 {MAX_MULTIPLIER} 的整數。", field="multipliers")


def set_quota_facts(actor: Actor, tender_id: str, *, budget: int | None, commissioned_out: bool) -> Tender:
    """Repair the tender budget (NT$) and say whether the case was subsidised or commissioned to others (art 4)."""
    permit(actor, Permission.PLAN_VISITS)
    if budget is not None and budget < 0:
        raise Problem("bad_value", "發包預算不可為負。", field="budget")
    with transaction() as session:
        row = session.get_one(Tender, queries.tender(tender_id).id)
        before = row.budget
        row.budget, row.commissioned_out, row.updated_at = budget, commissioned_out, clock.now()
        audit.record(
            actor,
            "projects.quota_facts_set",
            f"tender:{tender_id}",
            before=before,
            budget=budget,
            commissioned_out=commissioned_out,
        )
    return row


def confirm_agency(actor: Actor, agency_id: str, *, code: str, short_name: str, name: str = "") -> Agency:
    """Say that an agency met in a file is real, with its code where it is known; a new name or code keeps the old one as alias."""
    permit(actor, Permission.IMPORT_TENDERS)
    with transaction() as session:
        row = session.get_one(Agency, queries.agency(agency_id).id)
        name, code = _plain(name) or row.name, _plain(code) or row.code or ""
        _refuse_taken(row.id, "name", name)
        _refuse_taken(row.id, "code", code)
        before = (row.name, row.code)
        old = [one for one in before if one and one not in (name, code)]
        row.aliases = [one for one in dict.fromkeys([*row.aliases, *old]) if one not in (name, code)]
        row.name, row.code, row.short_name, row.confirmed = name, code or None, _plain(short_name), True
        audit.record(
            actor, "projects.agency_confirmed", f"agency:{agency_id}", code=row.code, name=name, name_before=before[0],
            code_before=before[1],
        )  # fmt: skip
    return row


def _refuse_taken(agency_id: str, field: str, value: str) -> None:
    """No two agencies go by one name or code."""
    others = db.session.scalars(select(Agency).where(Agency.id != agency_id)) if value else ()
    taken = next((one for one in others if value in merging.names_of(one)), None)
    if taken is not None:
        raise Problem("conflict", f"「{value}」已經是「{taken.name}」，請改用合併。", field=field)


def merge_agency(actor: Actor, agency_id: str, into_id: str, *, same: bool = False) -> list[str]:
    """Move an agency's tenders, and what hangs on them, to a known one and remember its names; answers the numbers that clash.

    With a clash nothing moves unless a person has said that tenders of one number are the `same` work: then each pair becomes
    one, as the known agency has it. Wanted for one that a file brought and for one that was confirmed by mistake.
    """
    permit(actor, Permission.IMPORT_TENDERS)
    with transaction() as session:
        source = session.get_one(Agency, queries.agency(agency_id).id)
        target = session.get_one(Agency, queries.agency(into_id).id)
        if source.id == target.id or (source.confirmed and source.code) or not target.confirmed:
            raise Problem("wrong_state", "只能把未確認或沒有代碼的機關併入另一個已確認的機關。", field="into")
        pairs = queries.clashes(source.id, target.id)
        if pairs and not same:
            return [gone.number for gone, _ in pairs]
        _refuse_accounts(source.id)
        for gone, kept in pairs:
            merging.fold(session, gone, kept, clock.now())
        merging.repoint(session, Agency.__table__, source.id, target.id)
        target.aliases = list(dict.fromkeys([*target.aliases, *merging.names_of(source)]))
        session.flush()
        session.execute(delete(Agency).where(Agency.id == source.id))
        audit.record(
            actor, "projects.agency_merged", f"agency:{agency_id}", into=into_id, name=source.name,
            tenders_merged={gone.id: kept.id for gone, kept in pairs},
        )  # fmt: skip
    session.expire_all()
    return []


def merge_tender(actor: Actor, tender_id: str, into_id: str) -> None:
    """Make one of two tenders that are one work: renumbered, handed over to another agency, or brought twice."""
    permit(actor, Permission.IMPORT_TENDERS)
    with transaction() as session:
        gone, kept = queries.tender(tender_id), queries.tender(into_id)
        if gone.id == kept.id:
            raise Problem("bad_value", "這就是同一筆標案，請填另一件的編號。", field="number")
        audit.record(
            actor, "projects.tender_merged", f"tender:{kept.id}", gone=gone.id, number=gone.number,
            agency=gone.agency_id,
        )  # fmt: skip
        merging.fold(session, gone, kept, clock.now())
    session.expire_all()


def _refuse_accounts(agency_id: str) -> None:
    if db.session.scalar(select(Account.id).where(Account.agency_id == agency_id).limit(1)):
        raise Problem(
            "wrong_state", "這個機關已有使用者帳號，請先到帳號頁改為正確的機關再合併。", field="into"
        )


def add_signal(actor: Actor, tender_id: str, kind: str, on: date, evidence: str) -> Signal:
    """Write down a reason to inspect a tender. The caller, a higher feature, has checked the permission."""
    with transaction() as session:
        row = Signal(id=new_id(), tender_id=tender_id, kind=kind, on=on, evidence=_plain(evidence))
        session.add(row)
        audit.record(actor, "projects.signal_added", f"tender:{tender_id}", signal=kind)
    return row


def answer_signal(actor: Actor, signal_id: str, on: date | None) -> None:
    """The day on which a citizen report was answered, None when it was not after all. The caller has checked the permission."""
    with transaction() as session:
        row = session.get(Signal, signal_id, with_for_update=True)
        if row is None:
            raise Problem("not_found", "找不到這件通報。")
        if on is not None and not row.on <= on <= clock.today():
            raise Problem("bad_value", "回復日要在派案日到今天之間。", field="on")
        row.answered_on = on
        audit.record(actor, "projects.signal_answered", f"tender:{row.tender_id}", on=on)


def import_runs(limit: int = 50) -> list[dict[str, Any]]:
    """The last imports, newest first, with who did them."""
    query = (
        select(ImportRun, Account.name)
        .outerjoin(Account, Account.id == ImportRun.actor_id)
        .order_by(ImportRun.at.desc())
        .limit(limit)
    )
    return [{"run": row[0], "name": row[1] or "系統（指令）"} for row in db.session.execute(query)]
