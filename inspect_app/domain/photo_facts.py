"""What a photo's own facts say against it: where and when it was taken, measured against the site and the visit.

A remark is a hint for the person who reviews, never a verdict; a missing fact is told as missing, not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

from inspect_app.domain.roc import TAIPEI

EARTH_METRES = 6_371_009  # mean radius
FAR_METRES = 1_000  # roads and pipes are long: the tender's coordinates are one point of the site
CLOCK_TOLERANCE = timedelta(minutes=10)
LONG_ON_THE_WAY = timedelta(days=3)
Position = tuple[float, float]
"""Latitude and longitude in degrees (WGS 84)."""


class Remark(StrEnum):
    """What a reviewer should look at."""

    NO_POSITION = "no_position"
    FAR = "far"  # more than FAR_METRES from the site
    NO_TIME = "no_time"
    AHEAD = "ahead"  # taken later than it arrived: a clock was wrong, or the time was changed
    LATE = "late"  # arrived more than LONG_ON_THE_WAY after it was taken
    OTHER_DAY = "other_day"  # not taken on the day of the visit
    BEFORE_VISIT = "before_visit"  # shows an improvement, but was taken before the visit that asked for it


@dataclass(frozen=True, slots=True)
class Taken:
    """Where and when a photo was taken, as far as known, and when it arrived."""

    at: datetime | None
    position: Position | None
    arrived_at: datetime


def metres_between(one: Position, other: Position) -> int:
    """The distance on the sphere (haversine), in metres."""
    (lat, lon), (lat2, lon2) = ((radians(part) for part in place) for place in (one, other))
    half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return round(2 * EARTH_METRES * asin(min(1.0, sqrt(half))))


def remarks(taken: Taken, site: Position | None, *, on: date | None, after: date | None) -> list[Remark]:
    """What is odd about the photo. `on`: the day on which it should be taken; `after`: the day before which it must not."""
    return [*_about_place(taken.position, site), *_about_time(taken), *_about_day(taken.at, on, after)]


def _about_place(position: Position | None, site: Position | None) -> list[Remark]:
    if position is None:
        return [Remark.NO_POSITION]
    far = site is not None and metres_between(position, site) > FAR_METRES
    return [Remark.FAR] if far else []


def _about_time(taken: Taken) -> list[Remark]:
    if taken.at is None:
        return [Remark.NO_TIME]
    if taken.at > taken.arrived_at + CLOCK_TOLERANCE:
        return [Remark.AHEAD]
    return [Remark.LATE] if taken.arrived_at - taken.at > LONG_ON_THE_WAY else []


def _about_day(at: datetime | None, on: date | None, after: date | None) -> list[Remark]:
    if at is None:
        return []
    day = at.astimezone(TAIPEI).date()
    if on is not None and day != on:
        return [Remark.OTHER_DAY]
    return [Remark.BEFORE_VISIT] if after is not None and day < after else []
