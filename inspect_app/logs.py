"""What the processes log: one line of JSON per event on standard output, whatever stands in it.

A line cannot be forged by what somebody typed: line ends and control characters of a value are written as escapes. A log that
cannot be written (a full disk under it) holds nobody up: what must not be lost stands in the audit log, in the database.
"""

from __future__ import annotations

import sys
from contextlib import suppress

import orjson
import structlog

_ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}
"""Line ends and control characters that JSON leaves as they are."""


class Line:
    """Writes; never raises for want of a place to write to."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: the output was closed
            sys.stdout.write(f"{message}\n")
            sys.stdout.flush()

    log = debug = info = warning = error = critical = exception = msg


def begin() -> None:
    """For this process, unless somebody chose otherwise before."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_text),
        ],
        logger_factory=lambda *_: Line(),
    )


def _text(event: dict[str, object], **_: object) -> str:
    try:
        text = orjson.dumps(event, default=str)
    except TypeError:
        text = orjson.dumps({name: _sayable(value) for name, value in event.items()})
    return text.decode().translate(_ESCAPED)


def _sayable(value: object) -> str:
    """What has no JSON, in words: half a surrogate, a number beyond 64 bits, a bottomless list."""
    try:
        text = value if isinstance(value, str) else ascii(value)
        return text.encode(errors="backslashreplace").decode()
    except Exception:  # whatever it does when it is asked
        return type(value).__name__
