"""Operations against the lines that took them in: each is what came, stands at its place, and none is missing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select

from inspect_app.domain.operations import stamp
from inspect_app.domain.operations.pages import page_digest
from inspect_app.evidence.held import lines
from inspect_app.evidence.walking import SPOILT, Fault
from inspect_app.extensions import db
from inspect_app.inspections.incoming import photos_of
from inspect_app.inspections.models import Inspection, OperationRow
from inspect_app.inspections.state import operation_of
from inspect_app.photos.models import Photo

MOMENT = "it says another moment of receipt than the line that took it in"
TAKING = timedelta(minutes=10)
"""Between the moment of receipt and that of the line a batch is judged and written."""
_o = OperationRow.__table__.c
_ROWS: Select[Any] = select(_o.n, _o.id, _o.body, _o.content_hash, _o.device_id, _o.seq, _o.entity, _o.entity_id, _o.author_id, _o.stamp,
               _o.received_at)  # fmt: skip


def faults() -> Iterator[Fault]:
    """The first bad operation of each inspection."""
    query = select(Inspection.id, Inspection.log_n).order_by(Inspection.id)
    photos = frozenset(db.session.scalars(select(Photo.sha256)))
    receipts = _Receipts()
    for inspection, last in db.session.execute(query).all():
        found = next(_wrong(inspection, last, photos, receipts), None)
        if found is not None:
            place, says = found
            yield Fault("operation", f"operation {place} of inspection {inspection}", says)
    yield from receipts.faults()


class _Receipts:
    """The moments of receipt. Where the clock was put back, what comes then says the latest moment of what came before, in
    its own log or in one that came along (inspections.log): it is later than its line, and somebody's own.
    """

    def __init__(self) -> None:
        self._own: set[datetime] = set()
        self._taken_over: list[tuple[datetime, str]] = []

    def fits(self, received: datetime, line: datetime, row: str) -> bool:
        """Whether it may be so; about one that was taken over `faults` decides in the end."""
        if received - line > TAKING:
            self._taken_over.append((received, row))
            return True
        self._own.add(received)
        return line - received <= TAKING

    def faults(self) -> Iterator[Fault]:
        for received, row in self._taken_over:
            if received not in self._own:
                yield Fault("operation", row, MOMENT)


def _wrong(
    inspection: str, last: int, photos: frozenset[str], receipts: _Receipts
) -> Iterator[tuple[int, str]]:
    """(place, what is wrong there)."""
    pages = lines.of("inspections.operations_taken", f"inspection:{inspection}")
    rows = db.session.execute(_ROWS.where(_o.inspection_id == inspection).order_by(_o.n)).all()
    for place, row in enumerate(rows, start=1):
        if row.n != place:
            yield place, "it was deleted"
        says = _altered(row, inspection, photos)
        if says:
            yield place, says
    for page in sorted(pages, key=lambda line: line.detail["first"]):
        first, count = page.detail["first"], page.detail["count"]
        part = rows[first - 1 : first - 1 + count]
        if page_digest((row.n, row.id, row.content_hash) for row in part) != page.detail["digest"]:
            yield first, f"the {count} from here on are not those that line {page.n} took in"
        for row in part:
            if not receipts.fits(row.received_at, page.at, f"operation {row.n} of inspection {inspection}"):
                yield row.n, MOMENT
    yield from _uncovered(pages, max(last, len(rows)))


def _uncovered(pages: Sequence[Row[Any]], last: int) -> Iterator[tuple[int, str]]:
    """Every place is taken in by one line."""
    spans = [(page.detail["first"], page.detail["first"] + page.detail["count"]) for page in pages]
    told = Counter(place for first, end in spans for place in range(first, end))
    yield from ((place, "two lines of the log took it in") for place in sorted(told) if told[place] > 1)
    for place in sorted(set(range(1, last + 1)).symmetric_difference(told)):
        yield place, "no line of the log took it in" if place <= last else "it was deleted"


def _altered(row: Row[Any], inspection: str, photos: frozenset[str]) -> str:
    """What of the row is not its operation's; empty when nothing is."""
    if hashlib.sha256(row.body.encode()).hexdigest() != row.content_hash:
        return "its text was changed"
    try:
        operation = operation_of(row.body)
        says = (operation.id, operation.inspection, operation.device, operation.seq, operation.entity, operation.entity_id,
                operation.author)  # fmt: skip
        bound = stamp(operation.hlc, int(row.received_at.timestamp() * 1000))
    except SPOILT:
        return "its text is no operation"
    if says != (row.id, inspection, row.device_id, row.seq, row.entity, row.entity_id, row.author_id):
        return "what stands beside its text was changed"
    if bound != row.stamp:
        return "its stamp, which decides what stands, was changed"
    return "" if photos_of(operation) <= photos else "a photo that it refers to was deleted"
