"""Operations that could not be placed: a person looks at them, has them judged again, or settles them with a note.

What was sent for a sealed visit waits for its release and is nobody's to look at. When the visit is cancelled, it is the
planners': they know the visit, and nobody else learns that there was one (decision 0051).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM, Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import incoming, log
from inspect_app.inspections.judging import RETRYABLE, Result, Sender
from inspect_app.inspections.models import Inspection, SetAside
from inspect_app.scheduling import services as visits
from inspect_app.scheduling.models import Visit
from inspect_app.transaction import transaction

IN_LOG = frozenset({"applied", "late", "conflict", "duplicate"})
CANCELLED = "cancelled"


def _seen_by(actor: Actor) -> tuple[str, ...]:
    """The states of a visit in which this person may look at what was sent for it."""
    return ("released", CANCELLED) if actor.may(Permission.PLAN_VISITS) else ("released",)


def _out_of_sight(actor: Actor) -> Select[str]:
    return select(Visit.id).where(Visit.state.not_in(_seen_by(actor)))


def waiting(actor: Actor) -> list[SetAside]:
    """Everything that waits for this person, oldest first; other refusals are the device's own affair."""
    permit(actor, Permission.VIEW_QUARANTINE)
    query = select(SetAside).where(*_waiting_for(actor))
    return list(db.session.scalars(query.order_by(SetAside.received_at, SetAside.id)))


def _waiting_for(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        SetAside.settled_at.is_(None),
        SetAside.inspection_id.not_in(_out_of_sight(actor)),
        or_(SetAside.status == "quarantined", SetAside.code == "id_reused"),
    )


def count(actor: Actor, *of_visit: str) -> int:
    """How many wait, of some visits where they are named; 0 for those who may not look. Every first page asks: they may be
    thousands, and nothing of them is read.
    """
    if not actor.may(Permission.VIEW_QUARANTINE):
        return 0
    query = select(func.count()).select_from(SetAside).where(*_waiting_for(actor))
    return db.session.scalar(query.where(SetAside.inspection_id.in_(of_visit)) if of_visit else query) or 0


def todos(actor: Actor, today: date) -> list[Todo]:
    """One line while something waits."""
    number = count(actor)
    if not number:
        return []
    what = f"{number} 筆現場資料無法歸位，請查看"
    return [Todo(what, None, "office.quarantine", {}, "查看隔離資料", "quarantine", overdue=False)]


def get(actor: Actor, key: str) -> SetAside:
    """One that waits or was settled; what is not to be looked at is `not_found`."""
    permit(actor, Permission.VIEW_QUARANTINE)
    row = db.session.get(SetAside, key)
    visit = db.session.get(Visit, row.inspection_id) if row is not None else None
    if row is None or (visit is not None and visit.state not in _seen_by(actor)):
        raise Problem("not_found", "找不到這一筆，可能已經歸位。")
    return row


def look(actor: Actor, rows: Iterable[SetAside]) -> None:
    """Write down, before anything is shown, that this person looks at what was sent for cancelled visits."""
    visits.note_work(actor, cancelled(rows))


def cancelled(rows: Iterable[SetAside]) -> set[str]:
    """Which of their visits were cancelled."""
    keys = {row.inspection_id for row in rows}
    return set(db.session.scalars(select(Visit.id).where(Visit.id.in_(keys), Visit.state == CANCELLED)))


def of_operation(actor: Actor, operation_id: str) -> list[SetAside]:
    """What was set aside under an id and is this person's to look at."""
    unseen = SetAside.inspection_id.not_in(_out_of_sight(actor))
    return list(db.session.scalars(select(SetAside).where(SetAside.operation_id == operation_id, unseen)))


def hold(actor: Actor, key: str) -> SetAside:
    """The same for whoever is about to place it, until the transaction ends: of two at once the second finds it settled."""
    row = get(actor, key)
    db.session.refresh(row, with_for_update=True)
    return row


def waits(row: SetAside) -> bool:
    """Whether it is a person's to look at: other refusals are the device's own affair."""
    return row.status == "quarantined" or row.code == "id_reused"


