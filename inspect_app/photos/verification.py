"""Whether every stored original is still what it was: hashed again, one after the other (fault 34)."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import and_, func, or_, select, update

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.extensions import db
from inspect_app.notifications.services import enqueue
from inspect_app.photos.models import Photo
from inspect_app.photos.originals import PROCESS
from inspect_app.photos.store import original_key, store
from inspect_app.transaction import end_read, transaction

log = structlog.get_logger()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AGAIN = timedelta(days=6)
"""After so long an original is read again, so that each is within a week."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PAGE, LEAST, PATIENCE = 1000, 50, 3
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
    return (sha256 for sha256, size in _all() if not sound(sha256, size))


def _all() -> Iterator[tuple[str, int]]:
    """Hash and size of every original, a page at a time. Nothing is held meanwhile: to read them all takes hours."""
    last = ""
    query = select(Photo.sha256, Photo.size).order_by(Photo.sha256).limit(PAGE)
    while page := db.session.execute(query.where(Photo.sha256 > last)).all():
        end_read()
        yield from ((row.sha256, row.size) for row in page)
        last = page[-1].sha256


def oldest_look() -> datetime | None:
    """When the original was read that was not for longest; None where there is none."""
    return db.session.scalar(select(func.min(Photo.looked_at)))


def quarantine_spoilt(after: timedelta = AGAIN) -> int:
    """The job: read again what was not for so long, and mark what no longer is what it was, so that receipts, records and senders
    know; answers how many are new. What is sound after all, because a disk that was away is there again, loses the mark.

    Storage that does not answer says nothing of a photo: the next hour asks again. One file that nobody may open stands before
    no other; several in a row are the storage, and end it.
    """
    new, failed = 0, 0
    for sha256, size, state in _due(after):
        try:
            new += _judge(sha256, size, state)
        except OSError as error:
            failed += 1
            log.error("photos.not_looked_at", photo=sha256, error=type(error).__name__)  # noqa: TRY400
            if failed == PATIENCE:
                raise
            continue
        failed = 0
        _looked_at(sha256)
    return new


def _due(after: timedelta) -> list[tuple[str, int, str]]:
    """An hour's share of what is due, the oldest first: twice what it takes to get round in time, so that what was missed is made
    up. Where it stopped stands with the photos; nothing begins anew with the process. By hash, which is by chance.
    """
    now, share = clock.now(), LEAST + 2 * count() // (AGAIN // HOUR)
    ahead = Photo.looked_at > now + DAY  # by a clock that has been put back since
    marked = and_(Photo.state == "quarantined", Photo.looked_at <= now - min(after, DAY))
    query = select(Photo.sha256, Photo.size, Photo.state).where(
        or_(Photo.looked_at <= now - after, marked, ahead)
    )
    rows = db.session.execute(query.order_by(Photo.looked_at).limit(share)).all()
    end_read()
    return sorted((row.sha256, row.size, row.state) for row in rows)


def look_soon(sha256s: Iterable[str]) -> None:
    """Whoever came upon one that is not sound has the job judge it within the hour: a backup waits for that."""
    with transaction() as session:
        for sha256 in sha256s:
            session.execute(update(Photo).where(Photo.sha256 == sha256).values(looked_at=LONG_AGO))


def _looked_at(sha256: str) -> None:
    with transaction(lasting=False) as session:
        session.execute(update(Photo).where(Photo.sha256 == sha256).values(looked_at=clock.now()))


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
