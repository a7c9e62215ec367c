"""What `inspect-app audit` and `inspect-app keys` call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from inspect_app import audit
from inspect_app.accounts.actor import SYSTEM
from inspect_app.domain.heads import SignedHead, parse
from inspect_app.errors import Problem
from inspect_app.evidence import verified
from inspect_app.evidence.verification import Report
from inspect_app.evidence.verification import verify as verify_everything
from inspect_app.installation import keys
from inspect_app.notices import pinned
from inspect_app.photos.verification import look_soon
from inspect_app.transaction import transaction

log = structlog.get_logger()
LONGEST_NAME = 250


def verify(printed: tuple[str, ...]) -> Report:
    """Everything, also against heads as they were printed; the log is told what came of it. Raises `bad_value` for a text that
    is none.
    """
    report = verify_everything([_head(text) for text in printed], pinned.CHECKS)
    try:
        verified.note(report)
        look_soon(fault.row.removeprefix("photo ") for fault in report.faults if fault.kind == "photo")
    except (SQLAlchemyError, OSError):  # a database that cannot be written is checked all the same
        log.exception("evidence.result_not_noted")
    return report


def _head(given: str) -> SignedHead:
    """The head itself, or the name of a file that holds it."""
    try:
        return parse(_content(given))
    except ValueError as error:
        raise Problem("bad_value", f"{error}: {given[:60]}", field="head") from None


def _content(given: str) -> str:
    file = Path(given)
    short = len(given) < LONGEST_NAME  # the text of a head is longer, and longer than a name may be
    return file.read_text("utf-8") if short and file.is_file() else given


def renew_keys() -> list[str]:
    """The names of the keys that are others from now on; the log says so."""
    with transaction():
        changed = keys.renew()
        if changed:
            audit.record(SYSTEM, "installation.keys_renewed", "installation:1", keys=changed)
    return changed


def sentence(report: dict[str, Any]) -> str:
    """The report in one line."""
    counts = "{lines} lines chained ({waiting} waiting), {heads} heads, {stamps} time stamps, {photos} photos".format_map(
        report
    )
    return f"{counts}: {'everything is what it was' if report['ok'] else 'changed'}"
