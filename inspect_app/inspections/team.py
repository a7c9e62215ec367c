"""Who is on an inspection's team, as the fold wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from inspect_app.catalogue.knobs import SHEET
from inspect_app.domain.operations import Team
from inspect_app.extensions import among, db
from inspect_app.prepared import Prepared
from inspect_app.scheduling.models import Visit, VisitMember

_c = VisitMember.__table__.c
SHEET_OF_VISIT = Visit.plan[("settings", SHEET, "value")].label("sheet")
"""{field: most points} as the visit pinned it (`catalogue.queries.pin`); null for the shipped sheet."""
_TEAMS = Prepared(
    select(_c.visit_id, _c.account_id, _c.role, _c.external, SHEET_OF_VISIT)
    .join_from(VisitMember.__table__, Visit.__table__, Visit.id == _c.visit_id)
    .where(among(_c.visit_id, "ids"))
    .order_by(_c.place)
)
Line = tuple[str, str, bool, Mapping[str, int] | None]
"""(account id, role, external, the visit's sheet): one person of a team."""


def members_of(inspection_id: str) -> list[VisitMember]:
    """The team in the order of the plan."""
    query = select(VisitMember).where(VisitMember.visit_id == inspection_id).order_by(VisitMember.place)
    return list(db.session.scalars(query))


def led_by(account_id: str) -> set[str]:
    """The inspections that somebody leads."""
    query = select(VisitMember.visit_id).where(
        VisitMember.account_id == account_id, VisitMember.role == "leader"
    )
    return set(db.session.scalars(query))


def team_of(inspection_id: str) -> Team:
    """Leader and members score; staff write."""
    return teams_of([inspection_id])[inspection_id]


def teams_of(inspection_ids: Iterable[str]) -> dict[str, Team]:
    """{inspection id: team}, with one question; an id without people has an empty team."""
    found: dict[str, list[Line]] = {key: [] for key in inspection_ids}
    for key, *line in _TEAMS.rows(ids=found):
        found[key].append(tuple(line))
    return {key: team_from(lines) for key, lines in found.items()}


def team_from(lines: Sequence[Line]) -> Team:
    """The team of these people, in the order of the plan."""
    return Team(
        leader=next((who for who, role, *_ in lines if role == "leader"), ""),
        members=frozenset(who for who, role, *_ in lines if role in ("leader", "member")),
        staff=frozenset(who for who, role, *_ in lines if role == "staff"),
        external=frozenset(who for who, _, external, _ in lines if external),
        sheet=next((tuple(sorted(sheet.items())) for *_, sheet in lines if sheet), ()),
    )
