"""Small pictures that come ahead of their originals, so that the office sees a finding while the photo is on its way.

A preview is never evidence: it has a table of its own, no receipt, no operation and no record speaks of it, and it gives
nobody possession of the hash that it names. Once the sender's original is here, the server's own small picture answers
in its place (decision 0033).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select

from inspect_app import clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.operations.fields import is_uuid
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import services_open
from inspect_app.inspections.reading import inspections_of
from inspect_app.photos import access
from inspect_app.photos import queries as photos
from inspect_app.photos.models import PhotoUse, Possession
from inspect_app.photos.plain_jpeg import NotPlain, plain
from inspect_app.prepared import insert_new
from inspect_app.sync.models import Preview
from inspect_app.transaction import transaction

MOST_BYTES = 64 * 1024
MOST_SIDE = 320
MOST_WAITING = 2000  # of one account, without their originals
KEPT = timedelta(days=180)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def preview_id(account_id: str, sha256: str, inspection: str) -> str:
    return hashlib.sha256(f"preview:{account_id}:{sha256}:{inspection}".encode()).hexdigest()


def take(actor: Actor, sha256: str, inspection: str, finding: str, body: bytes) -> None:
    """Keep the small picture of an own photo; the first one counts. Nothing is kept once the sender's original is here.

    Raises `not_found` (not on the team), `bad_value`, `too_large`, `unsupported_type`, `too_many`.
    """
    permit(actor, Permission.INSPECT)
    _refuse_strangers(actor, inspection)
    if _SHA256.fullmatch(sha256) is None or (finding and not is_uuid(finding)):
        raise Problem("bad_value", "照片的 sha256 或缺失的 id 不對。")
    content = _checked(body)
    if photos.possessed(actor.id, [sha256]):
        return
    _refuse_too_many(actor)
    row = {
        "id": preview_id(actor.id, sha256, inspection), "account_id": actor.id, "sha256": sha256, "finding": finding,
        "inspection_id": inspection, "device_id": actor.device_id or "", "content": content, "at": clock.now(),
    }  # fmt: skip
    with transaction():
        insert_new(Preview, [row])


def _refuse_strangers(actor: Actor, inspection: str) -> None:
    """The first that comes of a visit released just now may be a small picture: it makes the inspection, as text does."""
    if inspection in inspections_of(actor.id):
        return
    services_open.ensure([inspection])
    if inspection not in inspections_of(actor.id):
        raise Problem("not_found")


def too_large() -> Problem:
    return Problem("too_large", f"縮圖上限是 {MOST_BYTES // 1024} KB、長邊 {MOST_SIDE} 像素。")


def _checked(body: bytes) -> bytes:
    if len(body) > MOST_BYTES:
        raise too_large()
    try:
        content, width, height = plain(body)
    except NotPlain:
        raise Problem("unsupported_type", "縮圖應該是 JPEG。") from None
    if max(width, height) > MOST_SIDE:
        raise too_large()
    return content


def _refuse_too_many(actor: Actor) -> None:
    count = select(func.count()).select_from(Preview).where(Preview.account_id == actor.id, _waiting())
    if int(db.session.scalar(count) or 0) >= MOST_WAITING:
        raise Problem("too_many", "等待原檔的縮圖太多，請先把照片傳完。")


def _waiting() -> ColumnElement[bool]:
    """That the sender has not sent the original yet."""
    return ~exists().where(Possession.sha256 == Preview.sha256, Possession.account_id == Preview.account_id)


def picture(actor: Actor, key: str) -> Iterator[bytes]:
    """A small JPEG for its sender and those who may see the photos of its inspection; anybody else: `not_found`.

    The sender's possession decides whether the server's own picture answers instead: a hash that somebody merely names
    opens nothing.
    """
    row = db.session.get(Preview, key)
    if row is None or not _may_see(actor, row):
        raise Problem("not_found")
    if photos.possessed(row.account_id, [row.sha256]):
        return photos.derived(row.sha256, MOST_SIDE)
    return iter([row.content])


def _may_see(actor: Actor, row: Preview) -> bool:
    ref = f"inspection:{row.inspection_id}"
    return actor.id == row.account_id or bool(access.visible_refs(actor, [ref], row.sha256))


def under_way(inspection: str) -> list[Preview]:
    """The previews of an inspection whose photo no operation has brought into it yet, oldest first."""
    used = exists().where(PhotoUse.sha256 == Preview.sha256, PhotoUse.ref == f"inspection:{inspection}")
    query = select(Preview).where(Preview.inspection_id == inspection, ~used).order_by(Preview.at, Preview.id)
    return list(db.session.scalars(query))


def without_original(account_id: str) -> list[Preview]:
    """An account's previews whose originals never came, oldest first."""
    query = select(Preview).where(Preview.account_id == account_id, _waiting())
    return list(db.session.scalars(query.order_by(Preview.at, Preview.id)))


def clear() -> int:
    """The job: previews of photos that are in their inspection by now, and those that waited too long."""
    used = exists().where(
        PhotoUse.sha256 == Preview.sha256, PhotoUse.ref == "inspection:" + Preview.inspection_id
    )
    over = db.session.scalars(select(Preview.id).where(used | (Preview.at < clock.now() - KEPT))).all()
    with transaction() as session:
        session.execute(delete(Preview).where(Preview.id.in_(over)))
    return len(over)
