"""/api/v1/device-key: the second copy of the key with which a tablet seals what it holds, and the public one with which it signs."""

from __future__ import annotations

from apiflask import APIBlueprint, APIFlask, Schema
from flask import Response, request
from marshmallow import EXCLUDE, fields, validate

from inspect_app.accounts import device_keys, witness_keys
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.sync import wire

blueprint = APIBlueprint("device_key", __name__, url_prefix="/api/v1/device-key", tag="field")
KEY = validate.Regexp(r"^[0-9a-f]{64}\Z", error="應該是 64 個小寫的十六進位數字。")


POINT = validate.Regexp(r"^04[0-9a-f]{128}\Z", error="應該是未壓縮的 P-256 公鑰，130 個小寫的十六進位數字。")


class KeyIn(Schema):
    class Meta:
        unknown = EXCLUDE

    key = fields.String(required=True, validate=KEY)


class KeptOut(Schema):
    fingerprint = fields.String(required=True)


class ReleaseIn(Schema):
    class Meta:
        unknown = EXCLUDE

    password = fields.String(required=True, validate=validate.Length(min=1, max=200))


class KeysOut(Schema):
    keys = fields.List(fields.String(), required=True)


@blueprint.put("")
@requires(Permission.INSPECT)
@blueprint.input(KeyIn, arg_name="form")
@blueprint.output(KeptOut)
@blueprint.doc(
    summary="Keep a copy of the key that seals this device's rows", responses=[400, 401, 403, 422, 429]
)
def keep(form: dict[str, str]) -> Response:
    return wire.answer({"fingerprint": device_keys.keep(actor(), bytes.fromhex(form["key"]))})


@blueprint.post("/release")
@requires(Permission.INSPECT)
@blueprint.input(ReleaseIn, arg_name="form")
@blueprint.output(KeysOut)
@blueprint.doc(
    summary="This device's keys, the newest first, for the password", responses=[400, 401, 403, 422, 429]
)
def release(form: dict[str, str]) -> Response:
    keys = device_keys.release(actor(), form["password"], request.remote_addr or "")
    return wire.answer({"keys": [key.hex() for key in keys]})


class WitnessIn(Schema):
    class Meta:
        unknown = EXCLUDE

    key = fields.String(required=True, validate=POINT)


@blueprint.put("/witness")
@requires(Permission.INSPECT)
@blueprint.input(WitnessIn, arg_name="form")
@blueprint.output(WitnessIn)
@blueprint.doc(
    summary="Note the public key with which this device signs what it knows of its photos",
    responses=[400, 401, 403, 422, 429],
)
def witness(form: dict[str, str]) -> Response:
    witness_keys.register(actor(), form["key"])
    return wire.answer({"key": form["key"]})


def init_app(app: APIFlask) -> None:
    app.register_blueprint(blueprint)
