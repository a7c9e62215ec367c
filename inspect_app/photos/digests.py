"""Hashes under way, so that a photo that comes in several requests need not be read again to be verified.

A hash is kept under the part whose bytes it covers. A part's entered bytes never change, so what is found here is true of
them; what is not found (another process took the bytes, or this one is new) is read from the part.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

MOST = 512


class Digests:
    """{part: (number of bytes, their SHA-256 so far)}, the newest MOST."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[int, hashlib._Hash]] = OrderedDict()

    def take(self, part: str, size: int) -> hashlib._Hash | None:
        """The hash of the part's first `size` bytes, if it is known; it is the caller's from now on."""
        with self._lock:
            kept = self._kept.pop(part, None)
        return kept[1] if kept is not None and kept[0] == size else None

    def keep(self, part: str, size: int, digest: hashlib._Hash) -> None:
        with self._lock:
            self._kept[part] = size, digest
            self._kept.move_to_end(part)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


DIGESTS = Digests()
