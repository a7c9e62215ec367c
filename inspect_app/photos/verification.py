"""Whether every stored original is still what it was: hashed again, one after the other (fault 34)."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator

import structlog
from sqlalchemy import func, select, update

from inspect_app import audit
from inspect_app.accounts.actor import SYSTEM
from inspect_app.extensions import db
from inspect_app.notifications.services import enqueue
from inspect_app.photos.models import Photo
from inspect_app.photos.originals import PROCESS
from inspect_app.photos.store import original_key, store
from inspect_app.transaction import end_read, transaction

log = structlog.get_logger()
UNREADABLE = (errno.EIO, errno.EBADMSG, errno.EUCLEAN)
"""What a disk says of bytes that it has lost."""


def sound(sha256: str, size: int) -> bool:
    """Whether the bytes in storage have the hash and size under which they are known. What the disk cannot read is not sound;
    other trouble with the storage says nothing of the photo and is raised.
    """
    digest, length = hashlib.sha256(), 0
    try:
        for chunk in store().open(original_key(sha256)):
            digest.update(chunk)
            length += len(chunk)
    except KeyError:
        return False
    except OSError as error:
        if error.errno not in UNREADABLE:
            raise
        return False
    return digest.hexdigest() == sha256 and length == size


def count() -> int:
    """How many originals there are."""
    return int(db.session.scalar(select(func.count()).select_from(Photo)) or 0)


def spoilt() -> Iterator[str]:
    """The hashes of originals that are missing or changed, by hash; those already known to be so included."""
    return (sha256 for sha256, size, _ in _known() if not sound(sha256, size))


def _known() -> list[tuple[str, int, str]]:
    """Hash, size and state of every original. Nothing is held meanwhile: to read them all takes hours."""
    rows = db.session.execute(select(Photo.sha256, Photo.size, Photo.state).order_by(Photo.sha256)).all()
    end_read()
    return [(row.sha256, row.size, row.state) for row in rows]


def quarantine_spoilt() -> int:
    """The job: mark what no longer is what it was, so that receipts, records and senders know; answers how many are new.
    What is sound after all, because a disk that was away is there again, loses the mark.
    """
    return sum(_judge(*row) for row in _known())


def _judge(sha256: str, size: int, state: str) -> int:
    """`state` as it was before the bytes were read: what was sent again meanwhile is not judged by what lay there before."""
    good = sound(sha256, size)
    if good and state == "quarantined":
        _release(sha256)
    return 0 if good or state == "quarantined" else _quarantine(sha256)


def _release(sha256: str) -> None:
    change = update(Photo).where(Photo.sha256 == sha256, Photo.state == "quarantined")
    with transaction() as session:
        if session.execute(change.values(state="stored", problem="").returning(Photo.sha256)).all():
            audit.record(SYSTEM, "photos.sound_again", f"photo:{sha256}")
            enqueue(PROCESS, f"photo:{sha256}", {"sha256": sha256})


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
