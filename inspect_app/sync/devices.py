"""Which device a session speaks for."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Device
from inspect_app.domain.operations.fields import is_uuid
from inspect_app.errors import Problem
from inspect_app.extensions import db, insert_new
from inspect_app.transaction import transaction

_BY_ID = select(Device).where(Device.id == bindparam("id"))
REVOKED = "這台裝置已被撤銷或屬於別人，請重新安裝後再登入。裝置上的資料仍在。"


def session_device(actor: Actor, named: str) -> str:
    """The device of the session; for a bearer token, which has none, the named one, registered when it is new.

    Raises `device_revoked` for a device of somebody else, `bad_value` for no UUID.
    """
    if actor.device_id is not None:
        return actor.device_id
    if not is_uuid(named):
        raise Problem("bad_value", "device 應該是 UUID。", field="device")
    row = _device(named)
    if row is None:
        _register(actor, named)
    return _own(actor, row or _device(named)).id


def _register(actor: Actor, device_id: str) -> None:
    moment = clock.now()
    row = {"id": device_id, "account_id": actor.id, "name": "API", "created_at": moment, "seen_at": moment}
    with transaction():
        insert_new(Device, [row])


def own(actor: Actor, device_id: str) -> Device:
    """An own device that is not revoked."""
    return _own(actor, _device(device_id))


def _device(device_id: str) -> Device | None:
    return db.session.scalars(_BY_ID, {"id": device_id}).first()


def _own(actor: Actor, row: Device | None) -> Device:
    if row is None or row.account_id != actor.id or row.revoked_at is not None:
        raise Problem("device_revoked", REVOKED)
    return row
