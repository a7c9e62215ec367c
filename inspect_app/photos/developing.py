"""What is made of a photo: 320 and 1600 pixels, upright, without EXIF; what the camera wrote; the difference hash.

The original is evidence and never touched. What cannot be decoded, or has more pixels than a camera makes, stays as
it is and says so. Pure work on a file, without database or application: it runs in small processes of its own.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from inspect_app.photos.exif import Facts, facts_of
from inspect_app.photos.likeness import dhash
from inspect_app.photos.scans import scans_of
from inspect_app.photos.sniff import HEAD, media_type

WIDTHS = (320, 1600)
Image.MAX_IMAGE_PIXELS = None  # Pillow only warns; the caps below refuse
MAX_PIXELS = {
    "JPEG": 80_000_000,
    "WEBP": 13_000_000,
}  # decoded at a fraction of its size; held five times over
MAX_PIXELS_WHOLE = 50_000_000  # of a kind that must be decoded whole
MAX_PIXELS_LAYERED = 20_000_000  # transparent: held three times over while it is laid on white
MAX_PIXELS_SCANS = 40_000_000  # of a JPEG in several scans: two bytes of each colour of each pixel are held
MAX_PIXELS_TIMES_SCANS = 600_000_000  # what is gone over in about a second; a progressive photo has ten scans
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    EOFError,
    MemoryError,
    UnidentifiedImageError,
    RuntimeError,
)


FILTER = Image.Resampling.HAMMING
"""Within half a decibel of Lanczos on what the decoder has halved already, for half of its time (decision 0020)."""


class TooManyPixels(Exception):
    """More than the cap, or gone over too often: never decoded."""


@dataclass(frozen=True, slots=True)
class Developed:
    """`problem` in words when the photo cannot be shown; else its upright size, facts, and {width: JPEG}."""

    problem: str = ""
    size: tuple[int, int] = (0, 0)
    facts: Facts = field(default_factory=Facts)
    dhash: str = ""
    pictures: dict[int, bytes] = field(default_factory=dict)


def develop(source: IO[bytes]) -> Developed:
    """Look at one file; never raises for what stands in it."""
    try:
        return _developed(source)
    except TooManyPixels:
        return Developed("像素超過上限，沒有展開；原檔保留為證物。")
    except UNREADABLE as error:
        return Developed(f"無法解讀（{type(error).__name__}），原檔保留為證物。")


def _developed(source: IO[bytes]) -> Developed:
    if media_type(source.read(HEAD)) == "image/heic":
        import pillow_heif  # not needed for most photos, and as large as the rest

        pillow_heif.register_heif_opener()
    source.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF; odd is not unreadable
        with Image.open(source, formats=FORMATS) as image:
            _refuse_costly(image, source)
            size, facts = _upright_size(image), facts_of(image)
            picture = _decoded(image, max(WIDTHS))
        pictures = {width: _small(picture, width) for width in sorted(WIDTHS, reverse=True)}
        return Developed("", size, facts, dhash(picture), pictures)


def _refuse_costly(image: Image.Image, source: IO[bytes]) -> None:
    """What would take more memory or time than a photo may. Raises TooManyPixels."""
    pixels, kind = image.width * image.height, image.format or ""
    most = MAX_PIXELS.get(kind, MAX_PIXELS_WHOLE)
    if _layered(image):
        most = min(most, MAX_PIXELS_LAYERED)
    elif kind in ("JPEG", "MPO"):
        times = MAX_PIXELS_TIMES_SCANS // max(pixels, 1) + 1
        scans = scans_of(source, times)
        if scans > 1:
            most = 0 if scans == times else MAX_PIXELS_SCANS
    if pixels > most:
        raise TooManyPixels


def _layered(image: Image.Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _upright_size(image: Image.Image) -> tuple[int, int]:
    turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else (image.width, image.height)


def _decoded(image: Image.Image, longest: int) -> Image.Image:
    """The picture, upright, at most `longest` on its long side. `draft` wants a size of the photo's own shape."""
    share = min(1.0, longest / max(image.size))
    wanted = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    image.draft("RGB", wanted)
    image.load()
    picture: Image.Image = image
    if picture.mode not in ("RGB", "L"):
        picture = _flat(picture)
    if share < 1.0:
        picture = picture.resize(wanted, FILTER, reducing_gap=2.0)
    ImageOps.exif_transpose(picture, in_place=True)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _flat(image: Image.Image) -> Image.Image:
    """On white, without transparency; 16-bit grey becomes 8-bit."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.point(lambda value: value / 256).convert("L")
    if not _layered(image):
        return image.convert("RGB")
    layered = image.convert("RGBA")
    ground = Image.new("RGB", layered.size, "white")
    ground.info = dict(image.info)  # with the orientation
    ground.paste(layered, mask=layered.getchannel("A"))
    return ground


def _small(picture: Image.Image, width: int) -> bytes:
    """The JPEG of at most `width` on the long side; `picture` itself shrinks to it, for the next smaller one."""
    picture.thumbnail((width, width), Image.Resampling.BICUBIC, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=82, optimize=False)
    return buffer.getvalue()
