"""Taking photos in by a form, referring to them, and clearing what nobody refers to."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import IO

import structlog
from flask import current_app
from sqlalchemy import and_, delete, exists, select, update

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM, Actor
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.photos import originals, uploads
from inspect_app.photos.models import Photo, PhotoUse, Possession, Upload
from inspect_app.photos.store import WIDTHS, derived_key, original_key, store
from inspect_app.prepared import insert_new
from inspect_app.transaction import transaction

log = structlog.get_logger()
GRACE = timedelta(days=180)
CHUNK = 256 * 1024


def take_in(actor: Actor, source: IO[bytes] | bytes, filename: str = "") -> str:
    """Take a photo or PDF scan that came by a form and answer its SHA-256 (hex).

    Raises `unsupported_type` (also for an empty file), `too_large`, `storage_full`. The caller refers to it (`refer`) in
    its own transaction; what nobody refers to is cleared after a long grace. `filename` is for messages only.
    """
    with tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024) as copy:
        digest = _copied([source] if isinstance(source, bytes) else _chunks(source), copy)
        copy.seek(0)
        try:
            stored = originals.keep(digest, _chunks(copy))
        except originals.NotAnImage:
            name = f"「{filename[:80]}」" if filename else "這個檔案"
            raise Problem(
                "unsupported_type", f"{name}不是照片（JPEG、PNG、WebP、HEIC）或 PDF 掃描檔，請換一個檔案。"
            ) from None
    originals.register(actor, stored)
    return digest


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk


def _copied(chunks: Iterable[bytes], copy: IO[bytes]) -> str:
    digest, size, most = hashlib.sha256(), 0, current_app.config["SETTINGS"].max_photo_bytes
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise Problem("too_large", f"檔案太大，上限是 {most // 1024**2} MB，請縮小後再上傳。")
        digest.update(chunk)
        copy.write(chunk)
    return digest.hexdigest()


def refer(hashes: Iterable[str] | str, ref: str) -> None:
    """Enter that `ref` (kind:id) uses the photos; who sees `ref` sees them, and they are not cleared any more."""
    wanted = {hashes} if isinstance(hashes, str) else set(hashes)
    moment = clock.now()
    with transaction():
        insert_new(PhotoUse, [{"sha256": sha256, "ref": ref, "at": moment} for sha256 in sorted(wanted)])


def clear_expired() -> dict[str, int]:
    """The nightly job: uploads past their end with their parts, originals that nothing referred to for GRACE, and what broke
    off while it was stored.
    """
    return {
        "uploads": _clear_uploads(), "parts": _clear_stray_parts(), "photos": _clear_unused(),
        "unfinished": _clear_unfinished(),
    }  # fmt: skip


def _clear_unfinished() -> int:
    """A bucket that does not say what was begun (a key without that right) keeps it, and the log tells."""
    try:
        return store().forget_unfinished(clock.now() - uploads.DAY)
    except OSError as error:
        log.warning("photos.unfinished_unknown", error=str(error))
        return 0


def _clear_uploads() -> int:
    moment = clock.now()
    ended = and_(Upload.expires_at < moment, Upload.created_at < moment - uploads.DAY)
    over = db.session.scalars(select(Upload.id).where(ended)).all()
    for key in over:
        with transaction() as session:
            session.execute(delete(Upload).where(Upload.id == key, ended))
        uploads.clear_parts(key)
    return len(over)


def _clear_stray_parts() -> int:
    """Parts whose upload is gone."""
    stray = {key.split("/")[1] for key in store().keys("parts/")} - set(db.session.scalars(select(Upload.id)))
    for key in stray:
        uploads.clear_parts(key)
    store().tidy("parts/")
    return len(stray)


def _clear_unused() -> int:
    long_ago = clock.now() - GRACE
    unused = select(Photo.sha256).where(
        Photo.stored_at < long_ago,
        ~exists().where(PhotoUse.sha256 == Photo.sha256),
        ~exists().where(Possession.sha256 == Photo.sha256, Possession.at >= long_ago),
    )
    hashes = db.session.scalars(unused).all()
    for sha256 in hashes:
        _forget(sha256)
    return len(hashes)


def _forget(sha256: str) -> None:
    """Marked first, and the bytes while the row is still ours: a crash leaves a marked row, never one that promises bytes, and
    who sends the photo again in this moment waits for the row (`originals.register`).
    """
    with transaction() as session:
        if session.scalar(select(PhotoUse.ref).where(PhotoUse.sha256 == sha256).limit(1)) is not None:
            return
        session.execute(delete(Possession).where(Possession.sha256 == sha256))
        session.execute(delete(Upload).where(Upload.sha256 == sha256))
        session.execute(update(Photo).where(Photo.sha256 == sha256).values(state="quarantined"))
    with transaction() as session:
        marked = delete(Photo).where(Photo.sha256 == sha256, Photo.state == "quarantined")
        if not session.execute(marked.returning(Photo.sha256)).all():
            return  # sent again meanwhile
        audit.record(SYSTEM, "photos.cleared", f"photo:{sha256}")
        for key in (original_key(sha256), *(derived_key(sha256, width) for width in WIDTHS)):
            store().delete(key)
