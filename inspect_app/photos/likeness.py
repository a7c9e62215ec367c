"""Difference hash: 64 bits that stay nearly equal when a picture is scaled, recompressed or slightly brightened."""

from __future__ import annotations

from PIL import Image

NEAR = 8  # bits of 64 that may differ between two pictures of the same scene file


def dhash(thumbnail: Image.Image) -> str:
    """16 hex digits: each bit says whether a pixel is brighter than its right neighbour, on 9 x 8 grey pixels."""
    grey = thumbnail.convert("L").resize((9, 8), Image.Resampling.BOX)
    pixels = grey.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            place = row * 9 + column
            bits = bits << 1 | (pixels[place] > pixels[place + 1])
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """How many of the 64 bits differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def telling(value: str) -> bool:
    """Whether the hash says anything: a flat picture (a wall, the sky) resembles every other flat one."""
    return 8 <= int(value, 16).bit_count() <= 56
