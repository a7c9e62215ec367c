"""The receipt: what the server holds of one device's work, signed. The device deletes nothing that it does not cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import select

from inspect_app import clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.models import Device
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.operations import digest_of
from inspect_app.errors import Problem
from inspect_app.evidence.archive import holds
from inspect_app.extensions import db
from inspect_app.inspections import incoming
from inspect_app.inspections.models import OperationRow, SetAside
from inspect_app.inspections.reading import inspections_of
from inspect_app.inspections.state import folded, operation_of
from inspect_app.installation.services import current
from inspect_app.photos import queries as photos
from inspect_app.photos.store import original_key, store
from inspect_app.sync.keys import receipt_public_key, sign
from inspect_app.sync.models import FirstReceipt

GAPS = 1000
"""Numbers that a receipt names at most: a device may count as it likes, and one is missing is all that it must know."""


def receipt(actor: Actor, inspection_id: str, device_id: str) -> dict[str, Any]:
    """The receipt of an own device for an inspection on whose team the actor is; anything else is `not_found`."""
    refuse_others(actor, inspection_id, device_id)
    logged, aside = logged_of(inspection_id, device_id), _aside(inspection_id, device_id)
    stored, missing = _photos(logged, aside)
    missing += _gaps(logged, aside)
    content: dict[str, Any] = {
        "inspection": inspection_id,
        "device": device_id,
        "epoch": current().epoch,
        "operations": _operations(inspection_id, device_id, logged, aside),
        "photos": stored,
        "complete": not missing,
        "missing": missing,
        "archived": holds(inspection_id, device_id, (one["sha256"] for one in stored)),
        "issued_at": clock.as_text(clock.now()),
        "key": receipt_public_key(),
    }
    return {**content, "signature": sign(content)}


def refuse_others(actor: Actor, inspection_id: str, device_id: str) -> None:
    """Raises `not_found` for a device or an inspection that is not the actor's."""
    permit(actor, Permission.INSPECT)
    device = db.session.get(Device, device_id)
    if device is None or device.account_id != actor.id or inspection_id not in inspections_of(actor.id):
        raise Problem("not_found", "找不到這次查核，或這台裝置不是您的。")


def logged_of(inspection_id: str, device_id: str) -> Sequence[Logged]:
    """In the order of the device."""
    query = select(OperationRow.id, OperationRow.seq, OperationRow.content_hash, OperationRow.body)
    query = query.add_columns(OperationRow.received_at, FirstReceipt.received_at.label("first"))
    query = query.outerjoin(FirstReceipt, FirstReceipt.operation_id == OperationRow.id)
    query = query.where(OperationRow.inspection_id == inspection_id, OperationRow.device_id == device_id)
    return [
        Logged(row.id, row.seq, row.content_hash, incoming.photos_of(operation_of(row.body)),
               clock.as_text(min(row.received_at, row.first or row.received_at)))
        for row in db.session.execute(query.order_by(OperationRow.seq, OperationRow.id))
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Logged:
    """One operation of the device in the log, as far as a receipt speaks of it."""

    id: str
    seq: int
    content_hash: str
    photos: frozenset[str]
    received: str  # when it first came, ISO 8601 with milliseconds


def _aside(inspection_id: str, device_id: str) -> list[SetAside]:
    """What was refused or quarantined and has not entered the log since."""
    query = select(SetAside).outerjoin(
        OperationRow,
        (OperationRow.id == SetAside.operation_id) & (OperationRow.content_hash == SetAside.content_hash),
    )
    query = query.where(
        SetAside.inspection_id == inspection_id, SetAside.device_id == device_id, OperationRow.id.is_(None)
    )
    return list(db.session.scalars(query.order_by(SetAside.seq, SetAside.operation_id)))


def _operations(
    inspection_id: str, device_id: str, logged: Sequence[Logged], aside: list[SetAside]
) -> dict[str, Any]:
    through = max((operation.seq for operation in logged), default=0)
    late = folded(inspection_id).late
    return {
        "count": len(logged),
        "through": through,
        "digest": digest_over(device_id, logged),
        "received": _received(logged),
        "late": [{"id": operation.id, "seq": operation.seq} for operation in logged if operation.id in late],
        "refused": [{"id": row.operation_id, "seq": row.seq, "code": row.code} for row in aside],
    }


def digest_over(device_id: str, logged: Iterable[Logged]) -> str:
    return digest_of((device_id, one.seq, one.id, one.content_hash) for one in logged)


def _received(logged: Iterable[Logged]) -> list[dict[str, Any]]:
    """When they came, in runs: those after the run before and through number `through` came at `at`."""
    runs: list[dict[str, Any]] = []
    for one in logged:
        if runs and runs[-1]["at"] == one.received:
            runs[-1]["through"] = one.seq
        else:
            runs.append({"through": one.seq, "at": one.received})
    return runs


def _photos(logged: Sequence[Logged], aside: list[SetAside]) -> tuple[list[dict[str, Any]], list[str]]:
    """What is stored, looked up in storage itself, and what the log refers to but the store has not."""
    needed = {sha256 for operation in logged for sha256 in operation.photos}
    items = (incoming.read(row.body.encode()) for row in aside)
    mentioned = needed | {sha256 for item in items if item is not None for sha256 in item.photos}
    rows = photos.by_hashes(mentioned)
    sound = {
        key
        for key, row in rows.items()
        if row.state != "quarantined" and store().size(original_key(key)) == row.size
    }
    return [{"sha256": key, "size": rows[key].size} for key in sorted(sound)], sorted(needed - sound)


def _gaps(logged: Iterable[Logged], aside: Iterable[SetAside]) -> list[str]:
    """`seq:<n>` for what lies below the highest number that came and never came itself; the first `GAPS`."""
    seen = {operation.seq for operation in logged} | {row.seq for row in aside}
    absent = (number for number in range(1, max(seen, default=0)) if number not in seen)
    return [f"seq:{number}" for number in islice(absent, GAPS)]
