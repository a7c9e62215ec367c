"""Pages of tenders and agencies. An agency's people see their own agency's tenders only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from sqlalchemy import select
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.catalogue import normalise_code
from inspect_app.domain.penalties import Contract, Party, penalties
from inspect_app.domain.reasons import Reason
from inspect_app.domain.roc import OFFSET
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Rollup
from inspect_app.notices import queries as notices
from inspect_app.office.blueprint import blueprint
from inspect_app.office.citizen_reports import reports_of
from inspect_app.office.forms import Day, Form, FormSchema, Money, bind, once, page
from inspect_app.office.listing import listing
from inspect_app.projects import queries, services
from inspect_app.projects.models import ContractTerms, Tender, TenderDelay
from inspect_app.projects.search import SORTS

BEHIND = (("1", "有落後"), ("500", "落後 5% 以上"), ("1000", "落後 10% 以上"), ("2000", "落後 20% 以上"))
PAYERS = (("contractor", "承攬廠商"), ("supervision", "監造單位"), ("pcm", "專案管理廠商"))
MONTHS = 24


@blueprint.get("/tenders")
@requires(Permission.VIEW_TENDERS)
def tenders() -> str:
    """The list as its address says."""
    asked = listing(request.args, tuple(SORTS), "agency")
    wanted = queries.visible(actor(), _wanted(asked.sort, asked.descending, asked.page))
    of = wanted.agency_id if actor().of_agency else ""
    return render_template(
        "office/projects/list.html", found=queries.tenders(wanted), listing=asked,
        bands=queries.band_counts(catalogue.rules_on(clock.today()), of), behind=BEHIND,
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
        terms=_terms_shown(row), inspections=_inspections(row.id), signals=queries.signals(row.id), reports=reports_of(row.id),
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


def _terms_shown(row: Tender) -> dict[str, Any]:
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


class DelayForm(FormSchema):
    """What an agency says about a month."""

    month = fields.String(
        required=True, validate=validate.Regexp(r"^(19|20)\d\d-(0[1-9]|1[0-2])$", error="請選月份。")
    )
    factor = fields.String(load_default="", validate=validate.Length(max=500))
    cause = fields.String(required=True, validate=validate.Length(max=4000))
    remedy = fields.String(load_default="", validate=validate.Length(max=4000))
    catch_up_on = Day(load_default=None)
    help_needed = fields.String(load_default="", validate=validate.Length(max=4000))


@blueprint.route("/tenders/<tender_id>/delays", methods=["GET", "POST"])
@requires(Permission.EDIT_DELAYS)
@once
def tender_delays(tender_id: str) -> Response | tuple[str, int]:
    """Write why a tender is behind and what is done; the newest month's words are the start of a new month's."""
    row = queries.tender_for(actor(), tender_id)
    form = bind(DelayForm(), request.form) if request.method == "POST" else Form(_delay_typed(row))
    with form.problems():
        if form.ready:
            month = date.fromisoformat(form.data.pop("month") + "-01")
            services.save_delay(actor(), row.id, month, services.DelayNote(**form.data))
            flash("已儲存落後原因與對策。")
            return redirect(url_for("office.tender", tender_id=row.id) + "#delays", 303)
    return page("office/projects/delay.html", form, tender=row, months=_months())


def _months() -> list[tuple[str, str]]:
    """The last two years' months, newest first."""
    today, found = clock.today(), []
    year, month = today.year, today.month
    for _ in range(MONTHS):
        found.append((f"{year}-{month:02d}", f"民國{year - OFFSET}年{month}月"))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return found


def _delay_typed(row: Tender) -> dict[str, Any]:
    asked = request.args.get("month", f"{clock.today():%Y-%m}")
    lines = queries.delays(row.id)
    source: TenderDelay | None = next(
        (line for line in lines if f"{line.month:%Y-%m}" == asked), None
    ) or next(iter(lines), None)
    names = ("factor", "cause", "remedy", "catch_up_on", "help_needed")
    return {"month": asked, **{name: getattr(source, name) for name in names if source is not None}}


class TermsForm(FormSchema):
    """Penalty terms; blanks fall back to the rates in force."""

    procurement_amount = Money(load_default=None)
    rate_contractor = Money(load_default=None)
    rate_supervision = Money(load_default=None)
    rate_pcm = Money(load_default=None)
    cap_ratio = fields.String(load_default="")
    multipliers = fields.String(load_default="", validate=validate.Length(max=4000))


