"""Pages of tenders and agencies. An agency's people see their own agency's tenders only."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import select

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.penalties import PAYERS, Contract, Party, penalties
from inspect_app.domain.reasons import Reason
from inspect_app.domain.roc import OFFSET
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Rollup
from inspect_app.notices import queries as notices
from inspect_app.office.blueprint import blueprint
from inspect_app.office.citizen_reports import reports_of
from inspect_app.office.listing import listing
from inspect_app.projects import queries
from inspect_app.projects.models import ContractTerms, Tender
from inspect_app.projects.search import SORTS

BEHIND = (("1", "有落後"), ("500", "落後 5% 以上"), ("1000", "落後 10% 以上"), ("2000", "落後 20% 以上"))


@blueprint.get("/tenders")
@requires(Permission.VIEW_TENDERS)
def tenders() -> str:
    """The list as its address says."""
    asked = listing(request.args, tuple(SORTS), "agency")
    wanted = queries.visible(actor(), _wanted(asked.sort, asked.descending, asked.page))
    of, rules = wanted.agency_id if actor().of_agency else "", catalogue.rules_on(clock.today())
    found = queries.tenders(wanted)
    return render_template(
        "office/projects/list.html", found=found, listing=asked.within(found.total),
        bands=queries.band_counts(rules, of), behind=BEHIND, far_behind=rules.value("risk")["behind_bp"],
        agencies=queries.agencies(), programmes=queries.programmes(of), states=queries.states(of),
    )  # fmt: skip


def _wanted(sort: str, descending: bool, number: int) -> queries.TenderFilter:
    args = request.args
    behind = args.get("behind", "")
    return queries.TenderFilter(
        agency_id=args.get("agency", ""),
        programme=args.get("programme", ""),
        state=args.get("state", ""),
        behind_bp=int(behind) if behind in dict(BEHIND) else None,
        band=args.get("band", ""),
        text=args.get("q", "")[:100],
        sort=f"{'-' if descending else ''}{sort}",
        page=number,
    )


@blueprint.get("/tenders/<tender_id>")
@requires(Permission.VIEW_TENDERS)
def tender(tender_id: str) -> str:
    """Everything known about a tender, its curve first."""
    row = queries.tender_for(actor(), tender_id)
    today = clock.today()
    months = queries.progress(row.id)
    return render_template(
        "office/projects/detail.html", tender=row, today=today, months=months, curve=_curve(months), changes=queries.changes(row.id),
        people=queries.people(row.id), kinds=queries.PERSON_KINDS, delays=queries.delays(row.id),
        terms=terms_shown(row), inspections=_inspections(row.id), signals=queries.signals(row.id), reports=reports_of(row.id),
        reasons_at=_reasons_at,
    )  # fmt: skip


def _curve(months: list[Any]) -> dict[str, Any]:
    def percents(name: str) -> list[float | None]:
        values = [getattr(month, name) for month in months]
        return [None if value is None else value / 100 for value in values]

    names = [f"{month.month.year - OFFSET}.{month.month.month:02d}" for month in months]
    urls = [f"#month-{month.month.isoformat()}" for month in months]
    series = [
        {"name": "預定", "values": percents("planned_bp"), "tone": "muted", "urls": urls},
        {"name": "實際", "values": percents("actual_bp"), "tone": "accent", "urls": urls},
    ]
    return {"type": "line", "categories": names, "series": series, "unit": "%"}


def _inspections(tender_id: str) -> list[tuple[Inspection, Rollup | None]]:
    """Inspections of the past; who may not see inspections sees the issued ones."""
    query = select(Inspection, Rollup).outerjoin(Rollup, Rollup.inspection_id == Inspection.id)
    query = query.where(Inspection.tender_id == tender_id).order_by(Inspection.inspected_on.desc())
    rows: list[tuple[Inspection, Rollup | None]] = [(row[0], row[1]) for row in db.session.execute(query)]
    return rows if actor().may(Permission.VIEW_INSPECTIONS) else [row for row in rows if row[1] is not None]


def _reasons_at(inspection_id: str) -> str:
    """Where the reasons of a score stand: on the inspection, for an agency's people on their case."""
    if actor().may(Permission.VIEW_INSPECTIONS):
        return url_for("office.inspection", inspection_id=inspection_id, _anchor="why-score")
    case = notices.by_inspection(inspection_id)
    return url_for("office.case", case_id=case.id, _anchor="why-score") if case else ""


def terms_shown(row: Tender) -> dict[str, Any]:
    """The contract's terms with what counts where it says nothing."""
    today = clock.today()
    own = queries.terms(row.id)
    amount = (own.procurement_amount if own else None) or row.budget
    bands = catalogue.rules_on(today).value("rates")
    band = next((line for line in bands if amount is not None and amount >= line["from"]), None)
    rates = {who: (own.rates or {}).get(who) if own else None for who, _ in PAYERS}
    each = {who: (band or {}).get(who) if rate is None else rate for who, rate in rates.items()}
    cap = own.cap_ratio_bp if own else catalogue.setting("cap_ratio", today)
    return {
        "own": own, "amount": amount, "band": band, "each": each, "cap": cap, "payers": PAYERS,
        "reasons": _terms_reasons(amount, own),
    }  # fmt: skip


def _terms_reasons(amount: int | None, own: ContractTerms | None) -> tuple[Reason, ...]:
    """Why a point costs what it costs; nothing while the procurement amount is unknown."""
    if amount is None:
        return ()
    rates = {Party(name): rate for name, rate in ((own.rates if own else None) or {}).items()}
    return penalties([], Contract(amount, rates=rates), catalogue.rules_on(clock.today())).reasons
