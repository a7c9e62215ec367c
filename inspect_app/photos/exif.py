"""What the camera wrote: when, where, with what. Wrong or missing values are left out, never invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from PIL import ExifTags, Image

from inspect_app.clock import TAIPEI

_TEXTS = {"Make": ExifTags.Base.Make, "Model": ExifTags.Base.Model, "Software": ExifTags.Base.Software}
LONGEST = 200
YEARS = (1912, 2999)


@dataclass(frozen=True, slots=True)
class Facts:
    """`taken_at` in UTC; position in 1e-7 degrees; `texts`: make, model, software, the time as written."""

    taken_at: datetime | None = None
    lat_e7: int | None = None
    lon_e7: int | None = None
    texts: dict[str, str] = field(default_factory=dict)


def facts_of(image: Image.Image) -> Facts:
    """The facts of an opened image; a broken EXIF block is no reason to refuse a photo."""
    try:
        return _read(image.getexif())
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OSError,
        SyntaxError,
        OverflowError,
        ZeroDivisionError,
    ):
        return Facts()


def _read(exif: Image.Exif) -> Facts:
    details, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    texts = {name: _clean(exif[tag]) for name, tag in _TEXTS.items() if isinstance(exif.get(tag), str)}
    written = details.get(ExifTags.Base.DateTimeOriginal)
    offset = details.get(ExifTags.Base.OffsetTimeOriginal)
    if isinstance(written, str):
        texts["DateTimeOriginal"] = _clean(f"{written} {offset or ''}")
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S", 90)
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W", 180)
    placed = lat is not None and lon is not None
    return Facts(_moment(written, offset), lat if placed else None, lon if placed else None, texts)


def _clean(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).strip()[:LONGEST]


def _moment(written: Any, offset: Any) -> datetime | None:
    """A camera without a time zone is taken to stand in Taipei's. A year that no camera can mean is left out: the last hours
    of the year 9999 have no name in Taipei.
    """
    try:
        if isinstance(offset, str) and offset.strip():
            moment = datetime.strptime(f"{written} {offset.strip()}", "%Y:%m:%d %H:%M:%S %z")
        else:
            moment = datetime.strptime(str(written), "%Y:%m:%d %H:%M:%S").replace(tzinfo=TAIPEI)
        return moment.astimezone(UTC) if YEARS[0] <= moment.year <= YEARS[1] else None
    except (ValueError, OverflowError):
        return None


def _degrees(parts: Any, reference: Any, negative: str, most: int) -> int | None:
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    try:
        value: float = sum(float(part) / 60**power for power, part in enumerate(parts))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    if not 0 <= value <= most:  # also not a number
        return None
    signed = -value if reference == negative else value
    return round(signed * 10_000_000)
