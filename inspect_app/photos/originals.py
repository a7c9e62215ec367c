"""Taking an original in: hashed while it streams, known by its content, stored once under its hash before any answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from inspect_app import audit, clock, failpoints
from inspect_app.accounts.actor import Actor
from inspect_app.errors import Problem
from inspect_app.notifications.services import enqueue
from inspect_app.photos.models import Photo, Possession
from inspect_app.photos.sniff import HEAD, media_type
from inspect_app.photos.store import original_key, store
from inspect_app.prepared import Prepared, insert_new
from inspect_app.storage import StorageFull
from inspect_app.transaction import transaction

PROCESS = "photo.process"
_c = Photo.__table__.c
_STATE = Prepared(select(_c.state, _c.size).where(_c.sha256 == bindparam("photo")))
_SOUND_AGAIN = (
    update(Photo.__table__)
    .where(_c.sha256 == bindparam("photo"), _c.state == "quarantined")
    .values(state="stored", problem="")
)


class HashMismatch(Exception):
    """The bytes are not those that the sender named."""


class NotAnImage(Exception):
    """Neither a photo nor a scan by content."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored: whether the bytes are new here, their size and type."""

    sha256: str
    size: int
    media_type: str


def keep(sha256: str, chunks: Iterable[bytes]) -> Stored:
    """Verify and store the bytes; durable when it returns. Raises HashMismatch, NotAnImage, `storage_full`."""
    checked = _Checked(sha256, chunks)
    if _present(sha256):
        for _ in checked:
            pass
    else:
        try:
            store().put(original_key(sha256), checked)
        except StorageFull:
            raise full() from None
    failpoints.reached("photo.stored")
    return Stored(sha256, checked.size, checked.media_type)


def adopt(sha256: str, part: str, size: int, digest: str | None, beat: Callable[[], None]) -> Stored:
    """The same for bytes that lie in one part as a whole: it becomes the original. `digest` of its bytes where it is known;
    `beat` is called while they are read.
    """
    if (digest or _hashed(part, beat)) != sha256:
        raise HashMismatch
    with store().file(part) as path, path.open("rb", buffering=0) as handle:
        kind = media_type(handle.read(HEAD))
    if not kind:
        raise NotAnImage
    if store().size(original_key(sha256)) is None or not _present(sha256):
        store().adopt(part, original_key(sha256))
    failpoints.reached("photo.stored")
    return Stored(sha256, size, kind)


def _hashed(part: str, beat: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    for chunk in store().open(part):
        digest.update(chunk)
        beat()
    return digest.hexdigest()


def full() -> Problem:
    return Problem("storage_full", "伺服器的儲存空間不足，照片沒有存入。裝置上的照片還在，請通知系統管理者。")


def _present(sha256: str) -> bool:
    """Whether a sound copy is there; one that a check found spoilt is written anew."""
    row = _STATE.row(photo=sha256)
    return row is not None and row[0] != "quarantined" and store().size(original_key(sha256)) == row[1]


class _Checked:
    """Passes the chunks on; at the end raises unless hash and type are right, so that a bad file is never whole."""

    def __init__(self, sha256: str, chunks: Iterable[bytes]) -> None:
        self._expected, self._chunks = sha256, chunks
        self.size, self.media_type = 0, ""

    def __iter__(self) -> Iterator[bytes]:
        digest, head = hashlib.sha256(), b""
        for chunk in self._chunks:
            digest.update(chunk)
            self.size += len(chunk)
            if len(head) < HEAD:
                head += chunk[:HEAD]
            yield chunk
        if digest.hexdigest() != self._expected:
            raise HashMismatch
        self.media_type = media_type(head) or ""
        if not self.media_type:
            raise NotAnImage


def register(actor: Actor, stored: Stored, *, by: Actor | None = None) -> None:
    """The rows of a stored original: the photo, the sender's possession, the job that makes its pictures. `by`: who
    brought it for the sender.
    """
    moment = clock.now()
    with transaction() as session:
        row = {"sha256": stored.sha256, "size": stored.size, "media_type": stored.media_type, "state": "stored",
               "problem": "", "exif": {}, "stored_at": moment, "looked_at": moment}  # fmt: skip
        if insert_new(Photo, [row]):
            _refuse_cleared(stored)
        else:
            session.execute(_SOUND_AGAIN, {"photo": stored.sha256})
        if insert_new(Possession, [{"sha256": stored.sha256, "account_id": actor.id, "at": moment}]):
            audit.record(
                by or actor,
                "photos.stored",
                f"photo:{stored.sha256}",
                size=stored.size,
                type=stored.media_type,
            )
        enqueue(PROCESS, f"photo:{stored.sha256}", {"sha256": stored.sha256}, once=once_key(stored.sha256))


def _refuse_cleared(stored: Stored) -> None:
    """The nightly job may have cleared an old copy after ours was found there, or put there: the sender comes again."""
    if store().size(original_key(stored.sha256)) != stored.size:
        raise Problem("busy", "這張照片剛被清除，請重新傳送。")


def once_key(sha256: str) -> str:
    """The outbox row of a photo's processing."""
    return f"{PROCESS}:{sha256}"
