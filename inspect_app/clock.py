"""The one place that reads the clock, so that tests and drills can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")
_fixed: list[datetime] = []
_moved = timedelta()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _fixed[-1] if _fixed else datetime.now(UTC) + _moved


def today() -> date:
    """The legal date of now: in Asia/Taipei, whatever the server's zone."""
    return now().astimezone(TAIPEI).date()


def as_text(moment: datetime) -> str:
    """2026-11-23T01:00:00.000Z: how the interface tells a moment that is in UTC."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (aware) for tests and drills."""
    _fixed.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.pop()


def move(seconds: int) -> None:
    """Let the clock run so far ahead (or behind) of the machine's, in tests of whole processes."""
    global _moved
    _moved = timedelta(seconds=seconds)
