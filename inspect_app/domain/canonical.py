"""Canonical JSON (RFC 8785). `canonical` is for what is signed and chained: texts, whole numbers, booleans, null, lists,
objects; no floats. `exact` takes every number, for what is only compared.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from decimal import Decimal
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


def exact(value: Any) -> str:
    """The one text of any JSON value, its numbers as ECMAScript writes them. ValueError for what is not JSON."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{exact(key)}:{exact(value[key])}" for key in sorted(value, key=_utf16)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(exact, value)) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(float(value))
    return canonical(value)


def _number(value: float) -> str:
    """A double as ECMAScript's Number::toString writes it: the fewest digits that read back as the same number."""
    if not math.isfinite(value):
        raise ValueError("not a number of JSON")
    sign, found, _ = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, found)).strip("0")
    if not digits:
        return "0"
    point = Decimal(repr(value)).adjusted() + 1  # the value is 0.<digits> times ten to this power
    return ("-" if sign else "") + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
