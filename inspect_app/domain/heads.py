"""A signed head of the log as it is printed, exported and typed in again."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

MARK = "INSPECT-APP-HEAD/1"
_TEXT = re.compile(
    rf"{MARK} (\d{{4}}-\d\d-\d\d) (\d{{1,15}}) (\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([0-9A-F]{{64}})([0-9A-F]{{64}})([0-9A-F]{{128}})"
)

_SHORT = re.compile(r"\d{1,15} [0-9A-F]{64}")


@dataclass(frozen=True, slots=True)
class SignedHead:
    """`day` (YYYY-MM-DD, Taipei) and `time` (UTC, to the second) of the signing; `root` over the log's first `size` lines;
    `signature` is Ed25519 by `key` over the canonical JSON of the others. Hashes, key and signature are hex digits.
    """

    day: str
    size: int
    root: str
    time: str
    key: str
    signature: str

    def content(self) -> dict[str, Any]:
        """What is signed."""
        return {name: value for name, value in asdict(self).items() if name != "signature"}

    def text(self) -> str:
        """One line of the characters that a QR code holds densely; `parse` reads it."""
        parts = (self.day, str(self.size), self.time, self.root, self.key, self.signature)
        return " ".join((MARK, *parts)).upper()


def grouped(digest: str) -> str:
    """A hash in groups of eight, so that it can be read aloud and broken over lines."""
    return " ".join(digest[n : n + 8] for n in range(0, len(digest), 8))


def parse(text: str) -> SignedHead:
    """A head as it was printed or mailed, white space, groups and case as they come: the text of the QR code, or size
    and root, which have neither key nor signature (the paper vouches for them). ValueError for anything else.
    """
    words = text.upper().split()
    plain = " ".join(words)
    found = _TEXT.fullmatch(" ".join((*words[:4], "".join(words[4:]))))
    if found is not None:
        day, size, time, *hexes = found.groups()
        root, key, signature = (one.lower() for one in hexes)
        return SignedHead(day, int(size), root, time, key, signature)
    size, _, root = plain.partition(" ")
    if not _SHORT.fullmatch(f"{size} {root.replace(' ', '')}"):
        raise ValueError("not a printed head of the log")
    return SignedHead("", int(size), root.replace(" ", "").lower(), "", "", "")
