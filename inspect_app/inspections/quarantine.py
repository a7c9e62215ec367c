"""Operations that could not be placed: a person looks at them, has them judged again, or settles them with a note."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM, Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import incoming, log
from inspect_app.inspections.judging import Result, Sender
from inspect_app.inspections.models import Inspection, SetAside
from inspect_app.scheduling.models import Visit
from inspect_app.transaction import transaction

IN_LOG = frozenset({"applied", "late", "conflict", "duplicate"})
_SEALED = select(Visit.id).where(Visit.state != "released")


def waiting(actor: Actor) -> list[SetAside]:
    """Everything that waits for a person, oldest first; other refusals are the device's own affair.

    What a leader sent before the arrival was told waits for the release by itself and is nobody's to look at.
    """
    permit(actor, Permission.VIEW_QUARANTINE)
    query = select(SetAside).where(SetAside.settled_at.is_(None), SetAside.inspection_id.not_in(_SEALED))
    query = query.where(or_(SetAside.status == "quarantined", SetAside.code == "id_reused"))
    return list(db.session.scalars(query.order_by(SetAside.received_at, SetAside.id)))


def count(actor: Actor) -> int:
    """How many wait; 0 for those who may not look."""
    return len(waiting(actor)) if actor.may(Permission.VIEW_QUARANTINE) else 0


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
    if row is None or (visit is not None and visit.state != "released"):
        raise Problem("not_found", "找不到這一筆，可能已經歸位。")
    return row


def of_operation(operation_id: str) -> list[SetAside]:
    """What was set aside under an id and is to be looked at."""
    query = select(SetAside).where(
        SetAside.operation_id == operation_id, SetAside.inspection_id.not_in(_SEALED)
    )
    return list(db.session.scalars(query))


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
    """Judge anew what came before its visit was released; answers how many entered the log."""
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
    return result.status in IN_LOG


def _judged(row: SetAside) -> Result:
    item = incoming.read(row.body.encode())
    if item is None:
        raise Problem("wrong_state", "這一筆的內容讀不出來，只能保留。")
    return log.append(Sender(row.account_id, row.device_id), [item], again=True)[0]


def close(actor: Actor, row: SetAside, note: str) -> None:
    """Nobody needs to look at it any more; what came is kept whole."""
    row.settled_at, row.settled_by, row.settled_note = clock.now(), actor.id, note
    audit.record(actor, "inspections.quarantine_settled", f"operation:{row.operation_id}", note=note)
