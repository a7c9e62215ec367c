"""Citizen reports (全民督工) about a tender: a reason to inspect it, with the day by which it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.deadlines import Due, citizen_due
from inspect_app.errors import Problem
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page
from inspect_app.office.versions import hold, opened, unless_changed
from inspect_app.projects import queries, services
from inspect_app.projects.models import Signal

KIND = "complaint"


@dataclass(frozen=True, slots=True)
class Reported:
    """One report with its last day and the reasons for it."""

    signal: Signal
    due: Due

    @property
    def days_left(self) -> int:
        """Calendar days until the last day, negative after it."""
        return (self.due.due - clock.today()).days

    @property
    def days_late(self) -> int:
        """Calendar days by which the answer came late; 0 when it came in time or did not come yet."""
        answered = self.signal.answered_on
        return max(0, (answered - self.due.due).days) if answered else 0


def reports_of(tender_id: str) -> list[Reported]:
    """The reports about a tender, each by the rules of its day of dispatch."""
    found = [row for row in queries.signals(tender_id) if row.kind == KIND]
    return [Reported(row, citizen_due(row.on, catalogue.rules_on(row.on))) for row in found]


class ReportForm(FormSchema):
    """A report's number and the day on which it was dispatched."""

    number = fields.String(required=True, validate=validate.Length(max=60))
    dispatched = Day(required=True)


@blueprint.route("/tenders/<tender_id>/citizen-reports/new", methods=["GET", "POST"])
@requires(Permission.IMPORT_TENDERS)
@once
def new_citizen_report(tender_id: str) -> Response | tuple[str, int]:
    """Write a report down; it counts as a reason to inspect from then on."""
    row = queries.tender_for(actor(), tender_id)
    form = bind(ReportForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            _add(row.id, form.data["number"], form.data["dispatched"])
            flash("已登錄通報，列入選案原因。")
            return redirect(url_for("office.tender", tender_id=row.id, _anchor="citizen"), 303)
    return page("office/projects/citizen_report.html", form, tender=row)


class AnswerForm(FormSchema):
    """The day of the answer; blank when it was not answered after all."""

    on = Day(load_default=None)


@blueprint.route("/tenders/<tender_id>/citizen-reports/<signal_id>", methods=["GET", "POST"])
@requires(Permission.IMPORT_TENDERS)
@once
def answer_citizen_report(tender_id: str, signal_id: str) -> Response | tuple[str, int]:
    """Write down when a report was answered; its deadline is met then."""
    row = queries.tender_for(actor(), tender_id)
    report = next((one for one in reports_of(row.id) if one.signal.id == signal_id), None)
    if report is None:
        raise Problem("not_found", "找不到這件通報。")
    form = bind(AnswerForm(), request.form) if request.method == "POST" else opened(_answered(report.signal))
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _answered(hold(Signal, signal_id))):
                services.answer_signal(actor(), signal_id, form.data["on"])
            flash("已登錄回復日。" if form.data["on"] else "已改為還沒有回復。")
            return redirect(url_for("office.tender", tender_id=row.id, _anchor="citizen"), 303)
    return page("office/projects/citizen_answer.html", form, tender=row, report=report)


def _answered(row: Signal) -> dict[str, Any]:
    return {"on": row.answered_on}


def _add(tender_id: str, number: str, dispatched: date) -> None:
    if dispatched > clock.today():
        raise Problem("bad_value", "派案日不能是未來的日期。", field="dispatched")
    evidence = f"全民督工 {number}"
    if any(one.signal.evidence == evidence for one in reports_of(tender_id)):
        raise Problem("conflict", "這個通報編號已經登錄過。", field="number")
    services.add_signal(actor(), tender_id, KIND, dispatched, evidence)
