"""How a document leaves the house: with the signed head of the log on its last page, as ODT or PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO

import segno

from inspect_app.domain.heads import SignedHead, grouped
from inspect_app.domain.roc import format_date, format_time, local_date
from inspect_app.errors import Problem
from inspect_app.evidence.heads import head_of_today
from inspect_app.evidence.stamps import of_day
from inspect_app.reports import odt, pdf
from inspect_app.reports.model import Document, Seal

RENDERERS: dict[str, Callable[[Document], bytes]] = {"odt": odt.render, "pdf": pdf.render}


def render(document: Document, ending: str) -> bytes:
    """The document with today's head. `not_found` for any other ending."""
    if ending not in RENDERERS:
        raise Problem("not_found")
    return RENDERERS[ending](replace(document, blocks=[*document.blocks, seal(head_of_today())]))


def seal(head: SignedHead) -> Seal:
    """The head as a QR code and as groups of digits that can be typed in."""
    return Seal(qr_code(head.text()), head_lines(head))


def head_lines(head: SignedHead) -> tuple[str, ...]:
    """What a person reads: how far the head reaches, its root, its key, and the day's time stamp where there is one."""
    return (
        f"稽核紀錄首　{format_date(_day(head))}　共 {head.size} 筆",
        f"根雜湊 {grouped(head.root)}",
        f"公鑰 {grouped(head.key)}",
        *_stamp(_day(head)),
        "本頁保存的簽章首可證明這一天以前的稽核紀錄未經更動。",
    )


def _stamp(day: date) -> tuple[str, ...]:
    """The authority's word on the day's first lines."""
    stamp = of_day(day)
    if stamp is None:
        return ()
    size, at = stamp
    return (f"時戳機關於 {format_date(local_date(at))} {format_time(at)} 為其中前 {size} 筆蓋上時戳",)


def _day(head: SignedHead) -> date:
    return date.fromisoformat(head.day)


def qr_code(text: str) -> bytes:
    """PNG; error correction M, so that a stain does not matter."""
    buffer = BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="png", scale=6, border=4)
    return buffer.getvalue()
