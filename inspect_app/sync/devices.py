"""What every exchange asks first: which device the session speaks for, the present epoch, and the person's inspections."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Device
from inspect_app.domain.operations.fields import is_uuid
from inspect_app.errors import Problem
from inspect_app.inspections.models import Inspection
from inspect_app.installation import services as installation
from inspect_app.installation.models import Installation
from inspect_app.prepared import Prepared, Row, insert_new
from inspect_app.scheduling.models import VisitMember
from inspect_app.transaction import transaction

_n, _d, _i, _m = (model.__table__ for model in (Installation, Device, Inspection, VisitMember))
_GROUND = Prepared(
    select(_n.c.epoch, _d.c.account_id, _d.c.revoked_at, _i.c.id)
    .select_from(
        _n.outerjoin(_d, _d.c.id == bindparam("device")).outerjoin(
            _m.join(_i, _m.c.visit_id == _i.c.id), _m.c.account_id == bindparam("account")
        )
    )
    .where(_n.c.id == 1)
    .order_by(_i.c.id)
)
REVOKED = "這台裝置已被撤銷或屬於別人，請重新安裝後再登入。裝置上的資料仍在。"


@dataclass(frozen=True, slots=True)
class Ground:
    """On what an exchange stands. `inspections`: those on whose team the person is."""

    epoch: str
    device: str
    inspections: list[str]


def ground(actor: Actor, named: str) -> Ground:
    """The device is the session's; for a bearer token, which has none, the named one, registered when it is new.

    Raises `device_revoked` for a device of somebody else, `bad_value` for no UUID.
    """
    device = actor.device_id or named
    own = actor.device_id is not None
    if not own and not is_uuid(device):
        raise Problem("bad_value", "device 應該是 UUID。", field="device")
    rows = _rows(actor, device)
    if not own and rows[0][1] is None:
        _register(actor, device)
        rows = _rows(actor, device)
    epoch, owner, revoked, _ = rows[0]
    if not own and (owner != actor.id or revoked is not None):
        raise Problem("device_revoked", REVOKED)
    return Ground(epoch, device, [key for *_, key in rows if key is not None])


def _rows(actor: Actor, device: str) -> list[Row]:
    """One for each inspection; one where there is none."""
    rows = _GROUND.rows(device=device, account=actor.id)
    if rows:
        return rows
    installation.current()  # its birth
    return _GROUND.rows(device=device, account=actor.id)


def _register(actor: Actor, device_id: str) -> None:
    moment = clock.now()
    row = {"id": device_id, "account_id": actor.id, "name": "API", "created_at": moment, "seen_at": moment}
    with transaction():
        insert_new(Device, [row])
