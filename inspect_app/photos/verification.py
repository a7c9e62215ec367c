"""Whether every stored original is still what it was: hashed again, one after the other (fault 34)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import structlog
from sqlalchemy import func, select, update

from inspect_app import audit
from inspect_app.accounts.actor import SYSTEM
from inspect_app.extensions import db
from inspect_app.photos.models import Photo
from inspect_app.photos.store import original_key, store
from inspect_app.transaction import end_read, transaction

log = structlog.get_logger()


def sound(sha256: str, size: int) -> bool:
    """Whether the bytes in storage have the hash and size under which they are known."""
    digest, length = hashlib.sha256(), 0
    try:
        for chunk in store().open(original_key(sha256)):
            digest.update(chunk)
            length += len(chunk)
    except KeyError:
        return False
    return digest.hexdigest() == sha256 and length == size


def count() -> int:
    """How many originals there are."""
    return int(db.session.scalar(select(func.count()).select_from(Photo)) or 0)


def spoilt() -> Iterator[str]:
    """The hashes of originals that are missing or changed, by hash; those already known to be so included."""
    rows = db.session.execute(select(Photo.sha256, Photo.size).order_by(Photo.sha256)).all()
    end_read()
    return (row.sha256 for row in rows if not sound(row.sha256, row.size))


def quarantine_spoilt() -> int:
    """The job: mark what no longer is what it was, so that receipts, records and senders know; answers how many are new."""
    return sum(_quarantine(sha256) for sha256 in spoilt())


def _quarantine(sha256: str) -> int:
    change = update(Photo).where(Photo.sha256 == sha256, Photo.state != "quarantined")
    with transaction() as session:
        found = session.execute(
            change.values(state="quarantined", problem="檔案內容已變動或遺失，與雜湊值不符。").returning(
                Photo.sha256
            )
        ).all()
        if found:
            log.error("photos.spoilt", photo=sha256)
            audit.record(SYSTEM, "photos.quarantined", f"photo:{sha256}")
    return len(found)
