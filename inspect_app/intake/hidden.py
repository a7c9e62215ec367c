"""Which rows of a sheet Excel does not show (filtered or hidden): the reading mode of openpyxl leaves that out."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

PIECE = 1024 * 1024
LONGEST_TAG = 4096  # a row's has a dozen short attributes

_ROW = re.compile(rb"<(?:\w+:)?row\s[^<>]*>")
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_NUMBER = re.compile(rb'\sr="(\d{1,7})"')


def hidden_rows(content: bytes, path: str) -> Iterator[int]:
    """The numbers of those rows of the sheet at `path` inside the workbook; none where it is not there."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive, archive.open(path.lstrip("/")) as part:
            rest = b""
            while piece := part.read(PIECE):
                text = rest + piece
                end = text.rfind(b">") + 1
                yield from _in(text[:end])
                rest = text[end:][-LONGEST_TAG:]
    except KeyError:
        return


def _in(text: bytes) -> Iterator[int]:
    for tag in _ROW.findall(text):
        if _HIDDEN.search(tag) and (number := _NUMBER.search(tag)):
            yield int(number[1])
