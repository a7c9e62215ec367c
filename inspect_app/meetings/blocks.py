"""Defects by block of the table (4.01, 5.01, ...) and by agency: the heat map of the meeting page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from inspect_app.domain.catalogue.rows import Row
from inspect_app.extensions import db
from inspect_app.inspections.models import Rollup, RollupFinding

DEPTH = 2  # 5.01.03 belongs to 5.01


def block_of(code: str) -> str:
    """The block in which a code of any depth stands."""
    return ".".join(code.split(".")[:DEPTH])


def defects_of(rollups: Sequence[Rollup]) -> list[RollupFinding]:
    """The defects with a code of these inspections."""
    ids = [row.inspection_id for row in rollups]
    query = select(RollupFinding).where(
        RollupFinding.inspection_id.in_(ids), RollupFinding.kind == "defect", RollupFinding.code != ""
    )
    return list(db.session.scalars(query))


def blocks(
    rollups: Sequence[Rollup], defects: Iterable[RollupFinding], table: Mapping[str, Row]
) -> list[dict[str, Any]]:
    """A line per block that occurs, in the table's order: {block, name, count, agencies: {agency id: count}}."""
    agency_of = {row.inspection_id: row.agency_id for row in rollups}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in defects:
        counts[block_of(row.code)][agency_of[row.inspection_id]] += 1
    return [
        {
            "block": block,
            "name": table[block].text if block in table else "",
            "count": by_agency.total(),
            "agencies": dict(by_agency),
        }
        for block, by_agency in sorted(counts.items())
    ]
