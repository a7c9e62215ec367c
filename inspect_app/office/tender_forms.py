"""What people write down about a tender: why it is behind, the contract's penalty terms, the budget."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.catalogue import normalise_code
from inspect_app.domain.penalties import PAYERS
from inspect_app.domain.roc import OFFSET
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, Money, bind, once, page
from inspect_app.office.projects import terms_shown
from inspect_app.office.versions import hold, opened, unless_changed, version_of
from inspect_app.projects import queries, services
from inspect_app.projects.models import Tender, TenderDelay

MONTHS = 24


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
    form = bind(DelayForm(), request.form) if request.method == "POST" else _delay_form(row)
    with form.problems():
        if form.ready:
            month = date.fromisoformat(form.data.pop("month") + "-01")
            with unless_changed(form, lambda: _delay_of(hold(Tender, row.id), month)):
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


def _delay_form(row: Tender) -> Form:
    """The month that was asked for; one that nobody wrote yet begins with the newest month's words."""
    asked = request.args.get("month", f"{clock.today():%Y-%m}")
    lines = queries.delays(row.id)
    own = next((line for line in lines if f"{line.month:%Y-%m}" == asked), None)
    source = own or next(iter(lines), None)
    words = _words_of(source) if source else {}
    return Form({"month": asked, **words}, version=version_of(_words_of(own) if own else None))


def _words_of(line: TenderDelay) -> dict[str, Any]:
    names = ("factor", "cause", "remedy", "catch_up_on", "help_needed")
    return {name: getattr(line, name) for name in names}


def _delay_of(row: Tender, month: date) -> dict[str, Any] | None:
    """What the month that is saved says now: it may be another one than the form was opened for."""
    line = db.session.get(TenderDelay, (row.id, month), populate_existing=True)
    return _words_of(line) if line else None


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
        bind(TermsForm(), request.form)
        if request.method == "POST"
        else opened(_terms_typed(terms_shown(row)))
    )
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _terms_typed(terms_shown(hold(Tender, row.id)))):
                services.set_contract_terms(actor(), row.id, _terms(form.data))
            flash("已儲存契約的扣點規定。")
            return redirect(url_for("office.tender", tender_id=row.id) + "#terms", 303)
    return page("office/projects/terms.html", form, tender=row, terms=terms_shown(row))


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
    form = bind(BudgetForm(), request.form) if request.method == "POST" else opened(_budget_typed(row))
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _budget_typed(hold(Tender, row.id))):
                services.set_quota_facts(actor(), row.id, **form.data)
            flash(f"已儲存「{row.name}」的發包預算。")
            return redirect(_after_budget(row.id), 303)
    return page("office/projects/budget.html", form, tender=row)


def _budget_typed(row: Tender) -> dict[str, Any]:
    return {"budget": row.budget, "commissioned_out": row.commissioned_out}


def _after_budget(tender_id: str) -> str:
    left = queries.tenders(queries.TenderFilter(band=queries.UNKNOWN_BAND, per_page=1))
    if request.args.get("then") == "next" and left.rows:
        return url_for("office.tender_budget", tender_id=left.rows[0].id, then="next")
    return url_for("office.tender", tender_id=tender_id)