def judge_again(actor: Actor, key: str) -> Result:
    """Judge one anew as if its sender sent it now; a disabled sender's work may enter, since a person decided so.

    Raises `wrong_state` when it is settled already or still cannot be placed.
    """
    with transaction():
        row = hold(actor, key)
        if row.settled_at is not None or row.status != "quarantined":
            raise Problem("wrong_state", "這一筆已經處理過了，請重新整理頁面。")
        result = _judged(row)
        if result.status not in IN_LOG:
            raise Problem("wrong_state", f"這一筆仍然不能納入紀錄（{result.code}），保留在這裡。")
        close(actor, row, f"重新處理：{result.status}")
    return result


def judge_all_again(actor: Actor, account_id: str, inspection_id: str) -> tuple[int, int]:
    """The same for all that waits of one person in one inspection, as its devices numbered it: how many entered, how many stay.

    A tablet parks a whole day at once (a disabled account, a person who is not on the team). Each is a decision of its own:
    what cannot be placed holds up no other.
    """
    rows = [row for row in waiting(actor) if row.status == "quarantined"]
    own = [row for row in rows if (row.account_id, row.inspection_id) == (account_id, inspection_id)]
    keys = [row.id for row in sorted(own, key=lambda row: (row.device_id, row.seq))]
    entered = sum(_enters(actor, key) for key in keys)
    return entered, len(keys) - entered


def _enters(actor: Actor, key: str) -> bool:
    try:
        judge_again(actor, key)
    except Problem as problem:
        if problem.code != "wrong_state":
            raise
        return False
    return True


def settle(actor: Actor, key: str, note: str) -> None:
    """Leave one out of the record for good; the content is kept. Raises `reason_required`."""
    with transaction():
        row = hold(actor, key)
        if not note.strip():
            raise Problem("reason_required", "請寫明為什麼不納入紀錄。", field="note")
        if row.settled_at is not None:
            raise Problem("wrong_state", "這一筆已經處理過了，請重新整理頁面。")
        close(actor, row, note.strip())


def take_up_released() -> int:
    """Judge anew what came before its visit was released; answers how many entered the log. What cannot enter for another
    reason stands aside under that one from then on; a photo may still come.
    """
    query = select(SetAside).join(Inspection, Inspection.id == SetAside.inspection_id)
    query = query.where(SetAside.code == "unknown_inspection", SetAside.settled_at.is_(None))
    rows = db.session.scalars(query.order_by(SetAside.inspection_id, SetAside.device_id, SetAside.seq)).all()
    return sum(_taken_up(row) for row in rows)


def _taken_up(row: SetAside) -> bool:
    with transaction() as session:
        session.refresh(row, with_for_update=True)
        if row.settled_at is not None:
            return False
        result = _judged(row)
        if result.status in IN_LOG:
            close(SYSTEM, row, f"釋出後納入：{result.status}")
        elif result.code != row.code and result.code not in RETRYABLE:
            close(SYSTEM, row, f"釋出後改列：{result.code}")
    return result.status in IN_LOG


def _judged(row: SetAside) -> Result:
    item = incoming.read(row.body.encode())
    if item is None:
        raise Problem("wrong_state", "這一筆的內容讀不出來，只能保留。")
    return log.append(Sender(row.account_id, row.device_id), [item], again=True)[0]


def close(actor: Actor, row: SetAside, note: str) -> None:
    """Nobody needs to look at it any more; what came is kept whole."""
    row.settled_at, row.settled_by = clock.now(), actor.id
    row.settled_note, told = words(row, "note", note)
    audit.record(actor, "inspections.quarantine_settled", f"operation:{row.operation_id}", **told)


def words(row: SetAside, name: str, text: str) -> tuple[str, dict[str, Any]]:
    """What is kept of somebody's words about one, and what the log says of them under `name`.

    About a cancelled visit they may name its target: they are kept sealed, and the log, which others read, holds the hash
    of what is kept.
    """
    if not cancelled([row]):
        return text, {name: text}
    sealed = visits.seal_words(row.inspection_id, row.id, text)
    return sealed, {f"{name}_sealed_sha256": hashlib.sha256(sealed.encode()).hexdigest()}


def note_of(row: SetAside) -> str:
    """The note with which it was settled, in clear."""
    sealed = bool(row.settled_note) and bool(cancelled([row]))
    return visits.open_words(row.inspection_id, row.id, row.settled_note) if sealed else row.settled_note
