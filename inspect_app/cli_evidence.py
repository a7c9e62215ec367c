"""What `inspect-app audit` calls."""

from __future__ import annotations

from typing import Any

from inspect_app.domain.heads import SignedHead, parse
from inspect_app.errors import Problem
from inspect_app.evidence.verification import Report
from inspect_app.evidence.verification import verify as verify_everything


def verify(printed: tuple[str, ...]) -> Report:
    """Everything, also against heads as they were printed. Raises `bad_value` for a text that is none."""
    return verify_everything([_head(text) for text in printed])


def _head(text: str) -> SignedHead:
    try:
        return parse(text)
    except ValueError as error:
        raise Problem("bad_value", f"{error}: {text[:60]}", field="head") from None


def sentence(report: dict[str, Any]) -> str:
    """The report in one line."""
    counts = "{lines} lines chained ({waiting} waiting), {heads} heads, {photos} photos".format_map(report)
    return f"{counts}: {'everything is what it was' if report['ok'] else 'changed'}"
