"""One sender at a time per upload: a lease in the row, so that it holds between processes and ends by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Update, or_, update

from inspect_app import clock
from inspect_app.errors import Problem
from inspect_app.ids import new_id
from inspect_app.photos.models import Upload
from inspect_app.transaction import transaction

LIFE = timedelta(seconds=30)
RENEW_SECONDS = 8.0


class Lost(Exception):
    """Another sender took over: what this one still holds is not entered."""


def mine(key: str, lease: str) -> Update:
    """An UPDATE that acts only while the lease is ours."""
    return update(Upload).where(Upload.id == key, Upload.lease == lease)


@contextmanager
def held(key: str) -> Iterator[str]:
    """Hold the upload; 423 `locked` when a living sender does."""
    lease = _take(key)
    try:
        yield lease
    finally:
        with transaction() as session:
            session.execute(mine(key, lease).values(lease=None, lease_until=None))


def _take(key: str) -> str:
    lease, moment = new_id(), clock.now()
    free = or_(Upload.lease.is_(None), Upload.lease_until < moment)
    with transaction() as session:
        taken = session.execute(
            update(Upload).where(Upload.id == key, free).values(lease=lease, lease_until=moment + LIFE)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            raise Problem("locked", "這張照片正在上傳中，請稍候再試。")
    return lease


class Pulse:
    """Renews the lease while bytes come in."""

    def __init__(self, key: str, lease: str) -> None:
        self._key, self._lease, self._last = key, lease, time.monotonic()

    def beat(self) -> None:
        """Renew when it is time; raises Lost when somebody took over."""
        if time.monotonic() - self._last < RENEW_SECONDS:
            return
        self._last = time.monotonic()
        with transaction() as session:
            kept = session.execute(mine(self._key, self._lease).values(lease_until=clock.now() + LIFE))
            if kept.rowcount != 1:  # type: ignore[attr-defined]
                raise Lost
