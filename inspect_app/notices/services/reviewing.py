"""The coordinator's side: accept or return each item, decide extensions, money, sanctions, closing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.roc import format_date
from inspect_app.errors import Problem
from inspect_app.notices import queries
from inspect_app.notices.models import Case, CaseItem, Deduction, Extension, Sanction
from inspect_app.notices.rules import SANCTIONS
from inspect_app.notices.services.holding import held, held_item
from inspect_app.notices.services.issuing import check_letter_day, ledger
from inspect_app.notices.services.telling import handlers_of, tell
from inspect_app.transaction import transaction

CHARGED = ("contractor", "supervision", "pcm")


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A line of the ledger; `kind` as in `Letter`, `incoming` for the agency's letters."""

    kind: str
    on: date
    number: str
    incoming: bool = False
    note: str = ""


def _sent_item(actor: Actor, item_id: str, seen: int | None) -> CaseItem:
    permit(actor, Permission.REVIEW_CASES)
    entry = held_item(actor, item_id)
    if entry.state != "sent":
        raise Problem("wrong_state", "這一項目前不在待審查的狀態，請重新整理頁面。")
    if seen not in (None, entry.round):
        raise Problem(
            "stale", f"您開啟這一頁之後，機關重新送來了第 {entry.round} 次填報。請看過新的內容再決定。"
        )
    return entry


def _decide(actor: Actor, entry: CaseItem, decision: str, reason: str) -> None:
    reply = queries.current_reply(entry)
    if reply is None:
        raise RuntimeError("a sent item has a reply")
    reply.decision, reply.decision_reason = decision, reason.strip()
    reply.decided_by, reply.decided_at = actor.id, clock.now()
    audit.record(actor, f"notices.{decision}", f"case:{entry.case_id}", item=entry.id, round=entry.round)


def accept_item(actor: Actor, item_id: str, note: str = "", *, seen: int | None = None) -> None:
    """Agree to one item's reply (同意). Raises `stale` when the round that was `seen` is no longer the one that waits."""
    with transaction():
        entry = _sent_item(actor, item_id, seen)
        _decide(actor, entry, "accepted", note)
        entry.state = "accepted"
        if all(other.state == "accepted" for other in entry.case.items):
            tell(
                entry.case,
                handlers_of(entry.case),
                "［查核］改善結果全部同意",
                "各項改善結果均已同意，將辦理備查結案。",
            )


def accept_items(actor: Actor, case_id: str, chosen: Sequence[tuple[str, int | None]]) -> int:
    """Agree to several items of one case at once, each in the round that was seen; answers how many.

    What changed meanwhile is left alone. Raises `not_found` for an item of another case.
    """
    with transaction():
        permit(actor, Permission.REVIEW_CASES)
        entries = {entry.id: entry for entry in held(actor, case_id).items}
        if any(item_id not in entries for item_id, _ in chosen):
            raise Problem("not_found", "找不到這一項。")
        waiting = [
            (item_id, seen)
            for item_id, seen in dict(chosen).items()
            if entries[item_id].state == "sent" and seen in (None, entries[item_id].round)
        ]
        for item_id, seen in waiting:
            accept_item(actor, item_id, seen=seen)
    return len(waiting)


def reconsider_item(actor: Actor, item_id: str) -> None:
    """Take back an agreement (收回同意), as long as the case is open: the same reply waits for its review again.

    The agency is told when it had been told that everything was agreed to.
    """
    with transaction():
        permit(actor, Permission.REVIEW_CASES)
        entry = held_item(actor, item_id)
        reply = queries.current_reply(entry)
        if entry.state != "accepted" or entry.case.state != "open" or reply is None:
            raise Problem("wrong_state", "這一項目前不是同意的狀態，或案件已經結案，不能收回。")
        told = all(other.state == "accepted" for other in entry.case.items)
        entry.state, reply.decision, reply.decision_reason = "sent", "", ""
        reply.decided_by, reply.decided_at = None, None
        audit.record(actor, "notices.reconsidered", f"case:{entry.case_id}", item=entry.id, round=entry.round)
        if told:
            tell(
                entry.case,
                handlers_of(entry.case),
                "［查核］改善結果重新審查",
                f"第 {entry.no} 項改為重新審查。",
                item_id=entry.id,
            )


def return_item(actor: Actor, item_id: str, reason: str, *, seen: int | None = None) -> None:
    """退回補正: the reply of this round stays as it was, the next round begins. A reason is wanted. `stale` as above."""
    with transaction():
        entry = _sent_item(actor, item_id, seen)
        if not reason.strip():
            raise Problem("reason_required", "請說明退回補正的理由。", field="reason")
        _decide(actor, entry, "returned", reason)
        entry.state, entry.round = "returned", entry.round + 1
        tell(
            entry.case,
            handlers_of(entry.case),
            "［查核］改善結果退回補正",
            f"第 {entry.no} 項退回補正，請補正後再送。",
            item_id=entry.id,
        )


