"""What one audit line says of the operations that came in one batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def page_digest(entries: Iterable[tuple[int, str, str]]) -> str:
    """SHA-256 (hex) over the lines `<n>:<id>:<content hash>` of the operations at consecutive places of a log."""
    text = "".join(f"{n}:{key}:{content}\n" for n, key, content in entries)
    return hashlib.sha256(text.encode()).hexdigest()
