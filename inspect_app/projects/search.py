"""Finding tenders: filters, sorting, pages, budget bands."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from inspect_app.accounts.actor import Actor
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.risk import FINISHED
from inspect_app.extensions import db
from inspect_app.projects.models import Agency, Firm, Tender

UNKNOWN_BAND = "unknown"
_BAND = re.compile(r"[0-9]{1,15}(-([0-9]{1,15})?)?")


@dataclass(frozen=True, slots=True)
class TenderFilter:
    """What a list shows. `band` is a lower bound in NT$ as text, or "unknown"; `behind_bp` at least so far behind."""

    agency_id: str = ""
    programme: str = ""
    state: str = ""
    behind_bp: int | None = None
    band: str = ""
    text: str = ""
    sort: str = "agency"
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of tenders; `award_total` in NT$ over all that the filter finds."""

    rows: list[Tender]
    total: int
    award_total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))


behind = Tender.progress_planned_bp - Tender.progress_actual_bp
SORTS: dict[str, Any] = {
    "agency": Agency.name,
    "number": Tender.number,
    "name": Tender.name,
    "state": Tender.state,
    "gap": behind,
    "award": Tender.award_amount,
    "budget": Tender.budget,
    "finish": Tender.planned_finish_on,
    "updated": Tender.updated_at,
}


def order_of(sort: str) -> tuple[Any, ...]:
    """`key` rising or `-key` falling; blanks come last, equal ones by agency and number."""
    column = SORTS.get(sort.removeprefix("-"), Agency.name)
    main = column.desc() if sort.startswith("-") else column.asc()
    return (column.is_(None), main, Agency.name.asc(), Tender.number.asc())


def visible(actor: Actor, wanted: TenderFilter) -> TenderFilter:
    """The filter narrowed to what the actor may see; an agency's person without an agency sees nothing."""
    return replace(wanted, agency_id=actor.agency_id or "none") if actor.of_agency else wanted


def tenders(wanted: TenderFilter) -> Page:
    """One page of the tenders that the filter finds."""
    conditions = _conditions(wanted)
    sums = select(func.count(Tender.id), func.sum(Tender.award_amount)).where(*conditions)
    total, award = db.session.execute(sums).one()
    pages = max(1, -(-total // wanted.per_page))
    page = min(max(1, wanted.page), pages)
    rows = db.session.scalars(
        select(Tender)
        .join(Tender.agency)
        .options(joinedload(Tender.contractor))
        .where(*conditions)
        .order_by(*order_of(wanted.sort))
        .offset((page - 1) * wanted.per_page)
        .limit(wanted.per_page)
    )
    return Page(list(rows), total, int(award or 0), page, wanted.per_page)


def _conditions(wanted: TenderFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (Tender.agency_id, wanted.agency_id),
        (Tender.programme, wanted.programme),
        (Tender.state, wanted.state),
    ):
        if value:
            conditions.append(column == value)
    if wanted.behind_bp is not None:
        conditions += [behind >= wanted.behind_bp, behind > 0, Tender.state.not_in(FINISHED)]
    if wanted.band == UNKNOWN_BAND:
        conditions.append(Tender.budget.is_(None))
    elif wanted.band:
        conditions.append(_in_band(wanted.band))
    if text := wanted.text.replace("\0", "").strip():
        conditions.append(_matches(text))
    return conditions


def _in_band(band: str) -> ColumnElement[bool]:
    low, _, high = band.partition("-")
    if not _BAND.fullmatch(band):
        return Tender.budget.is_(None) & Tender.budget.is_not(None)
    at_least = Tender.budget >= int(low)
    return and_(at_least, Tender.budget < int(high)) if high else at_least


def _matches(text: str) -> ColumnElement[bool]:
    number = unicodedata.normalize("NFKC", text)  # as an import keeps it
    firms = select(Firm.id).where(Firm.name.icontains(text, autoescape=True))
    return or_(
        Tender.name.icontains(text, autoescape=True),
        Tender.number.icontains(number, autoescape=True),
        Tender.contractor_id.in_(firms),
        Tender.supervision_id.in_(firms),
    )


def band_counts(rules: RuleSet, agency_id: str = "") -> list[tuple[str, int | None, int | None, int]]:
    """[(key for TenderFilter.band, from, to, tenders)] by the bands of `rules`, of one agency or of all; last the unknown band."""
    counts: list[tuple[str, int | None, int | None, int]] = []
    for band in rules.value("quotas")["bands"]:
        key = f"{band['from']}-{band['to'] or ''}"
        counts.append((key, band["from"], band["to"], _count(TenderFilter(agency_id=agency_id, band=key))))
    return [*counts, (UNKNOWN_BAND, None, None, _count(TenderFilter(agency_id=agency_id, band=UNKNOWN_BAND)))]


def _count(wanted: TenderFilter) -> int:
    return db.session.scalar(select(func.count(Tender.id)).where(*_conditions(wanted))) or 0
