"""Operations as they come in: typed decoding where tablets pour, and what is kept of those that cannot be read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from inspect_app.domain.operations import OperationLike, as_dict
from inspect_app.domain.operations.fields import is_sha256, is_uuid, is_whole
from inspect_app.domain.operations.model import SCHEMA


class OnBehalfIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """代登: whose sheet staff enter, and the SHA-256 (hex) of the photo of the signed paper."""

    member: str
    photo: str


class OperationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation of the wire (docs/sync-protocol.md section 2)."""

    id: str
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


@dataclass(frozen=True, slots=True)
class Incoming:
    """One item of a batch: the operation, or why it could not be read. `body` is what is kept, whole."""

    id: str
    body: str
    content_hash: str
    operation: OperationIn | None
    code: str = ""

    @property
    def photos(self) -> frozenset[str]:
        """The hashes of the photos that it refers to."""
        return photos_of(self.operation) if self.operation is not None else frozenset()


_decoder = msgspec.json.Decoder(OperationIn)
_REFERENCES = {"photo": "sha256", "signature": "photo"}


def read(raw: bytes) -> Incoming | None:
    """Decode one item; None when it is not even an object with a UUID as `id`, so that nothing can be answered about it."""
    try:
        operation = _decoder.decode(raw)
        body = text_of(operation)
    except (msgspec.MsgspecError, TypeError, RecursionError):
        return _unread(raw)
    if not all(map(is_uuid, (operation.id, operation.device, operation.inspection))):
        return _unread(raw)
    return Incoming(operation.id, body, hashlib.sha256(body.encode()).hexdigest(), operation)


def text_of(operation: OperationLike) -> str:
    """The canonical JSON of an operation, by orjson: the same text as `domain.canonical` for whatever `validate` lets
    through (whole numbers, keys in ASCII), an order of magnitude faster. TypeError where it has none.
    """
    return orjson.dumps(as_dict(operation), option=orjson.OPT_SORT_KEYS).decode()


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
    code = "unknown_schema" if is_whole(schema) and schema != SCHEMA else "bad_value"
    return Incoming(str(key), raw.decode("utf-8", "replace"), hashlib.sha256(raw).hexdigest(), None, code)


def photos_of(operation: OperationLike) -> frozenset[str]:
    """Every hash that an operation refers to: a photo, a signed paper."""
    found = [operation.set.get(_REFERENCES.get(operation.entity, ""))]
    if operation.on_behalf is not None:
        found.append(operation.on_behalf.photo)
    return frozenset(value for value in found if value is not None and is_sha256(value))
