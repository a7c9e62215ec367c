"""Resumable uploads (tus 1.0). An upload is a photo's hash within its sender's account, so a resume needs no memory."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import and_, bindparam, delete, func, or_, select

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.photos import leases, originals, witnesses
from inspect_app.photos.leases import Part, Standing
from inspect_app.photos.models import Photo, PhotoUse, Possession, Upload, UploadPart
from inspect_app.photos.store import part_prefix, store
from inspect_app.prepared import Prepared, insert_new
from inspect_app.transaction import end_read, transaction

KEPT = timedelta(days=14)
PATIENCE = 10.0  # seconds to wait for another request that is verifying the same photo
DAY = timedelta(days=1)
DAILY_BYTES = 40 * 1024**3
SENDERS = (Permission.INSPECT, Permission.REPLY_CASES)

# Asked for every photo, so built once, and of tables.
_u, _p = Upload.__table__.c, UploadPart.__table__.c
_STANDING = Prepared(
    select(_u.account_id, _u.sha256, _u.length, _u.received, _u.expires_at, _u.finished_at).where(
        _u.id == bindparam("upload")
    )
)
_ANNOUNCED = Prepared(
    select(func.sum(_u.length)).where(
        _u.account_id == bindparam("account"), _u.created_at > bindparam("since")
    )
)
_POSSESSED = Prepared(
    select(Photo.size)
    .join(Possession, Possession.sha256 == Photo.sha256)
    .where(Photo.sha256 == bindparam("photo"), Possession.account_id == bindparam("account"))
    .where(Photo.state != "quarantined")
)
# The same, and the account's row is ours until the commit: on PostgreSQL its uploads begin one after another.
_POSSESSED_ALONE = Prepared(
    select(Photo.size)
    .select_from(Account)
    .outerjoin(Possession, and_(Possession.account_id == Account.id, Possession.sha256 == bindparam("photo")))
    .outerjoin(Photo, and_(Photo.sha256 == Possession.sha256, Photo.state != "quarantined"))
    .where(Account.id == bindparam("account"))
    .with_for_update(of=Account, key_share=True)
)
_FORGET_OVER = Prepared(
    delete(Upload.__table__).where(
        _u.id == bindparam("upload"), or_(_u.expires_at <= bindparam("now"), _u.finished_at.is_not(None))
    )
)
_PARTS = Prepared(
    select(_p.start, _p.size, _p.key).where(_p.upload_id == bindparam("upload")).order_by(_p.start)
)
_FORGET_PARTS = Prepared(delete(UploadPart.__table__).where(_p.upload_id == bindparam("upload")))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sender announces. `inspection` is a hint for people who look at uploads under way, nothing more; `witness` is
    what its device signed (witnesses.py)."""

    sha256: str
    length: int
    filename: str = ""
    media_type: str = ""
    inspection: str = ""
    witness: str = ""


def upload_id(account_id: str, sha256: str) -> str:
    return hashlib.sha256(f"{account_id}:{sha256}".encode()).hexdigest()


def begin(actor: Actor, wanted: Wanted) -> Standing:
    """The upload of this photo by this account: new, under way or complete. The same answer any number of times."""
    _permit_sending(actor)
    _refuse_size(wanted.length)
    key = upload_id(actor.id, wanted.sha256)
    stands = _find(key)
    if stands is None or stands.expires_at <= clock.now() or _vain(actor, stands):
        stands = _create(actor, key, wanted, anew=stands is not None)
    if stands.length != wanted.length:
        stands = _restart(actor, stands, wanted.length)
    if wanted.witness:
        witnesses.keep(actor, wanted.sha256, wanted.length, wanted.witness)
    return _settled(actor, stands)


def _find(key: str, account_id: str | None = None) -> Standing | None:
    """How the upload stands; with `account_id` only if it is this account's."""
    row = _STANDING.row(upload=key)
    if row is None or (account_id is not None and row[0] != account_id):
        return None
    return Standing(key, *row[1:])


def _vain(actor: Actor, stands: Standing) -> bool:
    """Whether a complete upload's photo is there no more: found spoilt, or cleared."""
    return stands.finished_at is not None and _possessed_size(actor.id, stands.sha256) is None


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


def _create(actor: Actor, key: str, wanted: Wanted, *, anew: bool) -> Standing:
    """`anew`: one that is over stands in the way."""
    moment = clock.now()
    with transaction(lasting=False):  # lost with the power, it is begun anew
        size = _possessed_alone(actor.id, wanted.sha256)
        announced = _announced(actor.id)
        if anew:
            _FORGET_OVER.rows(upload=key, now=moment)
        stands = Standing(
            key, wanted.sha256, size or wanted.length, size or 0, moment + KEPT, moment if size else None
        )
        row = {
            **asdict(stands), "account_id": actor.id, "created_at": moment,
            "filename": _plain(wanted.filename, 255), "media_type": _plain(wanted.media_type, 60),
            "inspection": _plain(wanted.inspection, 36),
        }  # fmt: skip
        created = insert_new(Upload, [row])
        if created:
            _refuse_over_quota(announced + wanted.length)
    return stands if created else _fresh(key)


def _plain(text: str, longest: int) -> str:
    """A name is only ever shown, never a path: no control characters, not too long."""
    return "".join(character for character in text if character.isprintable())[:longest]


def _announced(account_id: str) -> int:
    """Bytes that the account has announced within a day; what it gives up again counts, too."""
    announced = _ANNOUNCED.row(account=account_id, since=clock.now() - DAY)
    return int(announced[0] or 0) if announced else 0


