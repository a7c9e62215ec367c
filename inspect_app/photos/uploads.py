"""Resumable uploads (tus 1.0). An upload is a photo's hash within its sender's account, so a resume needs no memory."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, func, or_, select

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db, insert_new
from inspect_app.photos import leases, originals
from inspect_app.photos.models import Photo, PhotoUse, Possession, Upload, UploadPart
from inspect_app.photos.store import part_prefix, store
from inspect_app.transaction import end_read, transaction

KEPT = timedelta(days=14)
PATIENCE = 10.0  # seconds to wait for another request that is verifying the same photo
DAILY_BYTES = 40 * 1024**3
SENDERS = (Permission.INSPECT, Permission.REPLY_CASES)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sender announces. `inspection` is a hint for people who look at uploads under way, nothing more."""

    sha256: str
    length: int
    filename: str = ""
    media_type: str = ""
    inspection: str = ""


def upload_id(account_id: str, sha256: str) -> str:
    return hashlib.sha256(f"{account_id}:{sha256}".encode()).hexdigest()


def begin(actor: Actor, wanted: Wanted) -> Upload:
    """The upload of this photo by this account: new, under way or complete. The same answer any number of times."""
    _permit_sending(actor)
    _refuse_size(wanted.length)
    key = upload_id(actor.id, wanted.sha256)
    row = db.session.get(Upload, key)
    if row is None or row.expires_at <= clock.now() or _vain(actor, row):
        row = _create(actor, key, wanted)
    if row.length != wanted.length:
        row = _restart(row, wanted.length)
    return _settled(actor, row)


def _vain(actor: Actor, row: Upload) -> bool:
    """Whether a complete upload's photo is there no more: found spoilt, or cleared."""
    return row.finished_at is not None and _possessed_size(actor.id, row.sha256) is None


def _permit_sending(actor: Actor) -> None:
    if not any(actor.may(permission) for permission in SENDERS):
        raise Problem("forbidden")


def _refuse_size(length: int) -> None:
    most: int = current_app.config["SETTINGS"].max_photo_bytes
    if length > most:
        raise Problem(
            "too_large", f"照片太大，上限是 {most // 1024**2} MB。原檔請留在裝置上，改以較小的照片上傳。"
        )
    if length == 0:
        raise Problem("unsupported_type", "這個檔案是空的，沒有照片內容，請重新拍攝。")


def _create(actor: Actor, key: str, wanted: Wanted) -> Upload:
    moment = clock.now()
    _refuse_over_quota(actor, wanted.length)
    with transaction(lasting=False) as session:  # lost with the power, it is begun anew
        over = or_(Upload.expires_at <= moment, Upload.finished_at.is_not(None))
        session.execute(delete(Upload).where(Upload.id == key, over))
        size = _possessed_size(actor.id, wanted.sha256)
        row = {
            "id": key, "account_id": actor.id, "sha256": wanted.sha256, "length": size or wanted.length,
            "received": size or 0, "filename": _plain(wanted.filename, 255), "media_type": _plain(wanted.media_type, 60),
            "inspection": _plain(wanted.inspection, 36), "created_at": moment, "expires_at": moment + KEPT,
            "finished_at": moment if size else None,
        }  # fmt: skip
        insert_new(Upload, [row])
    return _fresh(key)


def _plain(text: str, longest: int) -> str:
    """A name is only ever shown, never a path: no control characters, not too long."""
    return "".join(character for character in text if character.isprintable())[:longest]


def _refuse_over_quota(actor: Actor, length: int) -> None:
    since = clock.now() - timedelta(days=1)
    query = select(func.coalesce(func.sum(Upload.length), 0)).where(
        Upload.account_id == actor.id, Upload.created_at > since
    )
    if int(db.session.scalar(query) or 0) + length > DAILY_BYTES:
        raise Problem("too_many", "這個帳號今天上傳的照片已達上限，請明天再傳，或洽系統管理者。")


def _possessed_size(account_id: str, sha256: str) -> int | None:
    query = (
        select(Photo.size)
        .join(Possession, Possession.sha256 == Photo.sha256)
        .where(Photo.sha256 == sha256, Possession.account_id == account_id, Photo.state != "quarantined")
    )
    return db.session.scalar(query)


def _fresh(key: str) -> Upload:
    row = db.session.get(Upload, key, populate_existing=True)
    if row is None:
        raise Problem("not_found", "這個上傳已經逾期或取消，請重新開始上傳。")
    return row


def _restart(row: Upload, length: int) -> Upload:
    """Another length for the same hash: one of the two was wrong, so the unfinished one begins anew."""
    if row.finished_at is not None:
        raise Problem("conflict", "這張照片已經存好，大小和這次說的不同。", field="Upload-Length")
    with leases.held(row.id) as lease, transaction() as session:
        session.execute(delete(UploadPart).where(UploadPart.upload_id == row.id))
        lease.change(length=length, received=0)
    return _fresh(row.id)


