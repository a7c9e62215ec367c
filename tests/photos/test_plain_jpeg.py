"""A small JPEG taken apart by its markers: only the picture is left, and what is broken is none."""

from __future__ import annotations

import pytest

from inspect_app.photos.plain_jpeg import NotPlain, plain
from tests.support import pictures

SMALL = pictures.photo(320, 240)


def test_width_and_height_are_told() -> None:
    content, width, height = plain(SMALL)
    assert (width, height, content[-2:]) == (320, 240, b"\xff\xd9")


def test_one_that_is_cut_anywhere_is_none() -> None:
    taken = []
    for cut in range(len(SMALL)):
        try:
            plain(SMALL[:cut])
            taken.append(cut)
        except NotPlain:
            pass
    assert taken == []


@pytest.mark.parametrize(
    "wrong", [b"", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xc3\x00\x02", b"\xff\xd8\xff\xe1\x00\x01"]
)
def test_what_is_no_picture_is_none(wrong: bytes) -> None:
    with pytest.raises(NotPlain):
        plain(wrong)
