"""Push and pull in one exchange: what came is durable before the answer, what goes depends on the cursor alone."""

from __future__ import annotations

from typing import Any

import structlog

from inspect_app import audit
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.inspections import log, reading
from inspect_app.inspections.heads import heads_of
from inspect_app.inspections.incoming import Incoming
from inspect_app.inspections.judging import Result, Sender
from inspect_app.inspections.reading import Place
from inspect_app.installation.models import Installation
from inspect_app.installation.services import current, new_epoch
from inspect_app.installation.services import epoch as present_epoch
from inspect_app.sync import cursor as cursors
from inspect_app.sync import devices, left_behind
from inspect_app.sync.cursor import Cursor
from inspect_app.sync.wire import SyncRequest
from inspect_app.transaction import transaction

MOST_PULLED = 5000
logger = structlog.get_logger()


def exchange(actor: Actor, asked: SyncRequest, items: list[Incoming]) -> dict[str, Any]:
    """The answer to POST /api/v1/sync."""
    permit(actor, Permission.INSPECT)
    ground = devices.ground(actor, asked.device)
    sender = Sender(actor.id, ground.device, name=actor.name)
    readable = ground.inspections
    cursor = _still_ours(actor, cursors.read(actor.id, asked.cursor), ground.epoch)
    taken = log.take_in(sender, items) if items else log.Taken([], {})
    readable = readable if _of(items) <= set(readable) else reading.inspections_of(actor.id)
    named = set(readable if asked.inspections is None else asked.inspections)
    wanted = [key for key in readable if key in named]
    if asked.holds is not None:
        left_behind.note(sender.device_id, asked.holds, readable)
    places = {key: cursor.places.get(key, Place()) for key in wanted}
    added = {
        key: one for key, one in taken.added.items() if key in places and one.first == places[key].log + 1
    }
    heads = {key: one.head for key, one in added.items()} | heads_of(set(wanted) - set(added))
    page = reading.read(actor.id, places, heads, MOST_PULLED, added)
    kept = {key: cursor.places[key] for key in readable if key in cursor.places}
    return {
        "results": [_told(result) for result in taken.results],
        "operations": page.operations,
        "cursor": cursors.write(actor.id, Cursor(cursor.epoch, kept | page.places)),
        "more": page.more,
        "epoch": cursor.epoch,
        "sheets": reading.sheets_handed_in(heads),
    }


def _of(items: list[Incoming]) -> set[str]:
    return {item.operation.inspection for item in items if item.operation is not None}


def park(account_id: str, asked: SyncRequest, device_id: str, items: list[Incoming]) -> dict[str, Any]:
    """A disabled account's tablet still holds a session: its work is kept for a person to look at, nothing is given."""
    results = log.append(Sender(account_id, device_id, disabled=True), items) if items else []
    told = [_told(result) for result in results]
    cursor = asked.cursor or ""
    return {
        "results": told,
        "operations": [],
        "cursor": cursor,
        "more": False,
        "epoch": present_epoch(),
        "sheets": [],
    }


def _told(result: Result) -> dict[str, str | None]:
    return {"id": result.id, "status": result.status, "code": result.code}


def _still_ours(actor: Actor, cursor: Cursor, epoch: str) -> Cursor:
    """The cursor in the present epoch. One of an earlier epoch begins anew; one from beyond our own past makes an epoch.

    All its places count, also of inspections that nobody can read now: the older state may not have had them yet.
    """
    if cursor.epoch != epoch:
        return Cursor(epoch)
    lost = reading.beyond(cursor.places)
    return Cursor(_restored(actor, epoch, lost)) if lost else cursor


def _restored(actor: Actor, epoch: str, lost: list[str]) -> str:
    """An older state was put back behind our back: say so once, and let devices offer again what is missing."""
    with transaction() as session:
        row = session.get(Installation, 1, with_for_update=True, populate_existing=True)
        if row is None or row.epoch != epoch:
            return current().epoch
        logger.error("sync.restored_behind_our_back", inspections=lost)
        audit.record(actor, "sync.epoch_begun", f"epoch:{epoch}", inspections=lost)
        return new_epoch()
