"""How far a tablet's clock stands from the server's (fault 11). Its numbers order its own work whatever the clock says, and
the server's stamp bounds it; that it was wrong is written down, and its person and the administrators are told.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account, Device
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.domain.operations.clock import TOLERANCE_MS
from inspect_app.extensions import db
from inspect_app.prepared import insert_new
from inspect_app.sync.models import DeviceClock
from inspect_app.transaction import transaction

HEADER = "X-Device-Clock"
TOLERANCE = TOLERANCE_MS // 1000  # stamps are bounded by the same, and the way of the request is within it
STEP = 60  # a difference that moved by less is not written anew
SHOWN = timedelta(days=7)
LONGEST = 15  # digits of the milliseconds


def note(actor: Actor, told: str | None) -> None:
    """Enter what an own device says its clock is (milliseconds since 1970); a row and a line only when the difference changed."""
    if (
        actor.device_id is None
        or told is None
        or not told.isascii()
        or not told.isdigit()
        or len(told) > LONGEST
    ):
        return
    off = int(told) // 1000 - int(clock.now().timestamp())
    off = off if abs(off) > TOLERANCE else 0
    row = db.session.get(DeviceClock, actor.device_id)
    if abs(off - (row.seconds if row else 0)) < STEP:
        return
    with transaction() as session:
        insert_new(DeviceClock, [{"device_id": actor.device_id, "seconds": 0, "at": clock.now()}])
        found = session.get_one(DeviceClock, actor.device_id, with_for_update=True, populate_existing=True)
        found.seconds, found.at = off, clock.now()
        audit.record(actor, "sync.clock_off", f"device:{actor.device_id}", seconds=off)


def todos(actor: Actor, today: date) -> list[Todo]:
    """For a week after it was heard, as long as it was not heard to be right again: one's own, and all for administrators."""
    whole = actor.may(Permission.MANAGE_ACCOUNTS)
    query = select(DeviceClock.seconds, Device.name, Account.name.label("person"))
    query = query.join(Device, Device.id == DeviceClock.device_id).join(
        Account, Account.id == Device.account_id
    )
    query = query.where(
        DeviceClock.seconds != 0, DeviceClock.at >= clock.now() - SHOWN, Device.revoked_at.is_(None)
    )
    if not whole:
        query = query.where(Device.account_id == actor.id)
    rows = db.session.execute(query.order_by(DeviceClock.at, DeviceClock.device_id))
    return [_todo(f"{person}的裝置「{name}」", seconds, whole) for seconds, name, person in rows]


def _todo(whose: str, seconds: int, whole: bool) -> Todo:
    what = f"{whose}時鐘比伺服器{_words(seconds)}，請打開自動校時；收件時間以伺服器為準"
    if whole:
        return Todo(what, None, "office.audit_log", {"action": "sync.clock"}, "查看紀錄", "account")
    return Todo(what, None, "office.profile", {}, "查看", "account")


def _words(seconds: int) -> str:
    """快 3 天, 慢 2 小時."""
    size = abs(seconds)
    units = ((86_400, "天"), (3_600, "小時"), (60, "分鐘"))
    length, unit = next(found for found in units if size >= found[0])
    return f"{'快' if seconds > 0 else '慢'} {size // length} {unit}"
