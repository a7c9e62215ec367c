"""The list of inspections, a page at a time, and its figures: counted by the database, however many years there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from inspect_app.accounts.actor import Actor
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Rollup
from inspect_app.inspections.queries import Asked, Filter, narrowed
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender
from inspect_app.scheduling import queries as scheduling
from inspect_app.scheduling.models import Visit

_POINTS = Rollup.points_contractor + Rollup.points_supervision + Rollup.points_pcm + Rollup.points_owner
SORTS: Mapping[str, Any] = {
    "day": Inspection.inspected_on,
    "score": Rollup.score,
    "spread": case((Rollup.score.is_not(None), Rollup.spread)),
    "points": _POINTS,
}
"""What a list can be sorted by. Score and spread are nobody's to rank by while the score is withheld."""


@dataclass(frozen=True, slots=True)
class Found:
    """One inspection of a page. `visit` is read along: the last day goes by the rules that it pinned. None once issued."""

    inspection: Inspection
    tender: Tender
    visit: Visit | None
    figures: Rollup | None


@dataclass(frozen=True, slots=True)
class Summary:
    """How many there are, of each told grade, on their way (`work`), and without a told score."""

    count: int
    grades: Mapping[str, int]
    work: int
    withheld: int


def page(
    actor: Actor, wanted: Filter, sort: str, *, descending: bool, offset: int, limit: int
) -> list[Found]:
    """One page in the order of `sort`, a key of SORTS; without a figure at the end, equal ones the newest first."""
    column, newest = SORTS[sort], (Inspection.inspected_on.desc(), Inspection.id.desc())
    oldest = (Inspection.inspected_on, Inspection.id)
    by_figure = (column.is_(None), column.desc() if descending else column, *newest)
    order = by_figure if sort != "day" else newest if descending else oldest
    query = _with_figures(select(Inspection, Rollup), actor, wanted).order_by(*order)
    rows = db.session.execute(query.offset(offset).limit(limit)).all()
    tenders = {one.id: one for one in projects.by_ids([row[0].tender_id for row in rows])}
    visits = {
        one.id: one for one in scheduling.by_ids([row[0].id for row in rows if row[0].state != "issued"])
    }
    return [Found(row, tenders[row.tender_id], visits.get(row.id), figures) for row, figures in rows]


def _with_figures(query: Asked, actor: Actor, wanted: Filter) -> Asked:
    joined = query.select_from(Inspection).outerjoin(Rollup, Rollup.inspection_id == Inspection.id)
    return narrowed(joined, actor, wanted)


def summary(actor: Actor, wanted: Filter) -> Summary:
    """The figures over everything that the filter finds."""
    working = case((Inspection.state != "issued", 1), else_=0)
    withheld = case((Rollup.inspection_id.is_not(None) & Rollup.score.is_(None), 1), else_=0)
    query = select(Rollup.grade, func.count(), func.sum(working), func.sum(withheld))
    rows = db.session.execute(_with_figures(query, actor, wanted).group_by(Rollup.grade)).all()
    grades = {row[0]: row[1] for row in rows if row[0] is not None}
    count, work, untold = (sum(row[place] for row in rows) for place in (1, 2, 3))
    return Summary(count, grades, work, untold)
