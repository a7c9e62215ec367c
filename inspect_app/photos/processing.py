"""The job that has a stored photo developed and enters what was found."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from inspect_app.extensions import db
from inspect_app.notifications.services import attempts_of
from inspect_app.photos.developing import Developed
from inspect_app.photos.likeness import bands
from inspect_app.photos.models import Photo
from inspect_app.photos.originals import once_key
from inspect_app.photos.sniff import DOCUMENT
from inspect_app.photos.store import derived_key, original_key, store
from inspect_app.photos.workers import POOL, Died
from inspect_app.transaction import end_read, transaction

GIVES_UP = 3  # processes that may die of one photo
FATAL = Developed("解讀時程式一再中斷，沒有展開；原檔保留為證物。")


def process(sha256: str) -> None:
    """Make the derived pictures of a stored photo and enter what was found; harmless when done before. Raises Died."""
    photo = db.session.get(Photo, sha256, populate_existing=True)
    if photo is None or photo.state != "stored":
        return
    document = photo.media_type == DOCUMENT
    end_read()
    _enter(sha256, {"state": "ready"} if document else _looked_at(sha256))


def handle(payload: dict[str, Any]) -> None:
    """The outbox handler of `photo.process`; what kills process after process is kept undecoded."""
    sha256 = payload["sha256"]
    try:
        process(sha256)
    except Died:
        if attempts_of(once_key(sha256)) < GIVES_UP:
            raise
        _enter(sha256, _row(FATAL))


def _looked_at(sha256: str) -> dict[str, Any]:
    with store().file(original_key(sha256)) as path:
        found = POOL.develop(path)
    for width, content in found.pictures.items():
        store().put(derived_key(sha256, width), [content])
    return _row(found)


def _enter(sha256: str, found: dict[str, Any]) -> None:
    with transaction() as session:
        session.execute(update(Photo).where(Photo.sha256 == sha256, Photo.state == "stored").values(**found))


def _row(found: Developed) -> dict[str, Any]:
    if found.problem:
        return {"state": "unreadable", "problem": found.problem}
    facts = found.facts
    return {f"band{place}": band for place, band in enumerate(bands(found.dhash))} | {
        "state": "ready", "problem": "", "width": found.size[0], "height": found.size[1], "taken_at": facts.taken_at,
        "lat_e7": facts.lat_e7, "lon_e7": facts.lon_e7, "exif": facts.texts, "dhash": found.dhash,
    }  # fmt: skip
