"""Rows and editions of the table. An edition is frozen: a visit pins it, nobody changes it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from inspect_app.domain.canonical import sha256


class Kind(StrEnum):
    """Headings group, leaves are what a finding carries."""

    HEADING = "heading"
    LEAF = "leaf"


class Block(StrEnum):
    """What a code rolls up to: the three score blocks, or a box of its own."""

    Q = "Q"
    W = "W"
    P = "P"
    DESIGN = "design"
    ADVICE = "advice"
    MERIT = "merit"


_BLOCKS = {"0": Block.MERIT, "4": Block.Q, "5": Block.W, "6": Block.P, "7": Block.DESIGN, "8": Block.ADVICE}
_RANGE = re.compile(r"([±-]?)(\d{1,3})(?:[,~至]([±-]?)(\d{1,3}))?")


def block_of(code: str) -> Block | None:
    """4 -> Q, 5 -> W, 6 -> P, 7 -> design, 8 -> advice, 0 -> merit; None for a code of no block."""
    return _BLOCKS.get(code.split(".")[0])


@dataclass(frozen=True, slots=True)
class PointRange:
    """The printed range of points, as magnitudes. `either`: printed with ±, may be a plus."""

    low: int
    high: int
    either: bool = False

    def __contains__(self, points: int) -> bool:
        return self.low <= points <= self.high

    def __str__(self) -> str:
        sign = "±" if self.either else "-"
        return f"[{sign}{self.low},{sign}{self.high}]"


def parse_range(text: str) -> PointRange | None:
    """`[-1,-2]`, `[±2,±4]`, `[-1~-5]`, `-2`; None for a blank. ValueError when it is none of these."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).replace("\u2212", "-").strip("[]")
    if not plain:
        return None
    match = _RANGE.fullmatch(plain)
    if match is None or (match[4] and match[1] != match[3]):
        raise ValueError(f"「{text}」不是扣點範圍，請寫成 [-1,-2] 或 [±1,±2]")
    ends = [int(match[2]), int(match[4] or match[2])]
    return PointRange(min(ends), max(ends), match[1] == "±")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `parent` is "" at the top."""

    code: str
    parent: str
    kind: Kind
    text: str
    range: PointRange | None = None
    note: str = ""

    @property
    def block(self) -> Block | None:
        """Where its points and its count roll up to."""
        return block_of(self.code)

    def as_dict(self) -> dict[str, str]:
        """The row as packages and hashes carry it: {code, parent, kind, text, range}."""
        shown = str(self.range) if self.range else ""
        return {
            "code": self.code,
            "parent": self.parent,
            "kind": self.kind.value,
            "text": self.text,
            "range": shown,
        }


@dataclass(frozen=True)
class Edition:
    """A frozen table that counts from `effective`. `demo` marks a mix of editions that must never be called official."""

    id: str
    label: str
    effective: date
    rows: tuple[Row, ...]
    source: str = ""
    demo: bool = False

    @cached_property
    def by_code(self) -> Mapping[str, Row]:
        """{code: row}."""
        return {row.code: row for row in self.rows}

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) over the canonical rows: what a visit pins."""
        return sha256([row.as_dict() for row in sorted(self.rows, key=lambda row: row.code)])

    def children(self, code: str) -> list[Row]:
        """The rows right under a code ("" for the top), in table order."""
        return [row for row in self.rows if row.parent == code]
