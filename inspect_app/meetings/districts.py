"""Inspections and behind-schedule tenders by district: the map of the meeting page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from inspect_app.extensions import db
from inspect_app.inspections.models import Rollup
from inspect_app.projects.models import Tender
from inspect_app.projects.queries import Behind

UNKNOWN = "未填行政區"


def districts(rollups: Sequence[Rollup], behind: Iterable[Behind]) -> list[dict[str, Any]]:
    """A line per district that has one or the other: {district, inspection_ids, inspections, tender_ids, behind, lat, lon}."""
    inspected, late = _inspected(rollups), _late(behind)
    places = _places()
    lines = [
        {
            "district": name,
            "inspections": len(inspected[name]),
            "inspection_ids": inspected[name],
            "behind": len(late[name]),
            "tender_ids": late[name],
            "lat": places.get(name, (None, None))[0],
            "lon": places.get(name, (None, None))[1],
        }
        for name in {*inspected, *late}
    ]
    return sorted(lines, key=lambda line: (-line["inspections"], -line["behind"], line["district"]))


def _inspected(rollups: Sequence[Rollup]) -> dict[str, list[str]]:
    names = {row.id: row.district for row in db.session.execute(select(Tender.id, Tender.district))}
    found: dict[str, list[str]] = defaultdict(list)
    for row in rollups:
        found[names[row.tender_id] or UNKNOWN].append(row.inspection_id)
    return found


def _late(behind: Iterable[Behind]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in behind:
        found[row.tender.district or UNKNOWN].append(row.tender.id)
    return found


def _places() -> dict[str, tuple[float, float]]:
    """Where a district is: the middle of its tenders (WGS84); one whose tenders have no coordinates is not drawn."""
    query = (
        select(Tender.district, func.avg(Tender.lat), func.avg(Tender.lon))
        .where(Tender.district != "", Tender.lat.is_not(None), Tender.lon.is_not(None))
        .group_by(Tender.district)
    )
    return {name: (round(lat, 5), round(lon, 5)) for name, lat, lon in db.session.execute(query)}
