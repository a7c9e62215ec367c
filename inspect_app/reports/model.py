"""A document as plain values: one model, rendered as ODT (the government's editable format) and as PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title; `level` 1 or 2."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, two pairs a row."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """`widths`: relative column widths; `right`: columns with numbers; `empty`: what stands where there is no row."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    right: frozenset[int] = frozenset()
    empty: str = "無"


@dataclass(frozen=True, slots=True)
class Items:
    """A numbered list."""

    lines: Sequence[str]
    empty: str = "無"


@dataclass(frozen=True, slots=True)
class Picture:
    """A served copy (JPEG bytes), its caption and the SHA-256 of the original."""

    data: bytes | None
    caption: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Two pictures a row, with captions."""

    pictures: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signer; `strokes` is SVG path data in a 300 x 120 box, `picture` a photo of the signed paper."""

    role: str
    name: str
    strokes: str = ""
    picture: bytes | None = None
    signed_at: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    signers: Sequence[Signature]


@dataclass(frozen=True, slots=True)
class Seal:
    """The signed head of the log: a QR code (PNG) and the lines beside it."""

    qr: bytes
    lines: Sequence[str]


Block = Heading | Paragraph | Facts | Table | Items | Pictures | Signatures | Seal


@dataclass(frozen=True, slots=True)
class Document:
    """`number` is what stands in the page foot; `demo` prints 示範 on every page."""

    title: str
    subtitle: str
    blocks: Sequence[Block]
    number: str = ""
    demo: bool = False
    language: str = field(default="zh-TW")
