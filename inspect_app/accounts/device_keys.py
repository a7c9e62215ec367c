"""A second copy of the key with which a tablet seals what it holds, so that a forgotten PIN loses nothing (decision 0041).

It is given to nobody but its person, on the same device, for the password; never once the device was revoked.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select

from inspect_app import audit, clock
from inspect_app.accounts import sessions
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Device, DeviceKey
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.installation.boxes import close_box, open_box
from inspect_app.installation.keys import secret
from inspect_app.prepared import insert_new
from inspect_app.transaction import transaction

MOST = 20


def keep(actor: Actor, key: bytes) -> str:
    """Keep a key of the session's own device, any number of times; answers its fingerprint, SHA-256 as hex.

    An older one stays beside it: rows may still be sealed by it. Raises `forbidden` without a device, `too_many`.
    """
    device, fingerprint = own_device(actor), hashlib.sha256(key).hexdigest()
    sealed = close_box(secret("device.key"), _place(device, fingerprint), key)
    row = {
        "device_id": device.id, "fingerprint": fingerprint, "sealed": sealed, "created_at": clock.now(),
    }  # fmt: skip
    with transaction() as session:
        if session.get(DeviceKey, (device.id, fingerprint)) is None:
            _room_for_one(device)
            if insert_new(DeviceKey, [row]):
                audit.record(actor, "accounts.device_key_kept", f"device:{device.id}")
    return fingerprint


def release(actor: Actor, password: str, address: str) -> list[bytes]:
    """The keys of the session's own device, the newest first, for the password; every time is written down first.

    Raises what signing in raises for a wrong password, `forbidden` without a device, `device_revoked`.
    """
    device = own_device(actor)
    verified = sessions.verify(actor.login, password, address)
    if verified.account.id != actor.id:
        raise Problem("forbidden")
    with transaction() as session:
        sessions.held(verified)
        rows = session.scalars(
            select(DeviceKey).where(DeviceKey.device_id == device.id).order_by(DeviceKey.created_at.desc())
        ).all()
        audit.record(actor, "accounts.device_key_released", f"device:{device.id}", count=len(rows))
    return [open_box(secret("device.key"), _place(device, row.fingerprint), row.sealed) for row in rows]


def own_device(actor: Actor) -> Device:
    """The session's device as it stands now; a program's token and a session of the office have none."""
    row = db.session.get(Device, actor.device_id, populate_existing=True) if actor.device_id else None
    if row is None or row.account_id != actor.id:
        raise Problem("forbidden", "只有平板自己的登入能存取它的備用鑰匙。")
    if row.revoked_at is not None:
        raise Problem("device_revoked")
    return row


def _room_for_one(device: Device) -> None:
    kept = select(func.count()).where(DeviceKey.device_id == device.id)
    if int(db.session.scalar(kept) or 0) >= MOST:
        raise Problem("too_many", "這台裝置的備用鑰匙太多了，請聯絡系統管理者。")


def _place(device: Device, fingerprint: str) -> bytes:
    return f"device:{device.account_id}:{device.id}:{fingerprint}".encode()
