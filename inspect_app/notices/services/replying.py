"""The agency's side: drafts that save themselves, files, handing to the approver, sending, asking for more time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.roc import format_date
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.notices import queries
from inspect_app.notices.models import Case, CaseItem, Extension, Reply, ReplyPhoto
from inspect_app.notices.pinned import reply_digest
from inspect_app.notices.rules import PHOTO_SLOTS, gaps
from inspect_app.notices.services.holding import held, held_item
from inspect_app.notices.services.issuing import check_letter_day, ledger
from inspect_app.notices.services.telling import approvers_of, coordinators, handlers_of, tell
from inspect_app.photos import services as photos
from inspect_app.transaction import transaction

MAX_FILES = 12


@dataclass(frozen=True, slots=True)
class Draft:
    """What the handler typed. `version` is the reply's version that the page showed (0: none yet)."""

    version: int
    cause: str = ""
    measure: str = ""
    done_on: date | None = None
    undone_reason: str = ""
    missing: dict[str, str] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)  # id of the file -> its caption


def _writable(actor: Actor, permission: Permission, item_id: str) -> CaseItem:
    permit(actor, permission)
    entry = held_item(actor, item_id)
    if entry.state not in ("waiting", "returned"):
        raise Problem("wrong_state", "這一項已交核章或送出，不能再改。需要修改時，請核章人員退回。")
    return entry


def reply_of(actor: Actor, entry: CaseItem) -> Reply:
    """The reply of the present round; a new one takes over the inspection's photos as "before"."""
    found = queries.current_reply(entry)
    if found is not None:
        return found
    reply = Reply(
        id=new_id(),
        item_id=entry.id,
        round=entry.round,
        version=0,
        updated_by=actor.id,
        updated_at=clock.now(),
        missing={},
    )
    db.session.add(reply)
    entry.replies.append(reply)
    db.session.flush()
    earlier = [row for row in entry.replies if row.round == entry.round - 1]
    _prefill(reply, entry, earlier[0] if earlier else None)
    return reply


def begin_reply(actor: Actor, item_id: str) -> Reply:
    """The reply of the present round, made when there is none."""
    with transaction():
        return reply_of(actor, _writable(actor, Permission.REPLY_CASES, item_id))


def _prefill(reply: Reply, entry: CaseItem, earlier: Reply | None) -> None:
    """Round 1: the inspection's own photo is the natural "before". Later rounds start from what was sent."""
    if earlier is not None:
        reply.cause, reply.measure, reply.done_on = earlier.cause, earlier.measure, earlier.done_on
        reply.undone_reason, reply.missing = earlier.undone_reason, dict(earlier.missing)
        for photo in earlier.photos:
            _attach(reply, photo.slot, photo.sha256, photo.caption)
    elif entry.evidence == "photos":
        for seen in entry.photos[:MAX_FILES]:
            _attach(reply, "before", seen["sha256"], seen["caption"])


def _attach(reply: Reply, slot: str, sha256: str, caption: str) -> ReplyPhoto:
    place = max((photo.place for photo in reply.photos), default=0) + 1
    row = ReplyPhoto(id=new_id(), reply_id=reply.id, slot=slot, place=place, sha256=sha256, caption=caption)
    reply.photos.append(row)
    photos.refer(sha256, f"reply:{reply.id}")
    return row


def save_draft(actor: Actor, item_id: str, draft: Draft) -> Reply:
    """Keep what was typed, complete or not. Raises `stale` when a colleague saved meanwhile."""
    with transaction():
        entry = _writable(actor, Permission.REPLY_CASES, item_id)
        reply = reply_of(actor, entry)
        if draft.version != reply.version:
            raise Problem(
                "stale",
                "這一項剛被同事改過。請比較兩份內容後再儲存，您填的內容還在畫面上。",
                version=reply.version,
            )
        reply.cause, reply.measure, reply.done_on = draft.cause, draft.measure, draft.done_on
        reply.undone_reason = draft.undone_reason
        for photo in reply.photos:
            photo.caption = draft.captions.get(photo.id, photo.caption).strip()
        reply.missing = {
            slot: text.strip()
            for slot, text in draft.missing.items()
            if slot in (*PHOTO_SLOTS, "scan") and text.strip()
        }
        reply.version, reply.updated_by, reply.updated_at = reply.version + 1, actor.id, clock.now()
    return reply


def add_file(actor: Actor, item_id: str, slot: str, sha256: str, caption: str = "") -> ReplyPhoto:
    """Attach a photo or scan that this account has sent in full (`photos.services.take_in`)."""
    with transaction():
        entry = _writable(actor, Permission.REPLY_CASES, item_id)
        if slot not in (*PHOTO_SLOTS, "scan"):
            raise Problem("bad_value", "請選擇照片的類別。", field="slot")
        reply = reply_of(actor, entry)
        same = next((photo for photo in reply.photos if (photo.slot, photo.sha256) == (slot, sha256)), None)
        if same is not None:
            return same
        if len(reply.photos) >= MAX_FILES:
            raise Problem("too_many", f"一項最多 {MAX_FILES} 個檔案，請先移除不需要的。", field="file")
        row = _attach(reply, slot, sha256, caption)
        audit.record(
            actor, "notices.file_added", f"case:{entry.case_id}", item=entry.id, slot=slot, sha256=sha256
        )
    return row


