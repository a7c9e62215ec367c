"""Operations as they come in: typed decoding where tablets pour, and what is kept of those that cannot be read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import orjson

from inspect_app.domain.operations import Operation, OperationLike, as_dict, present
from inspect_app.domain.operations.fields import is_sha256, is_uuid, is_whole
from inspect_app.domain.operations.model import SCHEMA
from inspect_app.domain.operations.validation import form
from inspect_app.domain.operations.versions import is_readable


class OnBehalfIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """代登: whose sheet staff enter, and the SHA-256 (hex) of the photo of the signed paper."""

    member: str
    photo: str


class OperationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation of the wire (docs/sync-protocol.md section 2)."""

    id: Annotated[str, msgspec.Meta(extra_json_schema={"format": "uuid"})]
    device: str
    seq: int
    inspection: str
    entity: str
    entity_id: str
    set: dict[str, Any]
    base: dict[str, str | list[str] | None]
    hlc: str
    author: str
    schema: int
    on_behalf: OnBehalfIn | None = None


class Incoming(msgspec.Struct, frozen=True):
    """One item of a batch: the operation, or why it could not be read. `body` is what is kept, whole.

    `code` is what its form alone says against it, empty when nothing; `photos` are the hashes that it refers to.
    """

    id: str
    body: str
    content_hash: str
    operation: OperationIn | Operation | None
    code: str = ""
    photos: frozenset[str] = frozenset()


_decoder = msgspec.json.Decoder(OperationIn)
_batch_decoder = msgspec.json.Decoder(list[OperationIn])
_encoder = msgspec.json.Encoder(
    order="sorted"
)  # the canonical JSON of a valid operation, at half the price of `text_of`
_REFERENCES = {"photo": "sha256", "signature": "photo"}
_NONE: frozenset[str] = frozenset()


def taken_all(operations: Sequence[OperationIn]) -> list[Incoming] | None:
    """A batch that was decoded at once; None when an item has to be kept as it came: it is then read one by one."""
    try:
        return [_taken(operation) for operation in operations]
    except ValueError:
        return None


def read_all(raws: Sequence[bytes]) -> list[Incoming | None]:
    """Decode a batch, at once where every item has the form of an operation, else one by one."""
    try:
        taken = taken_all(_batch_decoder.decode(b"[" + b",".join(raws) + b"]"))
    except (msgspec.MsgspecError, RecursionError):
        taken = None
    return [read(raw) for raw in raws] if taken is None else [*taken]


def read(raw: bytes) -> Incoming | None:
    """Decode one item; None when it is not even an object with a UUID as `id`, so that nothing can be answered about it."""
    try:
        return _taken(_decoder.decode(raw))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _unread(raw)


def _taken(came: OperationIn) -> Incoming:
    """Judged in the present form, kept in its own. ValueError for what is no operation, whatever its form."""
    operation = came if came.schema == SCHEMA else present(came)
    code = form(operation)
    if code is None and operation is came:
        text = _encoder.encode(came)
    elif code is not None and not all(map(is_uuid, (came.id, came.device, came.inspection))):
        raise ValueError("the envelope holds no ids")
    else:
        text = text_of(came)
    content = hashlib.sha256(text).hexdigest()
    return Incoming(came.id, text.decode(), content, operation, code or "", photos_of(operation))


def text_of(operation: OperationLike) -> bytes:
    """The canonical JSON of an operation, by orjson: the same text as `domain.canonical` for whatever `validate` lets
    through (whole numbers, keys in ASCII), an order of magnitude faster. ValueError where it has none.
    """
    try:
        return orjson.dumps(as_dict(operation), option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # a number that no operation may hold
        raise ValueError(str(error)) from None


def _unread(raw: bytes) -> Incoming | None:
    """Kept as it came; one of a newer schema waits for a newer server instead of being refused."""
    try:
        value = json.loads(raw)  # slower, and reads numbers that no operation may hold
    except (ValueError, RecursionError):
        return None
    key = value.get("id") if isinstance(value, dict) else None
    if not is_uuid(key):
        return None
    schema = value.get("schema")
    code = "unknown_schema" if is_whole(schema) and not is_readable(schema) else "bad_value"
    return Incoming(str(key), raw.decode("utf-8", "replace"), hashlib.sha256(raw).hexdigest(), None, code)


_AT = re.compile(r" - at `\$\.?(?P<path>.*)`$", re.DOTALL)
_NAMED = re.compile(
    r"Object (?:missing required|contains unknown) field `(?P<name>.*?)`(?: - at `\$.*)?$", re.DOTALL
)


def fault_of(error: msgspec.ValidationError) -> str:
    """The field at fault, as the schema names it: `on_behalf.member`; empty for the whole. Keys of a free object are not named."""
    at, named = _AT.search(str(error)), _NAMED.match(str(error))
    path = at["path"].partition("[...]")[0] if at else ""
    return ".".join(part for part in (path, named["name"] if named else "") if part)


def photos_of(operation: OperationLike) -> frozenset[str]:
    """Every hash that an operation refers to: a photo, a signed paper."""
    if operation.entity not in _REFERENCES and operation.on_behalf is None:
        return _NONE
    found = [operation.set.get(_REFERENCES.get(operation.entity, ""))]
    if operation.on_behalf is not None:
        found.append(operation.on_behalf.photo)
    return frozenset(value for value in found if value is not None and is_sha256(value))
