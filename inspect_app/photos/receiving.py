"""Bytes of one PATCH: streamed in constant memory into parts, each entered once it is durable."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from inspect_app import failpoints
from inspect_app.accounts.actor import Actor
from inspect_app.errors import Problem
from inspect_app.photos import leases, uploads
from inspect_app.photos.models import Upload, UploadPart
from inspect_app.photos.originals import full
from inspect_app.photos.store import part_key, store
from inspect_app.storage import StorageFull
from inspect_app.transaction import end_read, transaction

READ = 64 * 1024
PART = 4 * 1024 * 1024
ALGORITHMS = ("sha256", "sha1", "md5")


class Source(Protocol):
    """A request's body; a connection that is cut reads as its end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Patch:
    """What a PATCH says of itself: where it starts, how many bytes it brings (None: not told), its checksum."""

    offset: int
    length: int | None
    checksum: str | None = None


def receive(actor: Actor, key: str, patch: Patch, body: Source) -> Upload:
    """Take the bytes and answer how far the upload is. Raises `offset_mismatch`, `locked`, `checksum_mismatch`,
    `too_large`, `bad_request` (cut short; what came is kept unless it was to be checked), and what `finish` raises.
    """
    row = uploads.of(actor, key)
    checked = _checksum(patch.checksum)
    if row.finished_at is not None:
        return _again(row, patch)
    with leases.held(key) as lease:
        row = uploads.of(actor, key)
        _refuse(row, patch)
        flow = _Flow(row.length, patch, body, lease.beat)
        end_read()  # a slow sender must not hold a connection or a snapshot
        try:
            _take(flow, lease, checked)
            if flow.room == 0:
                uploads.finish_held(actor, lease)
        except leases.Lost:
            raise Problem("locked", "這張照片已由另一個連線接手上傳。") from None
    return uploads.of(actor, key)


def _again(row: Upload, patch: Patch) -> Upload:
    """The last PATCH once more, after its answer was lost."""
    if patch.offset + (patch.length or 0) > row.length:
        raise _elsewhere(row)
    return row


def _elsewhere(row: Upload) -> Problem:
    return Problem(
        "offset_mismatch", "上傳的位置和伺服器收到的不同，請從伺服器的位置接著傳。", offset=row.received
    )


def _refuse(row: Upload, patch: Patch) -> None:
    if patch.offset != row.received:
        raise _elsewhere(row)
    if patch.length is not None and patch.offset + patch.length > row.length:
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


def _take(flow: _Flow, lease: leases.Lease, checked: tuple[str, bytes] | None) -> None:
    if checked is None:
        while (part := _store_part(flow, lease, PART)) is not None:
            _enter(flow, lease, part)
    elif (part := _verified(flow, lease, checked)) is not None:
        _enter(flow, lease, part)
    if flow.too_much:
        raise Problem("too_large", "送來的內容比先前說的長度還多。")
    if flow.cut:
        raise Problem("bad_request", "連線中斷，只收到一部分，請從伺服器的位置接著傳。")


def _verified(flow: _Flow, lease: leases.Lease, checked: tuple[str, bytes]) -> UploadPart | None:
    """All of the PATCH as one part, entered only when its checksum is right."""
    name, wanted = checked
    flow.digest = hashlib.new(name, usedforsecurity=False)
    part = _store_part(flow, lease, flow.room)
    if flow.digest.digest() == wanted:
        return part
    if part is not None:
        store().delete(part.key)
    raise Problem("checksum_mismatch", "這一塊在路上損壞，請重新傳送這一塊。")


def _store_part(flow: _Flow, lease: leases.Lease, most: int) -> UploadPart | None:
    """The next bytes as a durable part; None when nothing came."""
    first = flow.read(most)
    if not first:
        return None
    start = flow.position - len(first)
    place = part_key(lease.key, start, lease.id)
    try:
        size = store().put(place, flow.chunks(first, most))
    except StorageFull:
        raise full() from None
    failpoints.reached("part.stored")
    return UploadPart(upload_id=lease.key, start=start, size=size, key=place)


def _enter(flow: _Flow, lease: leases.Lease, part: UploadPart) -> None:
    """Enter the part; only now does the offset move. A PATCH that ends here gives the lease back with it: who reads the
    new offset, after a cut for instance, must not find the upload still held by the one that was cut.
    """
    with transaction() as session:
        lease.change(received=part.start + part.size, last=flow.ended and flow.room > 0)
        session.add(part)


class _Flow:
    """The body, never beyond what was announced; counts, hashes, and keeps the lease alive."""

    def __init__(self, length: int, patch: Patch, body: Source, beat: Callable[[], None]) -> None:
        self._body, self._beat, self._announced = body, beat, patch.length
        self.room = length - patch.offset
        self.position, self._taken, self._silent = patch.offset, 0, False
        self.digest: hashlib._Hash | None = None

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
        if self.digest is not None:
            self.digest.update(chunk)
        self._beat()
        return chunk

    def chunks(self, first: bytes, most: int) -> Iterator[bytes]:
        """`first` and what follows, up to `most` bytes."""
        left = most - len(first)
        yield first
        while left > 0 and (chunk := self.read(left)):
            left -= len(chunk)
            yield chunk
