"""The edge of the sync protocol: bodies read strictly and quickly, answers written by orjson."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import orjson
from flask import Request, Response

from inspect_app.errors import Problem
from inspect_app.inspections import incoming
from inspect_app.inspections.incoming import Incoming, OperationIn
from inspect_app.sync import versions

MOST_BYTES = 1024 * 1024
MOST_OPERATIONS = 500


class Held(msgspec.Struct, frozen=True):
    """How much of an inspection a device has still to send, this batch not counted."""

    inspection: str
    operations: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    photos: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class SyncRequest(msgspec.Struct, frozen=True):
    """The envelope of POST /api/v1/sync; operations are decoded one by one, so that a bad one harms no other."""

    schema: int
    device: str
    cursor: str | None = None
    inspections: list[str] | None = None
    operations: list[msgspec.Raw] = []
    holds: Annotated[list[Held], msgspec.Meta(max_length=1000)] | None = None  # null: not told


class _Version(msgspec.Struct, frozen=True):
    schema: int


class _Typed(SyncRequest, frozen=True):
    """The same where every operation has the form of one: most batches by far, decoded in one go."""

    operations: list[OperationIn] = []  # type: ignore[assignment]  # nobody else sees it


_version_decoder = msgspec.json.Decoder(_Version)
_decoder = msgspec.json.Decoder(SyncRequest)
_typed_decoder = msgspec.json.Decoder(_Typed)


def too_large() -> Problem:
    return Problem("too_large", f"一次最多送 {MOST_OPERATIONS} 筆、{MOST_BYTES // 1024**2} MB，請分批再送。")


def body(request: Request, most: int = MOST_BYTES, refusal: Callable[[], Problem] = too_large) -> bytes:
    """The whole body, never more than `most`; a body that was cut short is refused, whatever it still means."""
    if (request.content_length or 0) > most:
        raise refusal()
    data = request.stream.read(most + 1)
    if len(data) > most:
        raise refusal()
    if request.content_length is not None and len(data) < request.content_length:
        raise Problem("bad_request", "連線中斷，只收到一部分，請再送一次。")
    return data


def sync_request(request: Request) -> tuple[SyncRequest, list[Incoming], int]:
    """What is asked, in the present version, its operations, and the version in which it came and wants its answer.

    Raises `bad_request` (no JSON), `bad_value` (other shape, an operation without a usable id), `unknown_schema`, `too_large`.
    """
    data = body(request)
    typed = _typed(data)
    if typed is not None:
        return *typed, versions.PRESENT
    try:
        number = _version_decoder.decode(data).schema
        if number != versions.PRESENT:
            data = _translated(data, number)
        asked = _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise Problem("bad_value", f"要求的內容不符格式：{error}", field=incoming.fault_of(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Problem("bad_request", "要求的內容不是 JSON。") from None
    _not_too_many(asked)
    return asked, _items(asked), number


def _typed(data: bytes) -> tuple[SyncRequest, list[Incoming]] | None:
    """A request of the present version all of whose operations have the form of one; None for any other."""
    try:
        asked = _typed_decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if asked.schema != versions.PRESENT:
        return None
    _not_too_many(asked)
    items = incoming.taken_all(asked.operations)
    return None if items is None else (asked, items)


def _not_too_many(asked: SyncRequest) -> None:
    if len(asked.operations) > MOST_OPERATIONS:
        raise too_large()


def _translated(data: bytes, number: int) -> bytes:
    """An old version's request in the present one; rare, so it may take its time."""
    if not versions.is_accepted(number):
        raise Problem(
            "unknown_schema", "這個版本的 App 和伺服器不相容，請更新 App；裝置上的資料仍在。", field="schema"
        )
    return msgspec.json.encode(versions.asked(number, msgspec.json.decode(data)))


def _items(asked: SyncRequest) -> list[Incoming]:
    """The operations, decoded. One without a usable id cannot be answered: the whole is refused and names it."""
    read = incoming.read_all([bytes(raw) for raw in asked.operations])
    for place, item in enumerate(read):
        if item is None:
            raise Problem("bad_value", "這一筆沒有可用的 id。", field=f"operations[{place}].id")
    return [item for item in read if item is not None]


def reply(content: dict[str, Any], number: int) -> Response:
    """The answer of an exchange in the version in which it was asked for."""
    if number != versions.PRESENT:
        content = versions.answered(number, orjson.loads(orjson.dumps(content)))
    return answer(content)


def answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, mimetype="application/json")
