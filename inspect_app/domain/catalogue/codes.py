"""Codes as people type them: 5.01.01, 50101, 5 1 1, full-width."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s.,、。．·_/-]+")
CANONICAL = re.compile(r"\d(\.\d{2})*")


def normalise_code(text: str) -> str | None:
    """The canonical code (one digit, then pairs) of a typed one, or None when it is no code."""
    parts = _SEPARATORS.split(unicodedata.normalize("NFKC", text).strip().strip(".。、,"))
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return _from_digits(parts[0]) if len(parts) == 1 else _from_parts(parts)


def _from_digits(digits: str) -> str | None:
    if len(digits) % 2 == 0:
        return None
    return ".".join([digits[0], *(digits[at : at + 2] for at in range(1, len(digits), 2))])


def _from_parts(parts: list[str]) -> str | None:
    first, rest = parts[0].lstrip("0") or "0", [part.zfill(2) for part in parts[1:]]
    code = ".".join([first, *rest])
    return code if CANONICAL.fullmatch(code) else None
