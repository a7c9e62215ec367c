"""How often a decoder goes over a JPEG's picture: a small file may have it do so thousands of times.

Only markers are read (ITU T.81, annex B), nothing is decoded.
"""

from __future__ import annotations

import mmap
from typing import IO

_SCAN = 0xDA
_BARE = {0x01, *range(0xD0, 0xDA)}  # without a length: restarts, start, end
_NO_FRAMES = {0xC4, 0xC8, 0xCC}  # of C0 to CF those that describe no frame
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}


def scans_of(source: IO[bytes], most: int) -> int:
    """1 for a photo that is decoded as it is read, as cameras make them; else how many scans it has at most, counted no
    further than `most`: such a one is held whole in memory, and every scan is one more time over the picture.
    """
    with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
        begin, whole = _first_scan(content)
        return 1 if whole else _count(content, begin, most)


def _first_scan(content: mmap.mmap) -> tuple[int, bool]:
    """Where it is, and whether it is the only one: of a frame that is not progressive, with all of its components."""
    at, parts, progressive = 2, 0, False
    while (found := _marker(content, at)) is not None:
        marker, at = found
        if marker == _SCAN:
            return at - 2, not progressive and content[at + 2 : at + 3] == bytes((parts,))
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES:
            progressive, parts = marker in _PROGRESSIVE, int.from_bytes(content[at + 7 : at + 8], "big")
        if marker not in _BARE:
            at += int.from_bytes(content[at : at + 2], "big")
    return at, True  # none: nothing to decode


def _marker(content: mmap.mmap, at: int) -> tuple[int, int] | None:
    """The next marker and where its segment begins. Decoders skip what lies before it, and so do we."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        if content[at + 1] not in (0x00, 0xFF):
            return content[at + 1], at + 2
        at += 1
    return None


def _count(content: mmap.mmap, at: int, most: int) -> int:
    """In coded data these two bytes do not occur."""
    count = 0
    while count < most and (at := content.find(bytes((0xFF, _SCAN)), at)) >= 0:
        count, at = count + 1, at + 2
    return count