def of(actor: Actor, key: str) -> Upload:
    """An own upload; others' and unknown ones are `not_found` alike."""
    row = db.session.get(Upload, key, populate_existing=True)
    if (
        row is None
        or row.account_id != actor.id
        or (row.finished_at is None and row.expires_at <= clock.now())
    ):
        raise Problem("not_found", "找不到這個上傳，請重新開始上傳。")
    return row


def status(actor: Actor, key: str) -> Upload:
    """How far an upload has got; completes one whose server died between the last byte and the answer."""
    return _settled(actor, of(actor, key))


def _settled(actor: Actor, row: Upload) -> Upload:
    """The upload as it stands; when every byte is here it is complete, by us or by whoever is at it now."""
    key, deadline = row.id, time.monotonic() + PATIENCE
    while row.received == row.length and row.finished_at is None:
        try:
            finish(actor, key)
        except Problem as problem:
            if problem.code != "locked" or time.monotonic() > deadline:
                raise
            end_read()
            time.sleep(0.05)
        row = _fresh(key)
    return _fresh(key)


def finish(actor: Actor, key: str) -> None:
    """Verify the whole and store it. Raises `hash_mismatch` or `unsupported_type`, then the parts are dropped."""
    with leases.held(key) as lease:
        try:
            finish_held(actor, lease)
        except leases.Lost:
            raise Problem("locked") from None


def finish_held(actor: Actor, lease: leases.Lease, digest: str | None = None) -> None:
    """`finish` for a caller who holds the lease; it is given back with the outcome. Raises Lost. `digest` of the bytes, if
    they came in one part and it is known.
    """
    row = _fresh(lease.key)
    if row.finished_at is not None:
        return
    try:
        stored = _stored(row, lease, digest)
    except (originals.HashMismatch, KeyError):  # other bytes, or a part that storage has lost
        drop(lease)
        raise Problem(
            "hash_mismatch", "照片在路上損壞，已捨棄收到的部分，請重新上傳；裝置上的原檔沒有變動。"
        ) from None
    except originals.NotAnImage:
        drop(lease)
        raise Problem(
            "unsupported_type", "這個檔案不是照片（JPEG、PNG、WebP、HEIC）或 PDF 掃描檔。"
        ) from None
    with transaction() as session:
        originals.register(actor, stored)
        session.execute(delete(UploadPart).where(UploadPart.upload_id == lease.key))
        lease.change(finished_at=clock.now(), expires_at=clock.now() + KEPT, last=True)
    clear_parts(lease.key)


def _stored(row: Upload, lease: leases.Lease, digest: str | None) -> originals.Stored:
    query = select(UploadPart).where(UploadPart.upload_id == lease.key).order_by(UploadPart.start)
    parts = list(db.session.scalars(query))
    if len(parts) == 1 and store().appends and store().size(parts[0].key) == row.length:
        return originals.adopt(row.sha256, parts[0].key, row.length, digest)
    return originals.keep(row.sha256, _bytes_of(parts, lease))


def _bytes_of(parts: list[UploadPart], lease: leases.Lease) -> Iterator[bytes]:
    """What was entered; a part may hold more, of a sender that was cut."""
    for part in [(part.key, part.size) for part in parts]:
        key, left = part
        for chunk in store().open(key):
            yield chunk[:left]
            left -= len(chunk[:left])
            lease.beat()


def drop(lease: leases.Lease) -> None:
    """Forget what came. The lease is kept until the bytes are gone: after it a successor's may lie there."""
    with transaction() as session:
        session.execute(delete(UploadPart).where(UploadPart.upload_id == lease.key))
        lease.change(received=0)
    clear_parts(lease.key)


def clear_parts(key: str) -> None:
    """Delete the bytes of an upload that needs none any more, also those that a dead server never entered."""
    for part in list(store().keys(part_prefix(key))):
        store().delete(part)


def terminate(actor: Actor, key: str) -> None:
    """Give an upload up. A photo that something refers to stays: 409."""
    row = of(actor, key)
    sha256 = row.sha256
    if row.finished_at is not None and db.session.scalar(
        select(PhotoUse.ref).where(PhotoUse.sha256 == row.sha256).limit(1)
    ):
        raise Problem("conflict", "這張照片已經用在紀錄裡，不能刪除。")
    with leases.held(key), transaction() as session:
        session.execute(delete(UploadPart).where(UploadPart.upload_id == key))
        session.execute(delete(Upload).where(Upload.id == key))
        session.execute(
            delete(Possession).where(Possession.sha256 == sha256, Possession.account_id == actor.id)
        )
        audit.record(actor, "photos.upload_terminated", f"photo:{sha256}")
    clear_parts(key)
