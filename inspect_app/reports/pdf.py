"""Rendering a document as PDF/A-3a by typst. Data goes in as JSON, never as markup (trap 9)."""

from __future__ import annotations

import json
import tempfile
import unicodedata
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_tw
import structlog
import typst
from fontTools.ttLib import TTFont

from inspect_app.domain.heads import grouped
from inspect_app.reports.model import (
    Block,
    Document,
    Facts,
    Heading,
    Items,
    Paragraph,
    Pictures,
    Seal,
    Signatures,
    Table,
)
from inspect_app.reports.strokes import svg

log = structlog.get_logger()
TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(pylopdf_fonts_zh_tw.__file__).parent
SAME = {"値": "值"}  # the shipped table's form of a character that the font has in Taiwan's form
MISSING = "〓"  # the geta mark: the printers' sign for a character that the font lacks


def render(document: Document) -> bytes:
    """The document as PDF/A-3a. A character that the font lacks is shown as 〓 and logged; the data keeps it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        blocks = [_block(block, folder) for block in document.blocks]
        head = {
            "title": document.title,
            "subtitle": document.subtitle,
            "number": document.number,
            "demo": document.demo,
        }
        (folder / "data.json").write_text(
            json.dumps(printable(head | {"blocks": blocks}), ensure_ascii=False), "utf-8"
        )
        (folder / "document.typ").write_text((TEMPLATES / "document.typ").read_text("utf-8"), "utf-8")
        result: bytes = typst.compile(
            str(folder / "document.typ"),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            pdf_standards="a-3a",
        )
    return result


def _block(block: Block, folder: Path) -> dict[str, Any]:
    match block:
        case Heading() | Paragraph() | Facts() | Items():
            return {"kind": type(block).__name__.lower()} | _even(asdict(block))
        case Table():
            return {"kind": "table"} | asdict(block) | {"right": sorted(block.right)}
        case Pictures():
            return {"kind": "pictures", "pictures": [_picture(one, folder) for one in block.pictures]}
        case Seal():
            return {"kind": "seal", "file": _file(folder, block.qr, "png"), "lines": list(block.lines)}
        case Signatures():
            return {"kind": "signatures", "signers": [_signer(one, folder) for one in block.signers]}


def _even(values: dict[str, Any]) -> dict[str, Any]:
    """Facts stand two a row: an odd number gets an empty pair."""
    pairs = values.get("pairs")
    if pairs is not None and len(pairs) % 2:
        values["pairs"] = [*pairs, ("", "")]
    return values


def _file(folder: Path, data: bytes | None, ending: str) -> str | None:
    if data is None:
        return None
    name = f"{len(list(folder.iterdir()))}.{ending}"
    (folder / name).write_bytes(data)
    return name


def _picture(one: Any, folder: Path) -> dict[str, Any]:
    file = _file(folder, one.data, "jpg")
    return {
        "file": file,
        "caption": one.caption,
        "alt": one.caption or "查核相片",
        "sha256": grouped(one.sha256),
    }


def _signer(one: Any, folder: Path) -> dict[str, Any]:
    data, ending = (svg(one.strokes), "svg") if one.strokes else (one.picture, "jpg")
    return {
        "role": one.role,
        "name": one.name,
        "signed_at": one.signed_at,
        "file": _file(folder, data, ending),
    }


@cache
def _known() -> frozenset[int]:
    """Every code point that one of the two fonts can draw."""
    found: set[int] = set()
    for path in FONTS.glob("*.otf"):
        with TTFont(path, lazy=True) as font:
            found |= set(font.getBestCmap())
    return frozenset(found)


def printable(value: Any) -> Any:
    """The same data with every character that cannot be drawn replaced."""
    if isinstance(value, str):
        return "".join(_drawn(character) for character in unicodedata.normalize("NFC", value))
    if isinstance(value, dict):
        return {name: printable(item) for name, item in value.items()}
    return [printable(item) for item in value] if isinstance(value, list | tuple) else value


def _drawn(character: str) -> str:
    if ord(character) in _known() or character == "\n":
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Mn"):
        return ""
    if character in SAME:
        return SAME[character]
    log.warning("reports.missing_glyph", codepoint=f"U+{ord(character):04X}")
    return MISSING
