"""Who is on an inspection's team, as the fold wants it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from inspect_app.domain.operations import Team
from inspect_app.extensions import among, db
from inspect_app.scheduling.models import VisitMember

_c = VisitMember.__table__.c
_TEAMS = (
    select(_c.visit_id, _c.account_id, _c.role, _c.external)
    .where(among(_c.visit_id, "ids"))
    .order_by(_c.place)
)


def members_of(inspection_id: str) -> list[VisitMember]:
    """The team in the order of the plan."""
    query = select(VisitMember).where(VisitMember.visit_id == inspection_id).order_by(VisitMember.place)
    return list(db.session.scalars(query))


def team_of(inspection_id: str) -> Team:
    """Leader and members score; staff write."""
    return teams_of([inspection_id])[inspection_id]


def teams_of(inspection_ids: Iterable[str]) -> dict[str, Team]:
    """{inspection id: team}, with one question; an id without people has an empty team."""
    found: dict[str, list[Any]] = {key: [] for key in inspection_ids}
    for row in db.session.execute(_TEAMS, {"ids": list(found)}):
        found[row.visit_id].append(row)
    return {key: _team(rows) for key, rows in found.items()}


def _team(rows: list[Any]) -> Team:
    return Team(
        leader=next((row.account_id for row in rows if row.role == "leader"), ""),
        members=frozenset(row.account_id for row in rows if row.role in ("leader", "member")),
        staff=frozenset(row.account_id for row in rows if row.role == "staff"),
        external=frozenset(row.account_id for row in rows if row.external),
    )
