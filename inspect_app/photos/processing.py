"""Derived pictures: 320 and 1600 pixels, upright, without EXIF; what the camera wrote goes into the row.

The original is evidence and never touched. What cannot be decoded, or has more pixels than a camera makes, stays as
it is and says so.
"""

from __future__ import annotations

import io
import tempfile
import warnings
from typing import IO, Any

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import update

from inspect_app.extensions import db
from inspect_app.photos.exif import Facts, facts_of
from inspect_app.photos.likeness import bands, dhash
from inspect_app.photos.models import Photo
from inspect_app.photos.sniff import DOCUMENT
from inspect_app.photos.store import WIDTHS, derived_key, original_key, store
from inspect_app.transaction import end_read, transaction

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # Pillow only warns; the cap below refuses
MAX_PIXELS = 80_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
IN_MEMORY = 16 * 1024 * 1024
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


class TooManyPixels(Exception):
    """More than MAX_PIXELS: never decoded."""


def process(sha256: str) -> None:
    """Make the derived pictures of a stored photo and enter what was found; harmless when done before."""
    photo = db.session.get(Photo, sha256)
    if photo is None or photo.state != "stored":
        return
    document = photo.media_type == DOCUMENT
    end_read()
    found: dict[str, Any] = {"state": "ready"} if document else _looked_at(sha256)
    with transaction() as session:
        session.execute(update(Photo).where(Photo.sha256 == sha256, Photo.state == "stored").values(**found))


def handle(payload: dict[str, Any]) -> None:
    """The outbox handler of `photo.process`."""
    process(payload["sha256"])


def _looked_at(sha256: str) -> dict[str, Any]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as copy:
        for chunk in store().open(original_key(sha256)):
            copy.write(chunk)
        copy.seek(0)
        try:
            return _derive(sha256, copy)
        except TooManyPixels:
            return {"state": "unreadable", "problem": "像素超過上限，沒有展開；原檔保留為證物。"}
        except UNREADABLE as error:
            return {"state": "unreadable", "problem": f"無法解讀（{type(error).__name__}），原檔保留為證物。"}


def _derive(sha256: str, source: IO[bytes]) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF; odd is not unreadable
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooManyPixels
            size, facts = _upright_size(image), facts_of(image)
            picture = _decoded(image, max(WIDTHS))
        return _row(size, facts, _store_derived(sha256, picture))


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
        picture = picture.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return ImageOps.exif_transpose(picture).convert("RGB")


def _flat(image: Image.Image) -> Image.Image:
    """On white, without transparency; 16-bit grey becomes 8-bit."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.point(lambda value: value / 256).convert("L")
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    ground = Image.new("RGB", layered.size, "white")
    ground.info = dict(image.info)  # with the orientation
    ground.paste(layered, mask=layered.getchannel("A"))
    return ground


def _store_derived(sha256: str, picture: Image.Image) -> str:
    """Store both sizes and answer the difference hash, taken from the small one."""
    for width in sorted(WIDTHS, reverse=True):
        picture.thumbnail((width, width), Image.Resampling.LANCZOS, reducing_gap=2.0)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=82, optimize=False)
        store().put(derived_key(sha256, width), [buffer.getvalue()])
    return dhash(picture)


def _row(size: tuple[int, int], facts: Facts, likeness: str) -> dict[str, Any]:
    return {f"band{place}": band for place, band in enumerate(bands(likeness))} | {
        "state": "ready", "problem": "", "width": size[0], "height": size[1], "taken_at": facts.taken_at,
        "lat_e7": facts.lat_e7, "lon_e7": facts.lon_e7, "exif": facts.texts, "dhash": likeness,
    }  # fmt: skip