@blueprint.route("/tenders/<tender_id>/terms", methods=["GET", "POST"])
@requires(Permission.PLAN_VISITS)
@once
def tender_terms(tender_id: str) -> Response | tuple[str, int]:
    """What the contract says about penalty points."""
    row = queries.tender_for(actor(), tender_id)
    form = (
        bind(TermsForm(), request.form) if request.method == "POST" else Form(_terms_typed(_terms_shown(row)))
    )
    with form.problems():
        if form.ready:
            services.set_contract_terms(actor(), row.id, _terms(form.data))
            flash("已儲存契約的扣點規定。")
            return redirect(url_for("office.tender", tender_id=row.id) + "#terms", 303)
    return page("office/projects/terms.html", form, tender=row, terms=_terms_shown(row))


def _terms(data: dict[str, Any]) -> services.Terms:
    rates = {who: rate for who, _ in PAYERS if (rate := data[f"rate_{who}"]) is not None}
    return services.Terms(
        data["procurement_amount"], rates, _cap(data["cap_ratio"]), _multipliers(data["multipliers"])
    )


def _cap(text: str) -> int | None:
    """Percent as basis points."""
    plain = text.replace("%", "").replace("％", "").strip()
    if not plain:
        return None
    try:
        return int(Decimal(plain) * 100)
    except (InvalidOperation, ValueError, OverflowError):
        raise Problem("bad_value", "扣款上限請填百分比，例如 20。", field="cap_ratio") from None


def _multipliers(text: str) -> dict[str, int]:
    """A line per code: `4.03.04 2`."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        parts = line.replace("×", " ").replace("x", " ").replace("倍", " ").split()
        if not parts:
            continue
        code = normalise_code(parts[0])
        if (
            len(parts) != 2
            or code is None
            or not parts[1].isascii()
            or not parts[1].isdigit()
            or len(parts[1]) > 3
        ):
            raise Problem(
                "bad_value", f"「{line[:40]}」看不懂，請一行寫一個，例如 4.03.04 2。", field="multipliers"
            )
        found[code] = int(parts[1])
    _known(found)
    return found


def _known(codes: Iterable[str]) -> None:
    """A code that no edition in force has would never count, and nobody would notice."""
    table = catalogue.edition_rows(catalogue.edition_in_force(clock.today()).id).by_code
    if unknown := [code for code in codes if code not in table]:
        raise Problem(
            "bad_value", f"現行缺失編號表沒有 {'、'.join(unknown)}，請核對編號。", field="multipliers"
        )


def _terms_typed(shown: dict[str, Any]) -> dict[str, Any]:
    """What the form opens with; the city's own cap, so that a rate that is entered does not lift it unseen."""
    own, cap = shown["own"], None if shown["cap"] is None else f"{shown['cap'] / 100:g}"
    if own is None:
        return {"cap_ratio": cap}
    rates = {f"rate_{who}": (own.rates or {}).get(who) for who, _ in PAYERS}
    lines = "\n".join(f"{code} {factor}" for code, factor in own.multipliers.items())
    return {"procurement_amount": own.procurement_amount, **rates, "cap_ratio": cap, "multipliers": lines}


class BudgetForm(FormSchema):
    """What decides the band and the ratio of a tender."""

    budget = Money(load_default=None)
    commissioned_out = fields.Boolean(load_default=False)


@blueprint.route("/tenders/<tender_id>/budget", methods=["GET", "POST"])
@requires(Permission.PLAN_VISITS)
@once
def tender_budget(tender_id: str) -> Response | tuple[str, int]:
    """Repair the budget; from the list of unknown bands one goes on to the next."""
    row = queries.tender_for(actor(), tender_id)
    typed = {"budget": row.budget, "commissioned_out": row.commissioned_out}
    form = bind(BudgetForm(), request.form) if request.method == "POST" else Form(typed)
    with form.problems():
        if form.ready:
            services.set_quota_facts(actor(), row.id, **form.data)
            flash(f"已儲存「{row.name}」的發包預算。")
            return redirect(_after_budget(row.id), 303)
    return page("office/projects/budget.html", form, tender=row)


def _after_budget(tender_id: str) -> str:
    left = queries.tenders(queries.TenderFilter(band=queries.UNKNOWN_BAND, per_page=1))
    if request.args.get("then") == "next" and left.rows:
        return url_for("office.tender_budget", tender_id=left.rows[0].id, then="next")
    return url_for("office.tender", tender_id=tender_id)
