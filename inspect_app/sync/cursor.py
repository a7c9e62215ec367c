"""The cursor: one opaque text that holds how far a person has read each inspection, authenticated and personal."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib
from dataclasses import dataclass, field

import msgspec
import structlog

from inspect_app.inspections.reading import Place
from inspect_app.sync.keys import cursor_key

log = structlog.get_logger()
LONGEST = 500_000
"""Characters; a place takes about thirty, and whoever is on every team has hundreds of inspections a year."""
_MAC = 16


class _Content(msgspec.Struct, array_like=True):
    account: str
    epoch: str
    places: dict[str, tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """`epoch` is that of the server which gave it; without a cursor it is empty."""

    epoch: str = ""
    places: dict[str, Place] = field(default_factory=dict)


def write(account_id: str, cursor: Cursor) -> str:
    places = {key: (place.log, place.sheets, place.mark) for key, place in cursor.places.items()}
    content = zlib.compress(msgspec.msgpack.encode(_Content(account_id, cursor.epoch, places)))
    return base64.urlsafe_b64encode(_mac(content) + content).decode().rstrip("=")


def read(account_id: str, text: str | None) -> Cursor:
    """The cursor behind a text; one that is not ours, or not this person's, reads from the start: nothing is lost by it."""
    if text is None:
        return Cursor()
    try:
        content = _opened(text)
    except (ValueError, binascii.Error, zlib.error, msgspec.MsgspecError):
        content = None
    if content is None or content.account != account_id:
        log.warning("sync.cursor_unreadable", account=account_id)
        return Cursor()
    return Cursor(content.epoch, {key: Place(*place) for key, place in content.places.items()})


def _opened(text: str) -> _Content:
    if len(text) > LONGEST:
        raise ValueError("too long")
    packed = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    mac, content = packed[:_MAC], packed[_MAC:]
    if not hmac.compare_digest(mac, _mac(content)):
        raise ValueError("not ours")
    return msgspec.msgpack.decode(zlib.decompress(content), type=_Content)


def _mac(content: bytes) -> bytes:
    return hmac.new(cursor_key(), content, hashlib.sha256).digest()[:_MAC]
