"""Hybrid logical clocks as text: 12 hex digits of milliseconds, `-`, 4 hex digits of a counter."""

from __future__ import annotations

import re
from functools import lru_cache

HLC = re.compile(r"[0-9a-f]{12}-[0-9a-f]{4}")
TOLERANCE_MS = 300_000


@lru_cache(maxsize=256)  # a batch has one
def hlc_of(milliseconds: int) -> str:
    """The first clock text of a moment (Unix milliseconds)."""
    return f"{milliseconds:012x}-0000"


def stamp(hlc: str, received_ms: int, tolerance_ms: int = TOLERANCE_MS) -> str:
    """The smaller of the device's clock and the server's bound: a clock that runs ahead cannot win for days."""
    return min(hlc, hlc_of(received_ms + tolerance_ms))
