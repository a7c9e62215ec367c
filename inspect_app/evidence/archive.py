"""What verified backups hold: a device deletes nothing that is not in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, insert, select

from inspect_app.evidence.models import ArchivedLog, ArchivedPhoto
from inspect_app.extensions import db
from inspect_app.inspections.models import OperationRow


def note_backup(logs: Mapping[str, int], photos: Iterable[str], at: datetime) -> None:
    """A verified backup of `at` holds the operations 1 to n of each log and these originals. In the caller's transaction."""
    for inspection_id, n in logs.items():
        row = db.session.get(ArchivedLog, inspection_id)
        if row is None:
            db.session.add(ArchivedLog(inspection_id=inspection_id, n=n, at=at))
        elif row.n < n:
            row.n, row.at = n, at
    db.session.flush()
    new = set(photos).difference(db.session.scalars(select(ArchivedPhoto.sha256)))
    if new:
        db.session.execute(insert(ArchivedPhoto), [{"sha256": sha256, "at": at} for sha256 in sorted(new)])


def holds(inspection_id: str, device_id: str, photos: Iterable[str]) -> bool:
    """Whether a verified backup holds everything of this device's in the log, and all of these photos."""
    row = db.session.get(ArchivedLog, inspection_id)
    last = select(func.max(OperationRow.n))
    last = last.where(OperationRow.inspection_id == inspection_id, OperationRow.device_id == device_id)
    if row is None or row.n < (db.session.scalar(last) or row.n + 1):
        return False
    wanted = set(photos)
    found = select(func.count()).select_from(ArchivedPhoto).where(ArchivedPhoto.sha256.in_(wanted))
    return not wanted or db.session.scalar(found) == len(wanted)
