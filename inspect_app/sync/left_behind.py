"""What other devices of a person were still to send when they were last heard (fault 5: lost, or their data evicted).

Known from three sides: what the device said at its last exchange, numbers below its highest that never came, and small
pictures whose originals never came. What was written on it after that nobody here can know, and that is said, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, union, update

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Device
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, OperationRow, SetAside
from inspect_app.inspections.reading import inspections_of
from inspect_app.prepared import insert_new
from inspect_app.projects.models import Tender
from inspect_app.sync.models import Holding, Preview
from inspect_app.sync.previews import without_original
from inspect_app.sync.wire import Held
from inspect_app.transaction import transaction


@dataclass(frozen=True, slots=True)
class LeftInspection:
    """One inspection of which a device was still to send something. `gaps`: numbers that never came."""

    inspection: str
    tender: str
    day: date
    operations: int
    photos: int
    gaps: int
    previews: tuple[str, ...]

    @property
    def anything(self) -> bool:
        return bool(self.operations or self.photos or self.gaps or self.previews)


@dataclass(frozen=True, slots=True)
class LeftDevice:
    """A device and what it was to send. Where an inspection has nothing, the visit is still open and the device was in it."""

    id: str
    name: str
    heard_at: datetime
    revoked: bool
    inspections: tuple[LeftInspection, ...]

    @property
    def anything(self) -> bool:
        return any(one.anything for one in self.inspections)


def note(device_id: str, held: Iterable[Held], readable: Iterable[str]) -> None:
    """Enter what a device says that it still has to send; a row is written only when that changed. Inspections of
    others, and sealed ones, are left out without a word.
    """
    known = set(readable)
    told = {one.inspection: one for one in held if one.inspection in known}
    before = {row.inspection_id: row for row in _rows([device_id])}
    changed = [one for key, one in told.items() if _differs(before.get(key), one)]
    if not changed:
        return
    moment = clock.now()
    with transaction() as session:
        changed = _standing(changed)
        insert_new(Holding, [_row(device_id, one.inspection, moment) for one in changed])
        for one in changed:
            values = {"operations": one.operations, "photos": one.photos, "changed_at": moment}
            session.execute(_of(device_id, [one.inspection]).values(settled_at=None, **values))


def _standing(told: list[Held]) -> list[Held]:
    """Those whose inspection is still there: a visit may be called off at this moment. Held as the reference holds it."""
    query = select(Inspection.id).where(Inspection.id.in_([one.inspection for one in told]))
    there = set(db.session.scalars(query.with_for_update(read=True, key_share=True)))
    return [one for one in told if one.inspection in there]


def _differs(row: Holding | None, told: Held) -> bool:
    return row is None or (row.operations, row.photos) != (told.operations, told.photos)


def _row(device_id: str, inspection: str, moment: datetime) -> dict[str, object]:
    row = {"device_id": device_id, "inspection_id": inspection, "operations": 0, "photos": 0}
    return {**row, "changed_at": moment, "settled_at": None}


def _of(device_id: str, inspections: list[str]):  # type: ignore[no-untyped-def]  # an UPDATE of SQLAlchemy
    return update(Holding).where(Holding.device_id == device_id, Holding.inspection_id.in_(inspections))


def _rows(devices: Sequence[str]) -> Sequence[Holding]:
    return db.session.scalars(select(Holding).where(Holding.device_id.in_(devices))).all()


def of(actor: Actor) -> list[LeftDevice]:
    """The actor's other devices that were to send something, or were in a visit that is still open; last heard first."""
    query = select(Device).where(Device.account_id == actor.id, Device.id != (actor.device_id or ""))
    devices = db.session.scalars(query.order_by(Device.seen_at.desc(), Device.id)).all()
    mine = inspections_of(actor.id) if devices else []
    if not mine:
        return []
    facts = _Facts(actor.id, [device.id for device in devices], mine)
    found = (_left(device, facts) for device in devices)
    return [one for one in found if one.inspections]


def _left(device: Device, facts: _Facts) -> LeftDevice:
    left = tuple(one for key in facts.inspections if (one := facts.left(device.id, key)) is not None)
    return LeftDevice(device.id, device.name, device.seen_at, device.revoked_at is not None, left)


class _Facts:
    """What is known of some devices in some inspections, read at once."""

    def __init__(self, account_id: str, devices: list[str], inspections: list[str]) -> None:
        self.inspections = inspections
        self._held = {(row.device_id, row.inspection_id): row for row in _rows(devices)}
        self._gaps = _gaps(devices, inspections)
        self._previews = without_original(account_id)
        query = select(Inspection, Tender.name).join(Tender, Tender.id == Inspection.tender_id)
        rows = db.session.execute(query.where(Inspection.id.in_(inspections)))
        self._about = {row.id: (row, name) for row, name in rows}

    def left(self, device: str, inspection: str) -> LeftInspection | None:
        """None where there is nothing to tell: all has come and the visit is over, or its person has dealt with it."""
        row, (about, tender) = self._held.get((device, inspection)), self._about[inspection]
        settled = row.settled_at if row is not None else None
        pictures = self._pictures(device, inspection, settled)
        numbers = (row.operations, row.photos) if row is not None and settled is None else (0, 0)
        gaps = self._gaps.get((device, inspection), 0) if settled is None else 0
        found = LeftInspection(inspection, tender, about.inspected_on, *numbers, gaps, pictures)
        in_open_visit = row is not None and settled is None and about.state == "open"
        return found if found.anything or in_open_visit else None

    def _pictures(self, device: str, inspection: str, settled: datetime | None) -> tuple[str, ...]:
        return tuple(
            one.id for one in self._previews if _belongs(one, device, inspection) and _newer(one.at, settled)
        )


def _belongs(one: Preview, device: str, inspection: str) -> bool:
    return (one.device_id, one.inspection_id) == (device, inspection)


def _newer(at: datetime, settled: datetime | None) -> bool:
    return settled is None or at > settled


def _gaps(devices: list[str], inspections: list[str]) -> dict[tuple[str, str], int]:
    """{(device, inspection): how many numbers below the highest that came never came}."""
    came = [
        select(table.device_id, table.inspection_id, table.seq).where(
            table.device_id.in_(devices), table.inspection_id.in_(inspections)
        )
        for table in (OperationRow, SetAside)
    ]
    seen = union(*came).subquery()
    key = (seen.c.device_id, seen.c.inspection_id)
    rows = db.session.execute(select(*key, func.max(seen.c.seq) - func.count()).group_by(*key))
    return {(device, inspection): gaps for device, inspection, gaps in rows if gaps > 0}


def settle(actor: Actor, device_id: str) -> None:
    """The actor has dealt with what an own device had left: it is told no more unless the device is heard again.

    Raises `not_found`.
    """
    found = next((one for one in of(actor) if one.id == device_id), None)
    if found is None:
        raise Problem("not_found")
    keys, moment = [one.inspection for one in found.inspections], clock.now()
    with transaction() as session:
        insert_new(Holding, [_row(device_id, key, moment) for key in keys])
        session.execute(_of(device_id, keys).values(settled_at=moment))
        audit.record(actor, "sync.left_behind_settled", f"device:{device_id}", inspections=keys)


def todos(actor: Actor, today: date) -> list[Todo]:
    """A line per device of one's own that was still to send something."""
    if not actor.may(Permission.INSPECT):
        return []
    return [
        Todo(
            f"「{one.name}」還有查核資料沒有送達：{'、'.join(left.tender for left in one.inspections if left.anything)}",
            None, "office.left_behind", {}, "查看", "record",
        )
        for one in of(actor)
        if one.anything
    ]  # fmt: skip
