"""Reading photos: their rows, their bytes, who has sent what, and which pictures resemble each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Select, or_, select

from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.photos import processing
from inspect_app.photos.likeness import NEAR, distance, probes, telling
from inspect_app.photos.models import Photo, PhotoUse, Possession
from inspect_app.photos.sniff import DOCUMENT
from inspect_app.photos.store import derived_key, original_key, store
from inspect_app.photos.workers import Died


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another use of the same (`bits` 0 and the same hash) or a near-equal picture."""

    sha256: str
    bits: int
    refs: tuple[str, ...]


def get(sha256: str) -> Photo | None:
    return db.session.get(Photo, sha256)


def by_hashes(hashes: Iterable[str]) -> dict[str, Photo]:
    """{sha256: row} of those that are stored."""
    wanted = set(hashes)
    if not wanted:
        return {}
    return {row.sha256: row for row in db.session.scalars(select(Photo).where(Photo.sha256.in_(wanted)))}


def possessed(account_id: str, hashes: Iterable[str]) -> set[str]:
    """Those of the hashes that the account has sent in full and that are sound."""
    wanted = set(hashes)
    if not wanted:
        return set()
    query = (
        select(Possession.sha256)
        .join(Photo, Photo.sha256 == Possession.sha256)
        .where(
            Possession.account_id == account_id, Possession.sha256.in_(wanted), Photo.state != "quarantined"
        )
    )
    return set(db.session.scalars(query))


def used_by(ref: str) -> list[Photo]:
    """The photos of one reference, oldest first."""
    query = select(Photo).join(PhotoUse).where(PhotoUse.ref == ref).order_by(PhotoUse.at, Photo.sha256)
    return list(db.session.scalars(query))


def spoilt_among(ref: str) -> frozenset[str]:
    """The hashes of a reference's photos whose originals were found changed or lost."""
    query = select(Photo.sha256).join(PhotoUse).where(PhotoUse.ref == ref, Photo.state == "quarantined")
    return frozenset(db.session.scalars(query))


def original(sha256: str) -> Iterator[bytes]:
    """The original's bytes in chunks; `not_found` when there is none."""
    try:
        return store().open(original_key(sha256))
    except KeyError:
        raise Problem("not_found") from None


def derived(sha256: str, width: int) -> Iterator[bytes]:
    """The upright JPEG without EXIF, at most `width` (320 or 1600) on its long side; made now when the job has not yet.

    `not_found` for scans and for photos that cannot be decoded.
    """
    photo = get(sha256)
    if photo is not None and photo.state == "stored" and photo.media_type != DOCUMENT:
        _process_now(sha256)
    try:
        return store().open(derived_key(sha256, width))
    except KeyError:
        raise Problem("not_found", "這張照片沒有縮圖；原檔保留，可以下載。") from None


def _process_now(sha256: str) -> None:
    try:
        processing.process(sha256)
    except Died:
        raise Problem("busy", "這張照片還在處理，請稍後再看。") from None


def lookalikes(sha256: str) -> list[Likeness]:
    """The same picture in other uses first, then near-equal ones, nearest first."""
    photo = get(sha256)
    if photo is None:
        return []
    found = {sha256: 0, **_near(photo)}
    refs: dict[str, list[str]] = {other: [] for other in found}
    query = select(PhotoUse.sha256, PhotoUse.ref).where(PhotoUse.sha256.in_(found)).order_by(PhotoUse.ref)
    for row in db.session.execute(query):
        refs[row.sha256].append(row.ref)
    return [Likeness(other, bits, tuple(refs[other])) for other, bits in found.items()]


def _near(photo: Photo) -> dict[str, int]:
    """{sha256: bits} of the pictures within NEAR, nearest first."""
    own = photo.dhash
    if own is None or not telling(own):
        return {}
    rows = db.session.execute(near_query(photo))
    close = [(bits, row.sha256) for row in rows if row.dhash and (bits := distance(own, row.dhash)) <= NEAR]
    return {sha256: bits for bits, sha256 in sorted(close)}


def near_query(photo: Photo) -> Select[str, str | None]:
    """The few pictures that may be within NEAR of one whose hash says something, by the index of each band."""
    columns = (Photo.band0, Photo.band1, Photo.band2, Photo.band3)
    same = [column.in_(values) for column, values in zip(columns, probes(photo.dhash or ""), strict=True)]
    return select(Photo.sha256, Photo.dhash).where(or_(*same), Photo.sha256 != photo.sha256)
