"""Bytes of one PATCH: streamed in constant memory into parts, each entered once it is durable."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import bindparam, insert, update

from inspect_app import failpoints
from inspect_app.accounts.actor import Actor
from inspect_app.errors import Problem
from inspect_app.photos import leases, uploads
from inspect_app.photos.digests import DIGESTS
from inspect_app.photos.leases import Part, Standing
from inspect_app.photos.models import UploadPart
from inspect_app.photos.originals import full
from inspect_app.photos.store import part_key, store
from inspect_app.prepared import Prepared
from inspect_app.storage import StorageFull
from inspect_app.transaction import transaction

READ = 32 * 1024  # what is larger is memory that the system takes back and gives anew each time
PART = 4 * 1024 * 1024
ALGORITHMS = ("sha256", "sha1", "md5")

_p = UploadPart.__table__.c
_NEW_PART = Prepared(insert(UploadPart.__table__))
_GROWN = Prepared(
    update(UploadPart.__table__)
    .where(_p.upload_id == bindparam("upload"), _p.start == bindparam("at"))
    .values(size=bindparam("reached"))
)


class Source(Protocol):
    """A request's body; a connection that is cut reads as its end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Patch:
    """What a PATCH says of itself: where it starts, how many bytes it brings (None: not told), its checksum."""

    offset: int
    length: int | None
    checksum: str | None = None


def receive(actor: Actor, key: str, patch: Patch, body: Source) -> Standing:
    """Take the bytes and answer how far the upload is. Raises `offset_mismatch`, `locked`, `checksum_mismatch`,
    `too_large`, `bad_request` (cut short; what came is kept unless it was to be checked), and what `finish` raises.
    """
    checked = _checksum(patch.checksum)
    try:
        with leases.held(key, actor.id) as lease:
            return _received(actor, lease, patch, body, checked)
    except leases.NotOpen:
        return _again(uploads.of(actor, key), patch)
    except leases.Lost:
        raise Problem("locked", "這張照片已由另一個連線接手上傳。") from None


def _received(
    actor: Actor, lease: leases.Lease, patch: Patch, body: Source, checked: tuple[str, bytes] | None
) -> Standing:
    """No connection and no snapshot of the database is held meanwhile: a sender may be slow."""
    _refuse(lease.stands, patch)
    flow = _Flow(lease.stands.length, patch, body, lease.beat)
    last = _take(flow, lease, checked)
    if flow.room == 0:
        uploads.finish_held(actor, lease, flow.whole.hexdigest() if flow.whole else None, last)
    return lease.stands


def _again(stands: Standing, patch: Patch) -> Standing:
    """The last PATCH once more, after its answer was lost."""
    if stands.finished_at is None:  # begun anew in this moment
        raise Problem("locked", "這張照片正在上傳中，請稍候再試。")
    if patch.offset + (patch.length or 0) > stands.length:
        raise _elsewhere(stands.received)
    return stands


def _elsewhere(received: int) -> Problem:
    return Problem(
        "offset_mismatch", "上傳的位置和伺服器收到的不同，請從伺服器的位置接著傳。", offset=received
    )


def _refuse(stands: Standing, patch: Patch) -> None:
    if patch.offset != stands.received:
        raise _elsewhere(stands.received)
    if patch.length is not None and patch.offset + patch.length > stands.length:
        raise Problem("too_large", "送來的內容比先前說的長度還多。")


def _checksum(header: str | None) -> tuple[str, bytes] | None:
    if header is None:
        return None
    name, _, value = header.partition(" ")
    try:
        wanted = base64.b64decode(value, validate=True)
    except binascii.Error:
        wanted = b""
    if name not in ALGORITHMS or not wanted:
        raise Problem("bad_request", "Upload-Checksum 看不懂。", field="Upload-Checksum")
    return name, wanted


def _take(flow: _Flow, lease: leases.Lease, checked: tuple[str, bytes] | None) -> Part | None:
    """Store and enter what comes; answers the last part."""
    tail = _tail(lease)
    flow.whole = _hash_before(flow.position, tail)
    if checked is None:
        while (more := _store(flow, lease, tail, PART)) is not None:
            tail = _enter(flow, lease, tail, more)
    elif (more := _verified(flow, lease, tail, checked)) is not None:
        tail = _enter(flow, lease, tail, more)
    if tail and flow.whole and flow.room > 0:
        DIGESTS.keep(tail.key, tail.size, flow.whole)
    if flow.too_much:
        raise Problem("too_large", "送來的內容比先前說的長度還多。")
    if flow.cut:
        raise Problem("bad_request", "連線中斷，只收到一部分，請從伺服器的位置接著傳。")
    return tail


