"""Canonical JSON (RFC 8785) for our subset: texts, whole numbers, booleans, null, lists, objects. No floats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

MAX_INT = 2**53


def canonical(value: Any) -> str:
    """The one text of a value. ValueError for floats, numbers beyond 2^53 and anything that is not JSON."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))


def _ordered(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    raise ValueError(f"not canonical JSON: {type(value).__name__}")


def _whole(value: int) -> int:
    if abs(value) > MAX_INT:
        raise ValueError("a number beyond 2^53 has no canonical form")
    return value


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def sha256(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON in UTF-8."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
