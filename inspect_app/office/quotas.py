"""The year's numbers: required against done, the tenders without a band, the head's own numbers, the quarterly returns."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.roc import OFFSET
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, Whole, bind, once, page
from inspect_app.office.versions import unless_changed
from inspect_app.scheduling import quotas as queries
from inspect_app.scheduling import services
from inspect_app.scheduling.models import QuarterlyReturn, QuotaAdjustment

EARLIEST = 2016
RATIO_NAME = "年度比率"


class AdjustForm(FormSchema):
    """The head's own number."""

    band_from = Whole(required=True)
    required = Whole(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=1000))
    letter = fields.String(load_default="", validate=validate.Length(max=100))


class ReturnForm(FormSchema):
    """The letter of a quarter."""

    quarter = Whole(required=True)
    sent_on = Day(required=True)
    letter = fields.String(load_default="", validate=validate.Length(max=100))


@blueprint.get("/quotas")
@requires(Permission.VIEW_MEETINGS)
def quotas() -> tuple[str, int]:
    """The year as it stands; `?year=2026`, by default this one."""
    text = request.args.get("year", "")
    return year_page(_year(text) if text else clock.today().year)


def _year(text: str) -> int:
    last = clock.today().year + 1
    if not (text.isascii() and text.isdigit() and EARLIEST <= int(text) <= last):
        raise Problem("not_found", f"沒有這個年度，可以看民國 {EARLIEST - OFFSET} 到 {last - OFFSET} 年。")
    return int(text)


def year_page(number: int, **forms: Form) -> tuple[str, int]:
    """The page; a form that was refused is shown again with what was typed."""
    found, today = queries.year(number, clock.today()), clock.today()
    bands = {band.low: _name(band.low, band.high) for band in found.quota.bands}
    adjust, filed = forms.get("adjust", Form()), forms.get("filed", Form())
    return page(
        "office/quotas/year.html", adjust if adjust.errors else filed, found=found, today=today, bands=bands,
        names={queries.RATIO: RATIO_NAME} | bands, adjust=adjust, filed=filed, years=range(today.year + 1, EARLIEST, -1),
    )  # fmt: skip


def _name(low: int, high: int | None) -> str:
    top = f"至未達 {high // 10_000:,} 萬元" if high else "元以上"
    return f"{low // 10_000:,} 萬{top}"


@blueprint.post("/quotas/<number>/adjust")
@requires(Permission.PLAN_VISITS)
@once
def adjust_quota(number: str) -> Response | tuple[str, int]:
    """Enter the head's own number."""
    year, form = _year(number), bind(AdjustForm(), request.form)
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _adjusted(year, form.data["band_from"])):
                services.adjust_quota(actor(), year, **form.data)
            return _back(year, "已登錄首長的調整，請送工程會備查。")
    return year_page(year, adjust=form)


def _adjusted(year: int, band_from: int) -> dict[str, Any] | None:
    row = db.session.get(QuotaAdjustment, (year, band_from), with_for_update=True)
    return {name: getattr(row, name) for name in ("required", "reason", "letter")} if row else None


def _filed(year: int, quarter: int) -> dict[str, Any] | None:
    row = db.session.get(QuarterlyReturn, (year, quarter), with_for_update=True)
    return {"sent_on": row.sent_on, "letter": row.letter} if row else None


@blueprint.post("/quotas/<number>/adjust/<band_from>/remove")
@requires(Permission.PLAN_VISITS)
@once
def remove_adjustment(number: str, band_from: str) -> Response:
    """Take the head's number back."""
    year = _year(number)
    if not (band_from.isascii() and band_from.isdigit()):
        raise Problem("not_found", "沒有這個級距。")
    services.remove_adjustment(actor(), year, int(band_from[:12]))
    return _back(year, "已刪除這項調整。")


@blueprint.post("/quotas/<number>/returns")
@requires(Permission.PLAN_VISITS)
@once
def file_return(number: str) -> Response | tuple[str, int]:
    """Enter the letter of a quarter."""
    year, form = _year(number), bind(ReturnForm(), request.form)
    with form.problems():
        if form.ready:
            data = form.data
            with unless_changed(form, lambda: _filed(year, data["quarter"])):
                services.file_return(
                    actor(), year, data["quarter"], on=data["sent_on"], letter=data["letter"]
                )
            return _back(year, "已登錄函送工程會。")
    return year_page(year, filed=form)


def _back(number: int, message: str) -> Response:
    flash(message)
    return redirect(url_for("office.quotas", year=number), 303)
