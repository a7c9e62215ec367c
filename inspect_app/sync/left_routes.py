"""/api/v1/left-behind: what one's other devices were still to send."""

from __future__ import annotations

from apiflask import APIBlueprint, APIFlask, Schema
from flask import Response
from marshmallow import fields

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.sync import left_behind, wire
from inspect_app.sync.left_behind import LeftDevice, LeftInspection

blueprint = APIBlueprint("left_behind", __name__, url_prefix="/api/v1/left-behind", tag="field")


class LeftInspectionOut(Schema):
    inspection = fields.String(required=True)
    tender = fields.String(required=True)
    date = fields.String(required=True, metadata={"format": "date"})
    operations = fields.Integer(required=True)
    photos = fields.Integer(required=True)
    gaps = fields.Integer(required=True)
    previews = fields.List(fields.String(), required=True)


class LeftDeviceOut(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    heard_at = fields.String(required=True, metadata={"format": "date-time"})
    revoked = fields.Boolean(required=True)
    inspections = fields.List(fields.Nested(LeftInspectionOut), required=True)


class LeftOut(Schema):
    devices = fields.List(fields.Nested(LeftDeviceOut), required=True)


@blueprint.get("")
@requires(Permission.INSPECT)
@blueprint.output(LeftOut)
@blueprint.doc(summary="What one's other devices were still to send when last heard", responses=[401, 403])
def listing() -> Response:
    return wire.answer({"devices": [_device(one) for one in left_behind.of(actor())]})


@blueprint.post("/<device_id>/settled")
@requires(Permission.INSPECT)
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Its person has dealt with it", responses=[400, 401, 403, 404])
def settled(device_id: str) -> Response:
    left_behind.settle(actor(), device_id)
    return Response(status=204)


def _device(one: LeftDevice) -> dict[str, object]:
    heard = clock.as_text(one.heard_at)
    return {
        "id": one.id, "name": one.name, "heard_at": heard, "revoked": one.revoked,
        "inspections": [_inspection(left) for left in one.inspections],
    }  # fmt: skip


def _inspection(one: LeftInspection) -> dict[str, object]:
    return {
        "inspection": one.inspection, "tender": one.tender, "date": one.day.isoformat(), "operations": one.operations,
        "photos": one.photos, "gaps": one.gaps, "previews": list(one.previews),
    }  # fmt: skip


def init_app(app: APIFlask) -> None:
    app.register_blueprint(blueprint)
