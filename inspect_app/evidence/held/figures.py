"""What the meeting adds up, against the records that it was written from, a page of them at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, and_, select

from inspect_app.evidence.walking import Fault
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Record, Rollup, RollupFinding
from inspect_app.inspections.rollup import rows_of
from inspect_app.transaction import walked

PAGE = 100


def faults() -> Iterator[Fault]:
    """Figures or findings that are not those of their issued record."""
    issued = Record.letter_on.is_not(None)
    query = select(Inspection, Record).join(Record).where(issued).order_by(Inspection.id)
    with walked(query, PAGE) as rows:
        for page in rows.partitions():
            for key in _differing(page):
                yield Fault("figure", f"figures of inspection {key}", "they are not those of its record")
    for key in sorted(_of_none(Rollup) | _of_none(RollupFinding)):
        yield Fault("figure", f"figures of inspection {key}", "no record was issued")


def _differing(page: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[str]:
    """The inspections of a page whose figures are others."""
    keys = [inspection.id for inspection, _ in page]
    kept = {key: [_values(row)] for key, row in _by_inspection(Rollup, keys)}
    for key, row in _by_inspection(RollupFinding, keys):
        kept.setdefault(key, [{}]).append(_values(row))
    for inspection, record in page:
        figures, lines = rows_of(inspection, record)
        if kept.get(inspection.id) != [_values(figures), *map(_values, lines)]:
            yield inspection.id


def _by_inspection(model: Any, keys: list[str]) -> Iterator[tuple[str, Any]]:
    key = model.inspection_id
    rows = db.session.scalars(select(model).where(key.in_(keys)).order_by(*model.__table__.primary_key))
    return ((row.inspection_id, row) for row in rows)


def _of_none(model: Any) -> set[str]:
    """The inspections that have rows of it and no issued record."""
    record = and_(Record.inspection_id == model.inspection_id, Record.letter_on.is_not(None))
    query = select(model.inspection_id).outerjoin(Record, record).where(Record.inspection_id.is_(None))
    return set(db.session.scalars(query))


def _values(row: Rollup | RollupFinding) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}
