"""The last check of everything (`audit verify`): when it was, who started it, what it found. It stands in the log itself."""

from __future__ import annotations

import getpass
import socket
from dataclasses import dataclass
from datetime import datetime

from inspect_app import audit
from inspect_app.accounts.actor import SYSTEM
from inspect_app.audit import queries as log
from inspect_app.evidence.verification import Report
from inspect_app.transaction import transaction

ACTION = "evidence.verified"


@dataclass(frozen=True, slots=True)
class Verified:
    """`by`: the account of the operating system and its machine. `first`: the first bad row, empty where `faults` is 0."""

    at: datetime
    by: str
    faults: int
    first: str


def note(report: Report) -> None:
    """Tell the log of a check that has just ended."""
    first = report.faults[0].row if report.faults else ""
    counts = {"lines": report.lines, "photos": report.photos, "faults": len(report.faults)}
    with transaction():
        audit.record(SYSTEM, ACTION, "installation:1", by=_starter(), first=first, **counts)


def _starter() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a container's number without a name
        return socket.gethostname()


def last() -> Verified | None:
    """None before the first."""
    line = log.latest(ACTION)
    if line is None:
        return None
    said = line.detail
    return Verified(line.at, str(said.get("by", "")), int(said.get("faults", 0)), str(said.get("first", "")))
