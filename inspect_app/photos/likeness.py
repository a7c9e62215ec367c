"""Difference hash: 64 bits that stay nearly equal when a picture is scaled, recompressed or slightly brightened."""

from __future__ import annotations

from itertools import combinations

from PIL import Image

NEAR = 8  # bits of 64 that may differ between two pictures of the same scene file
BANDS = 4  # each of 16 bits, indexed by itself
_WIDTH = 64 // BANDS
_REACH = (2, 1, 1, 1)
"""How many bits may differ within each band. Two hashes that differ in NEAR bits or fewer agree so far in at least one
band: else they would differ in 3 + 2 + 2 + 2 = 9 bits. So a look-up of 137 + 3 x 17 values misses none.
"""
_MASKS = tuple(
    tuple(
        sum(1 << bit for bit in bits)
        for count in range(reach + 1)
        for bits in combinations(range(_WIDTH), count)
    )
    for reach in _REACH
)


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


def bands(value: str | None) -> tuple[int, ...] | tuple[None, ...]:
    """The values by which a hash is indexed; nothing for one that says nothing."""
    if value is None or not telling(value):
        return (None,) * BANDS
    number = int(value, 16)
    return tuple(number >> _WIDTH * place & (1 << _WIDTH) - 1 for place in range(BANDS))


def probes(value: str) -> tuple[list[int], ...]:
    """For each band the values under which every hash within NEAR bits of this one is found at least once."""
    own = bands(value)
    return tuple(
        [band ^ mask for mask in masks] for band, masks in zip(own, _MASKS, strict=True) if band is not None
    )
