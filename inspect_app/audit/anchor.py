"""The anchor: how long the chain is and its newest hash, in a file outside the database.

Who cuts the end of the log inside the database does not reach it. It is a plain file, so that any copier of log files
can carry it to another machine; `audit verify` reads it.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import current_app

from inspect_app import clock
from inspect_app.audit.lines import moment

NAME = "audit-anchor.json"


@dataclass(frozen=True, slots=True)
class Anchor:
    """`size` links were chained at `at`; `hash` is the last one's."""

    size: int
    hash: str
    at: str


def file() -> Path:
    home: Path = current_app.config["SETTINGS"].home
    return home / NAME


def read() -> Anchor | None:
    """None when there is none here. ValueError when the file is damaged."""
    try:
        found = json.loads(file().read_text("utf-8"))
        known = Anchor(int(found["size"]), str(found["hash"]), str(found["at"]))
    except FileNotFoundError:
        return None
    except (TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ValueError(f"{NAME} is damaged") from error
    if known.size < 0:
        raise ValueError(f"{NAME} is damaged")
    return known


def drop(size: int, link: str) -> None:
    """Put the anchor at the chain's end, whole or not at all."""
    unfinished = file().with_name(f".{NAME}.{os.getpid()}.{threading.get_ident()}")
    with unfinished.open("w", encoding="utf-8") as out:
        json.dump(asdict(Anchor(size, link, moment(clock.now()))), out)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file())


def lift() -> None:
    """Put the anchor aside when a restore puts an older state back on purpose."""
    if file().exists():
        file().replace(file().with_name(f"{NAME}.before-restore"))
