"""The tender before the domain's rules: may it be selected, and is the visit a 查核 or a 複查."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from inspect_app.domain import risk, types_of_visit
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.reasons import Reason
from inspect_app.extensions import db
from inspect_app.projects.models import Tender
from inspect_app.scheduling.models import Visit

TEAM = "city"  # one inspection team (查核小組) per installation


def barriers(tender: Tender, on: date, rules: RuleSet) -> list[Reason]:
    """Why the tender is not selectable on a day: not started, stopped, finished, inspected too recently.

    An agency's own 督導 is no inspection and keeps nobody away.
    """
    dates = [day for day, kind in _inspected(tender.id) if day <= on and kind != "supervision"]
    facts = risk.Facts(state=tender.state, last_inspected=max(dates, default=None))
    return list(risk.barriers(facts, on, rules))


def propose_kind(tender: Tender, on: date, *, by_agency: bool = False) -> types_of_visit.Proposal:
    """The type that the rules propose from what was inspected in the same calendar year; a coordinator confirms it."""
    key = (tender.agency_id, tender.number)
    earlier = [
        types_of_visit.Visit(key, TEAM, day, by_agency=kind == "supervision")
        for day, kind in _inspected(tender.id)
    ]
    return types_of_visit.propose(types_of_visit.Visit(key, TEAM, on, by_agency), earlier)


def _inspected(tender_id: str) -> list[tuple[date, str]]:
    query = select(Visit.inspected_on, Visit.kind).where(
        Visit.state == "released", Visit.tender_id == tender_id
    )
    return [(row[0], row[1] or "") for row in db.session.execute(query) if row[0] is not None]
