"""A line as the canonical JSON that is hashed: everything that the row says, and nothing that depends on the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from inspect_app.domain.canonical import MAX_INT, canonical
from inspect_app.domain.merkle import leaf_hash


class Line(Protocol):
    """What a line says; a row of audit_lines is one."""

    id: Any
    at: Any
    actor_id: Any
    actor_name: Any
    action: Any
    subject: Any
    detail: Any


def as_json(line: Line) -> dict[str, Any]:
    """The line as plain values."""
    return {
        "id": line.id,
        "at": moment(line.at),
        "actor": line.actor_id,
        "name": line.actor_name,
        "action": line.action,
        "subject": line.subject,
        "detail": line.detail,
    }


def leaf_of(line: Line) -> bytes:
    """The leaf's hash. ValueError when the row holds what no line can hold."""
    return leaf_hash(canonical(as_json(line)).encode())


def moment(at: datetime) -> str:
    """2026-11-23T01:00:00.000000Z: in UTC, to the microsecond, as both databases keep it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Detail as JSON that has one canonical form: dates and floats as texts, as are numbers that no float can hold."""
    found: dict[str, Any] = json.loads(
        orjson.dumps(dict(detail), default=str), parse_float=str, parse_int=_whole
    )
    return found


def _whole(text: str) -> int | str:
    return int(text) if abs(int(text)) <= MAX_INT else text
