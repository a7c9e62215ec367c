"""Public keys with which devices sign what they know of a photo at the moment of saving it (decision 0048). The private half
never leaves the browser, which does not hand it out either.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from sqlalchemy import func, select

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.device_keys import own_device
from inspect_app.accounts.models import WitnessKey
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.prepared import insert_new
from inspect_app.transaction import transaction

MOST = 20


def register(actor: Actor, key: str) -> None:
    """Note a key of the session's own device, any number of times; older ones stay. Raises `forbidden` without a device,
    `bad_value` for what is no point of P-256, `too_many`.
    """
    device = own_device(actor)
    if point(key) is None:
        raise Problem("bad_value", "這不是 P-256 的公鑰。", field="key")
    with transaction():
        if not known(device.id, key):
            kept = select(func.count()).where(WitnessKey.device_id == device.id)
            if int(db.session.scalar(kept) or 0) >= MOST:
                raise Problem("too_many", "這台裝置登記的簽章金鑰太多了，請聯絡系統管理者。")
            if insert_new(WitnessKey, [{"device_id": device.id, "key": key, "created_at": clock.now()}]):
                audit.record(actor, "accounts.witness_key_registered", f"device:{device.id}", key=key)


def known(device_id: str, key: str) -> bool:
    return db.session.get(WitnessKey, (device_id, key)) is not None


def point(key: str) -> EllipticCurvePublicKey | None:
    """The key as it can check signatures; None for anything but an uncompressed point of P-256, lower-case hex."""
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), bytes.fromhex(key))
    except ValueError:
        return None