def _refuse_over_quota(announced: int) -> None:
    """What an account announces within a day is bounded. Asked by who has the account's uploads for itself."""
    if announced > DAILY_BYTES:
        raise Problem("too_many", "這個帳號今天上傳的照片已達上限，請明天再傳，或洽系統管理者。")


def _possessed_alone(account_id: str, sha256: str) -> int | None:
    """The size of the photo if the account has sent it; until the commit no other upload of the account begins or grows."""
    found = _POSSESSED_ALONE.row(photo=sha256, account=account_id)
    return found[0] if found is not None else None


def _possessed_size(account_id: str, sha256: str) -> int | None:
    found = _POSSESSED.row(photo=sha256, account=account_id)
    return found[0] if found is not None else None


def _fresh(key: str) -> Standing:
    stands = _find(key)
    if stands is None:
        raise Problem("not_found", "這個上傳已經逾期或取消，請重新開始上傳。")
    return stands


def _restart(actor: Actor, stands: Standing, length: int) -> Standing:
    """Another length for the same hash: one of the two was wrong, so the unfinished one begins anew."""
    if stands.finished_at is not None:
        raise Problem("conflict", "這張照片已經存好，大小和這次說的不同。", field="Upload-Length")
    with leases.held(stands.id) as lease, transaction():
        _possessed_alone(actor.id, stands.sha256)
        _refuse_over_quota(_announced(actor.id) + length - lease.stands.length)
        _FORGET_PARTS.rows(upload=stands.id)
        lease.change(length=length, received=0)
    return _fresh(stands.id)


def of(actor: Actor, key: str) -> Standing:
    """An own upload; others' and unknown ones are `not_found` alike."""
    stands = _find(key, actor.id)
    if stands is None or (stands.finished_at is None and stands.expires_at <= clock.now()):
        raise Problem("not_found", "找不到這個上傳，請重新開始上傳。")
    return stands


def status(actor: Actor, key: str) -> Standing:
    """How far an upload has got; completes one whose server died between the last byte and the answer."""
    return _settled(actor, of(actor, key))


def _settled(actor: Actor, stands: Standing) -> Standing:
    """The upload as it stands; when every byte is here it is complete, by us or by whoever is at it now."""
    deadline = time.monotonic() + PATIENCE
    while stands.received == stands.length and stands.finished_at is None:
        try:
            finish(actor, stands.id)
        except Problem as problem:
            if problem.code != "locked" or time.monotonic() > deadline:
                raise
            end_read()
            time.sleep(0.05)
        stands = _fresh(stands.id)
    return stands


def finish(actor: Actor, key: str) -> None:
    """Verify the whole and store it. Raises `hash_mismatch` or `unsupported_type`, then the parts are dropped."""
    with leases.held(key) as lease:
        try:
            finish_held(actor, lease)
        except leases.Lost:
            raise Problem("locked") from None


def finish_held(
    actor: Actor, lease: leases.Lease, digest: str | None = None, last: Part | None = None
) -> None:
    """`finish` for a caller who holds the lease; it is given back with the outcome. Raises Lost. `digest` of the bytes, if
    they came in one part and it is known; `last`: the last part, if that is known.
    """
    if lease.stands.finished_at is not None:
        return
    try:
        stored = _stored(lease, digest, last)
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
    with transaction():
        originals.register(actor, stored)
        _FORGET_PARTS.rows(upload=lease.key)
        lease.change(finished_at=clock.now(), expires_at=clock.now() + KEPT, last=True)
    clear_parts(lease.key)


def _stored(lease: leases.Lease, digest: str | None, last: Part | None) -> originals.Stored:
    stands = lease.stands
    parts = [last] if last and last.start == 0 else _parts_of(lease.key)
    if len(parts) == 1 and store().appends and store().size(parts[0].key) == stands.length:
        return originals.adopt(stands.sha256, parts[0].key, stands.length, digest, lease.beat)
    return originals.keep(stands.sha256, _bytes_of(parts, lease))


def _parts_of(key: str) -> list[Part]:
    found = [Part(*row) for row in _PARTS.rows(upload=key)]
    end_read()
    return found


def _bytes_of(parts: list[Part], lease: leases.Lease) -> Iterator[bytes]:
    """What was entered; a part may hold more, of a sender that was cut."""
    for part in parts:
        left = part.size
        for chunk in store().open(part.key):
            yield chunk[:left]
            left -= len(chunk[:left])
            lease.beat()


def drop(lease: leases.Lease) -> None:
    """Forget what came. The lease is kept until the bytes are gone: after it a successor's may lie there."""
    with transaction():
        _FORGET_PARTS.rows(upload=lease.key)
        lease.change(received=0)
    clear_parts(lease.key)


def clear_parts(key: str) -> None:
    """Delete the bytes of an upload that needs none any more, also those that a dead server never entered."""
    store().clear(part_prefix(key))


def terminate(actor: Actor, key: str) -> None:
    """Give an upload up. A photo that something refers to stays: 409. The row stays for the day's quota, as one that is over."""
    sha256 = of(actor, key).sha256
    with leases.held(key) as lease:
        used = select(PhotoUse.ref).where(PhotoUse.sha256 == sha256).limit(1)
        if lease.stands.finished_at is not None and db.session.scalar(used):
            raise Problem("conflict", "這張照片已經用在紀錄裡，不能刪除。")
        clear_parts(key)  # before the row: once that is over, a successor's may lie there
        with transaction() as session:
            _FORGET_PARTS.rows(upload=key)
            session.execute(
                delete(Possession).where(Possession.sha256 == sha256, Possession.account_id == actor.id)
            )
            lease.change(received=0, finished_at=None, expires_at=clock.now())
            audit.record(actor, "photos.upload_terminated", f"photo:{sha256}")
