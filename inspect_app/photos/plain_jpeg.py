"""A small JPEG without anything that does not belong to its picture: no EXIF, no comment, nothing behind its end.

The file is taken apart by its markers (ITU T.81, annex B) and never decoded, so that no bomb can go off.
"""

from __future__ import annotations

import re

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_SIZES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive: what browsers make and show
_KEPT = {*_SIZES, _SCAN, 0xC4, 0xDB, 0xDD}  # with the tables for codes, quantities and restarts
_DROPPED = {*range(0xE0, 0xF0), 0xFE}  # what applications add, and comments
_SCAN_ENDS = re.compile(
    rb"\xff[^\x00\xd0-\xd7\xff]"
)  # a marker that is neither stuffing, a restart nor filling


class NotPlain(ValueError):
    """No JPEG, a broken one, or one of a kind that no browser makes."""


def plain(content: bytes) -> tuple[bytes, int, int]:
    """The picture alone, its width and height in pixels. Raises NotPlain."""
    if content[:2] != bytes((0xFF, _START)):
        raise NotPlain("no start")
    kept, at, size = [content[:2]], 2, (0, 0)
    while (marker := _marker(content, at)) != _END:
        end = _segment_end(content, at)
        if marker in _SIZES:
            size = _size(content[at + 4 : end])
        if marker in _KEPT:
            kept.append(content[at:end])
        elif marker not in _DROPPED:
            raise NotPlain(f"marker {marker:02x}")
        at = end
        if marker == _SCAN:
            at = _scan_end(content, end)
            kept.append(content[end:at])
    if 0 in size:
        raise NotPlain("no size")
    return b"".join((*kept, bytes((0xFF, _END)))), *size


def _marker(content: bytes, at: int) -> int:
    if len(content) < at + 2 or content[at] != 0xFF:
        raise NotPlain("no marker")
    return content[at + 1]


def _segment_end(content: bytes, at: int) -> int:
    length = int.from_bytes(content[at + 2 : at + 4], "big")
    end = at + 2 + length
    if length < 2 or end > len(content):
        raise NotPlain("cut")
    return end


def _size(frame: bytes) -> tuple[int, int]:
    """Width and height, which follow a byte of precision."""
    return int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big")


def _scan_end(content: bytes, start: int) -> int:
    found = _SCAN_ENDS.search(content, start)
    if found is None:
        raise NotPlain("cut")
    return found.start()
