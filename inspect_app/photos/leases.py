"""One sender at a time per upload: a lease in the row, so that it holds between processes and ends by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, update

from inspect_app import clock
from inspect_app.errors import Problem
from inspect_app.ids import new_id
from inspect_app.photos.models import Upload
from inspect_app.transaction import transaction

LIFE = timedelta(seconds=30)
RENEW_SECONDS = 8.0


class Lost(Exception):
    """Another sender took over: what this one still holds is not entered."""


class Lease:
    """The right to change one upload, for as long as it is renewed. `clean`: the one before gave it back itself, so that
    nobody else can still be writing. Lost with the power, a lease harms nobody: its holder is gone, too.
    """

    def __init__(self, key: str) -> None:
        self.key, self.id, self.clean = key, new_id(), True
        self.received = self.length = 0  # as they stood when it was taken
        self._renewed, self._over = time.monotonic(), False

    def change(self, *, last: bool = False, **values: Any) -> None:
        """Change the upload's row while the lease is ours; `last` gives it back in the same transaction, so that
        whoever sees the change may go on at once. Raises Lost when somebody took over.
        """
        given_back = {"lease": None, "lease_until": None} if last else {}
        ours = update(Upload).where(Upload.id == self.key, Upload.lease == self.id)
        with transaction(lasting=False) as session:
            changed = session.execute(ours.values(**values, **given_back))
            if changed.rowcount != 1:  # type: ignore[attr-defined]
                raise Lost
        self._over = self._over or last

    def beat(self) -> None:
        """Renew when it is time, while bytes come in. Raises Lost."""
        if time.monotonic() - self._renewed >= RENEW_SECONDS:
            self._renewed = time.monotonic()
            self.change(lease_until=clock.now() + LIFE)

    def end(self) -> None:
        """Give it back, unless that is done or somebody took over."""
        if not self._over:
            with suppress(Lost):
                self.change(last=True)


@contextmanager
def held(key: str) -> Iterator[Lease]:
    """Hold the upload; 423 `locked` when a living sender does."""
    lease = Lease(key)
    _take(lease)
    try:
        yield lease
    finally:
        lease.end()


def _take(lease: Lease) -> None:
    moment = clock.now()
    # one that ends beyond LIFE was given by a clock that has been put back since
    over = or_(Upload.lease_until < moment, Upload.lease_until > moment + LIFE)
    taking = update(Upload).values(lease=lease.id, lease_until=moment + LIFE)
    taking = taking.returning(Upload.received, Upload.length)
    with transaction(lasting=False) as session:
        for clean, free in ((True, Upload.lease.is_(None)), (False, over)):
            taken = session.execute(taking.where(Upload.id == lease.key, free)).first()
            if taken is not None:
                lease.clean, lease.received, lease.length = clean, *taken
                return
        raise Problem("locked", "這張照片正在上傳中，請稍候再試。")
