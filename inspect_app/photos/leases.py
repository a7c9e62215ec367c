"""One sender at a time per upload: a lease in the row, so that it holds between processes and ends by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from inspect_app import clock
from inspect_app.errors import Problem
from inspect_app.ids import new_id
from inspect_app.photos.models import Upload, UploadPart
from inspect_app.prepared import Prepared
from inspect_app.transaction import transaction

LIFE = timedelta(seconds=30)
RENEW_SECONDS = 8.0
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

# Asked at every request, so built once, and of tables: an object costs ten times as much as its row.
_u, _p = Upload.__table__.c, UploadPart.__table__.c
_TAKING = (
    update(Upload.__table__)
    .where(_u.id == bindparam("upload"))
    .values(lease=bindparam("new"), lease_until=bindparam("until"))
    .returning(_u.sha256, _u.length, _u.received, _u.expires_at, _u.finished_at)
)
# one that ends beyond LIFE was given by a clock that has been put back since
_OVER = or_(_u.lease_until < bindparam("now"), _u.lease_until > bindparam("until"))
_OPEN = (_u.account_id == bindparam("account"), _u.finished_at.is_(None), _u.expires_at > bindparam("now"))
_FREE, _LEFT = _TAKING.where(_u.lease.is_(None)), _TAKING.where(_OVER)
_WAYS = Prepared(_FREE), Prepared(_LEFT)
_WAYS_OPEN = Prepared(_FREE.where(*_OPEN)), Prepared(_LEFT.where(*_OPEN))
_IS_OPEN = Prepared(select(_u.id).where(_u.id == bindparam("upload"), *_OPEN))
_OURS = update(Upload.__table__).where(_u.id == bindparam("upload"), _u.lease == bindparam("ours"))
_GIVEN_BACK = {"lease": None, "lease_until": None}
_LAST_PART = Prepared(
    select(_p.start, _p.size, _p.key)
    .where(_p.upload_id == bindparam("upload"))
    .order_by(_p.start.desc())
    .limit(1)
)


class Lost(Exception):
    """Another sender took over: what this one still holds is not entered."""


class NotOpen(Exception):
    """The account has no such upload under way: it is complete, over, or somebody else's."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it is entered: where it starts in the photo, how long it is, where its bytes lie."""

    start: int
    size: int
    key: str


@dataclass(slots=True)
class Standing:
    """How far an upload is."""

    id: str
    sha256: str
    length: int
    received: int
    expires_at: datetime
    finished_at: datetime | None


class Lease:
    """The right to change one upload, for as long as it is renewed. `clean`: the one before gave it back itself, so that
    nobody else can still be writing; `moved`: what comes next lies in a part of our own, or anew from the start. Lost with
    the power, a lease harms nobody: its holder is gone, too.
    """

    stands: Standing  # as it was when the lease was taken, and with what was changed since
    last_part: Part | None  # as it was when the lease was taken

    def __init__(self, key: str) -> None:
        self.key, self.id, self.clean, self.moved = key, new_id(), True, False
        self._renewed, self._over = time.monotonic(), False

    def change(self, *, last: bool = False, **values: Any) -> None:
        """Change the upload's row while the lease is ours; `last` gives it back in the same transaction, so that
        whoever sees the change may go on at once. Raises Lost when somebody took over.
        """
        changes = {**values, **_GIVEN_BACK} if last else values
        with transaction(lasting=False):
            if _changing(tuple(changes)).row(upload=self.key, ours=self.id, **changes) is None:
                raise Lost
        self.moved = self.moved or "received" in values
        for name in values.keys() & Standing.__slots__:
            setattr(self.stands, name, values[name])
        self._over = self._over or last

    def beat(self) -> None:
        """Renew when it is time, while bytes come in. Raises Lost."""
        if time.monotonic() - self._renewed >= RENEW_SECONDS:
            self._renewed = time.monotonic()
            self.change(lease_until=clock.now() + LIFE)

    def end(self) -> None:
        """Give it back, unless that is done or somebody took over. Who took it from one that may still be writing, and stored
        nothing, leaves it as that one did: over, not given back.
        """
        if not self._over:
            with suppress(Lost):
                if self.clean or self.moved:
                    self.change(last=True)
                else:
                    self.change(lease_until=LONG_AGO)


@lru_cache(maxsize=32)
def _changing(names: tuple[str, ...]) -> Prepared:
    return Prepared(_OURS.values(dict.fromkeys(names)).returning(_u.id))


@contextmanager
def held(key: str, account_id: str | None = None) -> Iterator[Lease]:
    """Hold the upload; 423 `locked` when a living sender does. With `account_id` only one that this account has under way:
    raises NotOpen.
    """
    lease = Lease(key)
    with transaction(lasting=False):
        _take(lease, account_id)
    try:
        yield lease
    finally:
        lease.end()


def _take(lease: Lease, account_id: str | None) -> None:
    moment = clock.now()
    asked = {"upload": lease.key, "now": moment, "account": account_id}
    free, left = _WAYS if account_id is None else _WAYS_OPEN
    for clean, taking in ((True, free), (False, left)):
        taken = taking.row(**asked, new=lease.id, until=moment + LIFE)
        if taken is not None:
            lease.clean, lease.stands = clean, Standing(lease.key, *taken)
            lease.last_part = _last_part(lease.key) if lease.stands.received else None
            return
    if account_id is not None and _IS_OPEN.row(**asked) is None:
        raise NotOpen
    raise Problem("locked", "這張照片正在上傳中，請稍候再試。")


def _last_part(key: str) -> Part | None:
    found = _LAST_PART.row(upload=key)
    return Part(*found) if found is not None else None
