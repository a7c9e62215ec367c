"""The shapes of /api/v1 for the specification; bodies that click are also loaded by them, those that pour by msgspec,
from whose structs their shapes here are made.
"""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from marshmallow import EXCLUDE, ValidationError, fields, validate

from inspect_app.domain.operations.fields import is_uuid
from inspect_app.inspections.incoming import OperationIn
from inspect_app.sync.struct_schemas import schema_of
from inspect_app.sync.wire import MOST_OPERATIONS, SyncRequest

STATUSES = ("applied", "duplicate", "late", "conflict", "refused", "quarantined")
LOGGED = ("applied", "late", "conflict")


def _uuid(value: str) -> None:
    if not is_uuid(value):
        raise ValidationError("應該是小寫的 UUID。")


def _plain(value: str) -> None:
    """PostgreSQL has no room for NUL, and a name has no need of it."""
    if "\x00" in value:
        raise ValidationError("不能含有 NUL。")


class DeviceIn(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.String(required=True, validate=_uuid, metadata={"format": "uuid"})
    name = fields.String(load_default="", validate=[validate.Length(max=100), _plain])


class SignInIn(Schema):
    class Meta:
        unknown = EXCLUDE

    login = fields.String(required=True, validate=[validate.Length(min=1, max=60), _plain])
    password = fields.String(required=True, validate=[validate.Length(min=1, max=200), _plain])
    device = fields.Nested(DeviceIn, load_default=None, allow_none=True)
    code = fields.String(load_default="", validate=[validate.Length(max=20), _plain])


class AccountOut(Schema):
    id = fields.String(required=True)
    login = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    agency = fields.String(required=True, allow_none=True)


class DeviceOut(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)


class SessionOut(Schema):
    account = fields.Nested(AccountOut, required=True)
    device = fields.Nested(DeviceOut, required=True, allow_none=True)
    epoch = fields.String(required=True)
    server_time = fields.String(required=True, metadata={"format": "date-time"})
    receipt_key = fields.String(required=True)


Operation = schema_of(OperationIn, "Operation")
PulledOperation = schema_of(
    OperationIn,
    "PulledOperation",
    n=fields.Integer(required=True),
    stamp=fields.String(required=True),
    received=fields.String(required=True, metadata={"format": "date-time"}),
    status=fields.String(required=True, validate=validate.OneOf(LOGGED)),
)
"""An operation with the server's additions."""
_BATCH = fields.List(fields.Nested(Operation), validate=validate.Length(max=MOST_OPERATIONS))
SyncIn = schema_of(SyncRequest, "SyncIn", operations=_BATCH)


class ResultOut(Schema):
    id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    code = fields.String(required=True, allow_none=True)


class SheetOut(Schema):
    """Whether a member has handed in, without any value, until all have."""

    inspection = fields.String(required=True)
    member = fields.String(required=True)
    handed_in = fields.Boolean(required=True)
    late = fields.Boolean(required=True)


class SyncOut(Schema):
    results = fields.List(fields.Nested(ResultOut), required=True)
    operations = fields.List(fields.Nested(PulledOperation), required=True)
    cursor = fields.String(required=True)
    more = fields.Boolean(required=True)
    epoch = fields.String(required=True)
    sheets = fields.List(fields.Nested(SheetOut), required=True)


class PackageLine(Schema):
    inspection = fields.String(required=True)
    version = fields.Integer(required=True)
    phase = fields.String(required=True, validate=validate.OneOf(["before", "released"]))
    role = fields.String(required=True)
    date = fields.String(required=True, metadata={"format": "date"})
    district = fields.String(required=True)


class PackagesOut(Schema):
    packages = fields.List(fields.Nested(PackageLine), required=True)


class PackageOut(PackageLine):
    visit = fields.Dict(keys=fields.String(), required=True)
    tender = fields.Dict(keys=fields.String(), required=True)
    contract = fields.Dict(keys=fields.String(), required=True)
    edition = fields.String(required=True)
    history = fields.List(fields.Dict(), required=True)
    cursor = fields.String(required=True, allow_none=True)
    filling = fields.String()


class ChangesIn(Schema):
    """`held`: {part: mark} of the package that the tablet holds; empty asks for everything."""

    held = fields.Dict(
        keys=fields.String(validate=validate.Length(max=200)),
        values=fields.String(validate=validate.Length(max=64)),
        required=True,
        validate=validate.Length(max=1000),
    )


class ChangesOut(Schema):
    """`set`: {part: its new value}; `drop`: parts that are gone; `hash`: SHA-256 (hex) of the package that results."""

    inspection = fields.String(required=True)
    set = fields.Dict(keys=fields.String(), required=True)
    drop = fields.List(fields.String(), required=True)
    hash = fields.String(required=True)


class ArrivalOut(Schema):
    inspection = fields.String(required=True)
    phase = fields.String(required=True)


class CatalogueRow(Schema):
    code = fields.String(required=True)
    parent = fields.String(required=True)
    kind = fields.String(required=True)
    text = fields.String(required=True)
    range = fields.String(required=True)


class CatalogueOut(Schema):
    id = fields.String(required=True)
    label = fields.String(required=True)
    effective = fields.String(required=True, metadata={"format": "date"})
    hash = fields.String(required=True)
    demo_mix = fields.Boolean(required=True)
    rows = fields.List(fields.Nested(CatalogueRow), required=True)
    score_sheet = fields.Dict(required=True)
    bands = fields.List(fields.Dict(), required=True)
    rates = fields.List(fields.Dict(), required=True)
    phrases = fields.List(fields.Dict(), required=True)


class ReceiptQuery(Schema):
    device = fields.String(required=True, validate=_uuid)


class EarlierIn(Schema):
    """`receipt`: one that this server gave the device before a restore, as it was given."""

    receipt = fields.Dict(keys=fields.String(), required=True)


class LateOut(Schema):
    id = fields.String(required=True)
    seq = fields.Integer(required=True)


class RefusedOut(LateOut):
    code = fields.String(required=True)


class ReceivedOut(Schema):
    """Those after the run before, through this number, first came then."""

    through = fields.Integer(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})


class ReceiptOperations(Schema):
    count = fields.Integer(required=True)
    through = fields.Integer(required=True)
    digest = fields.String(required=True)
    received = fields.List(fields.Nested(ReceivedOut), required=True)
    late = fields.List(fields.Nested(LateOut), required=True)
    refused = fields.List(fields.Nested(RefusedOut), required=True)


class StoredPhoto(Schema):
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)


class ReceiptOut(Schema):
    inspection = fields.String(required=True)
    device = fields.String(required=True)
    epoch = fields.String(required=True)
    operations = fields.Nested(ReceiptOperations, required=True)
    photos = fields.List(fields.Nested(StoredPhoto), required=True)
    complete = fields.Boolean(required=True)
    missing = fields.List(fields.String(), required=True)
    archived = fields.Boolean(required=True)
    issued_at = fields.String(required=True, metadata={"format": "date-time"})
    key = fields.String(required=True)
    signature = fields.String(required=True)


class ProblemOut(Schema):
    """RFC 9457; switch on `code`, never on a text."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    field = fields.String()


def first_error(messages: Any, path: str = "") -> tuple[str, str]:
    """(field, sentence) of the first error in marshmallow's tree."""
    if isinstance(messages, dict) and messages:
        name, inner = next(iter(messages.items()))
        return first_error(inner, f"{path}.{name}" if path else str(name))
    text = messages[0] if isinstance(messages, list) and messages else messages
    return path, str(text)
