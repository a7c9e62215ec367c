"""Who is on an inspection's team, as the fold wants it."""

from __future__ import annotations

from sqlalchemy import select

from inspect_app.domain.operations import Team
from inspect_app.extensions import db
from inspect_app.scheduling.models import VisitMember


def members_of(inspection_id: str) -> list[VisitMember]:
    """The team in the order of the plan."""
    query = select(VisitMember).where(VisitMember.visit_id == inspection_id).order_by(VisitMember.place)
    return list(db.session.scalars(query))


def team_of(inspection_id: str) -> Team:
    """Leader and members score; staff write."""
    rows = members_of(inspection_id)
    leader = next((row.account_id for row in rows if row.role == "leader"), "")
    return Team(
        leader=leader,
        members=frozenset(row.account_id for row in rows if row.role in ("leader", "member")),
        staff=frozenset(row.account_id for row in rows if row.role == "staff"),
        external=frozenset(row.account_id for row in rows if row.external),
    )
