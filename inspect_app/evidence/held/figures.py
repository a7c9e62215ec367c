"""What the meeting adds up, against the records that it was written from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from inspect_app.evidence.walking import Fault
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Record, Rollup, RollupFinding
from inspect_app.inspections.rollup import rows_of


def faults() -> Iterator[Fault]:
    """Figures or findings that are not those of their issued record."""
    kept = {row.inspection_id: row for row in db.session.scalars(select(Rollup))}
    findings: dict[str, list[RollupFinding]] = defaultdict(list)
    for row in db.session.scalars(select(RollupFinding).order_by(RollupFinding.no)):
        findings[row.inspection_id].append(row)
    query = (
        select(Inspection, Record).join(Record).where(Record.letter_on.is_not(None)).order_by(Inspection.id)
    )
    for inspection, record in db.session.execute(query).all():
        figures, lines = rows_of(inspection, record)
        wanted = [_values(figures), *map(_values, lines)]
        found = kept.pop(inspection.id, None)
        if wanted != [_values(found), *map(_values, findings.pop(inspection.id, []))]:
            yield Fault(
                "figure", f"figures of inspection {inspection.id}", "they are not those of its record"
            )
    for key in sorted(kept.keys() | findings.keys()):
        yield Fault("figure", f"figures of inspection {key}", "no record was issued")


def _values(row: Rollup | RollupFinding | None) -> dict[str, Any]:
    return {} if row is None else {column.name: getattr(row, column.name) for column in row.__table__.columns}