def _tail(lease: leases.Lease) -> Part | None:
    """The last part, where more may be added to it: not in a bucket, and not where a sender that was taken for dead may
    still be writing.
    """
    return lease.last_part if lease.clean and store().appends else None


def _hash_before(position: int, tail: Part | None) -> hashlib._Hash | None:
    """The hash of what is here already, if it lies in one part and is known."""
    if position == 0:
        return hashlib.sha256()
    return DIGESTS.take(tail.key, position) if tail is not None and tail.start == 0 else None


def _verified(flow: _Flow, lease: leases.Lease, tail: Part | None, checked: tuple[str, bytes]) -> Part | None:
    """All of the PATCH at once. What a cut one brought cannot be compared with its checksum; the whole's hash decides."""
    name, wanted = checked
    flow.digest = hashlib.new(name, usedforsecurity=False)
    if name == "sha256" and flow.position == 0:
        flow.whole = flow.digest  # what begins the photo needs no second hash
    more = _store(flow, lease, tail, flow.room)
    if flow.cut or flow.digest.digest() == wanted:
        return more
    if more is not None and tail is None:
        store().delete(more.key)
    raise Problem("checksum_mismatch", "這一塊在路上損壞，請重新傳送這一塊。")


def _store(flow: _Flow, lease: leases.Lease, tail: Part | None, most: int) -> Part | None:
    """The next bytes, durable, at the end of the last part or as one of their own; None when nothing came."""
    first = flow.read(most)
    if not first:
        return None
    start = flow.position - len(first)
    part = tail if tail and store().appends else Part(start, 0, part_key(lease.key, start, lease.id))
    try:
        size = _written(lease, part, flow.chunks(first, most))
    except StorageFull:
        raise full() from None
    failpoints.reached("part.stored")
    return replace(part, size=part.size + size)


def _written(lease: leases.Lease, part: Part, chunks: Iterator[bytes]) -> int:
    if not store().appends:
        return store().put(part.key, chunks)
    try:
        return store().append(part.key, part.size, chunks)
    except KeyError:  # the disk has lost what was there before
        uploads.drop(lease)
        raise _elsewhere(0) from None


def _enter(flow: _Flow, lease: leases.Lease, before: Part | None, part: Part) -> Part:
    """Enter the part; only now does the offset move. A PATCH that ends here gives the lease back with it: who reads the
    new offset, after a cut for instance, must not find the upload still held by the one that was cut.
    """
    with transaction(lasting=False):  # lost with the power, the bytes are sent again
        lease.change(received=part.start + part.size, last=flow.ended and flow.room > 0)
        if before is not None and before.key == part.key:
            _GROWN.rows(upload=lease.key, at=part.start, reached=part.size)
        else:
            _NEW_PART.rows(upload_id=lease.key, start=part.start, size=part.size, key=part.key)
    return part


class _Flow:
    """The body, never beyond what was announced; counts, hashes, and keeps the lease alive."""

    def __init__(self, length: int, patch: Patch, body: Source, beat: Callable[[], None]) -> None:
        self._body, self._beat, self._announced = body, beat, patch.length
        self.room = length - patch.offset
        self.position, self._taken, self._silent = patch.offset, 0, False
        self.digest: hashlib._Hash | None = None  # of this PATCH
        self.whole: hashlib._Hash | None = None  # of the photo up to here, where it is known

    @property
    def too_much(self) -> bool:
        """Whether the sender goes on although nothing is missing."""
        return self.room == 0 and bool(self._body.read(1))

    @property
    def cut(self) -> bool:
        """Whether fewer bytes came than the sender announced (servers tell of it by silence)."""
        return self._announced is not None and self._taken < self._announced

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: all that was announced is here, or the connection fell silent."""
        return self._silent or self._taken == self._announced

    def read(self, most: int) -> bytes:
        chunk = self._body.read(min(READ, most, self.room))
        self._silent = not chunk
        self.position += len(chunk)
        self._taken += len(chunk)
        self.room -= len(chunk)
        for digest in {self.digest, self.whole}:
            if digest is not None:
                digest.update(chunk)
        self._beat()
        return chunk

    def chunks(self, first: bytes, most: int) -> Iterator[bytes]:
        """`first` and what follows, up to `most` bytes."""
        left = most - len(first)
        yield first
        while left > 0 and (chunk := self.read(left)):
            left -= len(chunk)
            yield chunk