def remove_file(actor: Actor, item_id: str, photo_id: str) -> None:
    """Take a file off the draft; the stored file itself stays."""
    with transaction():
        entry = _writable(actor, Permission.REPLY_CASES, item_id)
        reply = reply_of(actor, entry)
        kept = [photo for photo in reply.photos if photo.id != photo_id]
        if len(kept) == len(reply.photos):
            raise Problem("not_found", "這個檔案已經移除。")
        reply.photos = kept
        audit.record(actor, "notices.file_removed", f"case:{entry.case_id}", item=entry.id)


def mark_ready(actor: Actor, item_id: str) -> None:
    """Hand one item to the approver. Raises `bad_value` with `fields` naming each gap."""
    with transaction():
        entry = _writable(actor, Permission.REPLY_CASES, item_id)
        found = reply_gaps(entry, reply_of(actor, entry))
        if found:
            raise Problem(
                "bad_value",
                "還有內容沒有填完：" + "".join(found.values()),
                field=next(iter(found)),
                fields=found,
            )
        first = all(other.state != "ready" for other in entry.case.items)
        entry.state = "ready"
        audit.record(actor, "notices.ready", f"case:{entry.case_id}", item=entry.id, round=entry.round)
        if first:
            _tell_approvers(actor, entry)


def _tell_approvers(actor: Actor, entry: CaseItem) -> None:
    """One letter for all that is handed over until they send it."""
    others = [person for person in approvers_of(entry.case) if person.id != actor.id]
    body = "承辦人員已交核章改善結果，請核章後送出；之後陸續交核章的項目不再另行通知。"
    tell(entry.case, others, "［查核］改善結果待核章", body, item_id=entry.id)


def reply_gaps(entry: CaseItem, reply: Reply) -> dict[str, str]:
    """What the reply still lacks."""
    values = {
        "measure": reply.measure,
        "cause": reply.cause,
        "done_on": reply.done_on,
        "undone_reason": reply.undone_reason,
        "missing": reply.missing,
    }
    return gaps(entry.evidence, values, {photo.slot for photo in reply.photos}, clock.today())


def return_inside(actor: Actor, item_id: str, reason: str) -> None:
    """The approver sends an item back to the handler."""
    with transaction():
        permit(actor, Permission.SEND_REPLIES)
        entry = held_item(actor, item_id)
        if entry.state != "ready":
            raise Problem("wrong_state", "這一項不在待核章的狀態。")
        if not reason.strip():
            raise Problem("reason_required", "請說明退回的理由。", field="reason")
        reply = reply_of(actor, entry)
        reply.inside_reason, entry.state = reason.strip(), "waiting"
        audit.record(actor, "notices.returned_inside", f"case:{entry.case_id}", item=entry.id)
        tell(
            entry.case,
            handlers_of(entry.case),
            "［查核］改善結果退回修正",
            "核章人員退回一項改善結果，請修正後再送。",
            item_id=entry.id,
        )


def send_replies(
    actor: Actor,
    case_id: str,
    *,
    letter_no: str = "",
    letter_on: date | None = None,
    seen: str | None = None,
) -> int:
    """The approver sends every item that is ready (送出改善結果); answers how many.

    Raises `stale` when what stands ready is no longer what was `seen` (`queries.ready`).
    """
    with transaction():
        permit(actor, Permission.SEND_REPLIES)
        case = held(actor, case_id)
        if seen is not None and seen != queries.ready(case):
            raise Problem("stale", "您開啟這一頁之後，待送出的項目有變動。請看過現在的內容再送出。")
        ready = [entry for entry in case.items if entry.state == "ready"]
        if not ready:
            raise Problem("wrong_state", "沒有待送出的項目。")
        answers = {entry.id: _send(actor, entry) for entry in ready}
        on = letter_on or clock.today()
        check_letter_day(case, on, "on")
        ledger(case, "reply", on, letter_no, actor, incoming=True, note=f"{len(ready)} 項")
        audit.record(actor, "notices.sent", f"case:{case.id}", replies=answers)
        tell(case, coordinators(), "［查核］機關送出改善結果", f"機關送出 {len(ready)} 項改善結果，請審查。")
    return len(ready)


def _send(actor: Actor, entry: CaseItem) -> str:
    """The digest of what is sent, for the log."""
    reply = reply_of(actor, entry)
    reply.sent_by, reply.sent_at, entry.state = actor.id, clock.now(), "sent"
    return reply_digest(reply)


def ask_extension(actor: Actor, case_id: str, until: date, reason: str) -> Extension:
    """Ask for a later deadline; one request at a time, before or after the present deadline."""
    with transaction() as session:
        permit(actor, Permission.SEND_REPLIES)
        case = held(actor, case_id)
        _check_extension(case, until, reason)
        row = Extension(
            id=new_id(), case_id=case.id, asked_until=until, reason=reason.strip(), asked_by=actor.id,
            asked_at=clock.now(), state="asked",
        )  # fmt: skip
        session.add(row)
        audit.record(actor, "notices.extension_asked", f"case:{case.id}", until=until)
        tell(case, coordinators(), "［查核］機關申請展延", f"機關申請展延到 {format_date(until)}，請決定。")
    return row


def _check_extension(case: Case, until: date, reason: str) -> None:
    if case.state != "open":
        raise Problem("wrong_state", "案件已結案。")
    if any(row.state == "asked" for row in queries.extensions(case.id)):
        raise Problem("conflict", "已有一件展延申請在等決定。")
    if until <= case.due_on:
        raise Problem(
            "bad_value", f"展延日期要晚於目前的改善期限 {format_date(case.due_on)}。", field="until"
        )
    if not reason.strip():
        raise Problem("reason_required", "請說明申請展延的理由。", field="reason")