def decide_extension(
    actor: Actor, extension_id: str, *, granted: bool, until: date | None, reason: str
) -> None:
    """The team's consent to a later deadline, or its refusal with a reason (art 10)."""
    with transaction() as session:
        permit(actor, Permission.REVIEW_CASES)
        row = session.get(Extension, extension_id, with_for_update=True)
        if row is None or row.state != "asked":
            raise Problem("wrong_state", "這件展延申請已經決定。")
        case = held(actor, row.case_id)
        _check_decision(case, granted, until, reason)
        row.state, row.granted_until = ("granted", until) if granted else ("refused", None)
        row.decision_reason, row.decided_by, row.decided_at = reason.strip(), actor.id, clock.now()
        if granted and until is not None:
            case.due_on = until
        audit.record(actor, "notices.extension_decided", f"case:{case.id}", granted=granted, until=until)
        answer = (
            f"同意展延，新的改善期限為 {format_date(case.due_on)}。"
            if granted
            else "未同意展延，請依原期限辦理。"
        )
        tell(case, handlers_of(case), "［查核］展延申請的決定", answer)


def _check_decision(case: Case, granted: bool, until: date | None, reason: str) -> None:
    if granted and (until is None or until <= case.due_on):
        raise Problem(
            "bad_value", f"同意的日期要晚於目前的改善期限 {format_date(case.due_on)}。", field="until"
        )
    if not granted and not reason.strip():
        raise Problem("reason_required", "不同意時，請說明理由。", field="reason")


def record_deduction(
    actor: Actor, case_id: str, party: str, *, amount: int, on: date | None, note: str
) -> None:
    """What was really deducted from a party (NT$), beside the statement."""
    with transaction() as session:
        permit(actor, Permission.VIEW_CASES)
        case = held(actor, case_id)
        if not (actor.may(Permission.REVIEW_CASES) or actor.may(Permission.REPLY_CASES)):
            raise Problem("forbidden")
        if party not in CHARGED or amount < 0:
            raise Problem("bad_value", "請填寫 0 以上的金額。", field="amount")
        if on is not None and on > clock.today():
            raise Problem("bad_value", "扣款日期不能晚於今天。", field="on")
        session.merge(Deduction(case_id=case.id, party=party, amount=amount, on=on, note=note.strip()))
        audit.record(actor, "notices.deducted", f"case:{case.id}", party=party, amount=amount)


def _sanction(actor: Actor, case_id: str, kind: str) -> tuple[Case, Sanction]:
    from inspect_app.extensions import db

    case = held(actor, case_id)
    row = db.session.get(Sanction, (case.id, kind))
    if row is None or kind not in SANCTIONS:
        raise Problem("not_found", "這個案件沒有這項處置。")
    return case, row


def advise_sanction(actor: Actor, case_id: str, kind: str, *, advised: bool, advice: str) -> None:
    """What the team advises for a 丙等 (art 10)."""
    with transaction():
        permit(actor, Permission.REVIEW_CASES)
        case, row = _sanction(actor, case_id, kind)
        row.advised, row.advice = advised, advice.strip()
        audit.record(actor, "notices.sanction_advised", f"case:{case.id}", kind=kind, advised=advised)


def record_sanction(
    actor: Actor, case_id: str, kind: str, *, done: bool | None, on: date | None, note: str
) -> None:
    """What the agency really did; not doing what was advised takes a note."""
    with transaction():
        if not (actor.may(Permission.REVIEW_CASES) or actor.may(Permission.REPLY_CASES)):
            raise Problem("forbidden")
        case, row = _sanction(actor, case_id, kind)
        if done is False and row.advised and not note.strip():
            raise Problem("reason_required", "未依建議辦理時，請說明理由。", field="note")
        if on is not None and on > clock.today():
            raise Problem("bad_value", "處置日期不能晚於今天。", field="on")
        row.done, row.done_on, row.done_note = done, on, note.strip()
        audit.record(actor, "notices.sanction_recorded", f"case:{case.id}", kind=kind, done=done)


def note_sanction(
    actor: Actor,
    case_id: str,
    kind: str,
    *,
    advised: bool,
    advice: str,
    done: bool | None,
    on: date | None,
    note: str,
) -> None:
    """Both sides of one line at once: the advice counts from the commission only."""
    with transaction():
        if actor.may(Permission.REVIEW_CASES):
            advise_sanction(actor, case_id, kind, advised=advised, advice=advice)
        record_sanction(actor, case_id, kind, done=done, on=on, note=note)


def add_letter(actor: Actor, case_id: str, line: LetterLine) -> None:
    """Enter a letter of the correspondence by hand."""
    with transaction():
        permit(actor, Permission.REVIEW_CASES)
        case = held(actor, case_id)
        check_letter_day(case, line.on, "on")
        ledger(case, line.kind, line.on, line.number, actor, incoming=line.incoming, note=line.note)
        audit.record(actor, "notices.letter_added", f"case:{case.id}", kind=line.kind)


def set_evidence(actor: Actor, item_id: str, evidence: str) -> None:
    """What an item takes: photos, scans or a short reply, where the code's usual kind does not fit."""
    with transaction():
        permit(actor, Permission.REVIEW_CASES)
        entry = held_item(actor, item_id)
        if entry.state not in ("waiting", "returned"):
            raise Problem("wrong_state", "這一項已交核章或送出，不能再改佐證的種類。")
        if evidence not in ("photos", "scans", "short"):
            raise Problem("bad_value", "請選擇佐證的種類。", field="evidence")
        entry.evidence = evidence
        audit.record(actor, "notices.evidence_set", f"case:{entry.case_id}", item=entry.id, evidence=evidence)
