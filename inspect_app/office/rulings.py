"""What the meeting's chair has ruled (主席裁示): given to a unit, reported on, decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.meetings import queries, services
from inspect_app.meetings.models import Meeting, Ruling
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page
from inspect_app.office.versions import CHANGED, lay_beside, saw_other, seen
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender

DECISIONS = (("released", "解除列管"), ("continued", "繼續列管"), ("merged", "併案"))


class RulingForm(FormSchema):
    """主席裁示."""

    text = fields.String(required=True, validate=validate.Length(max=2000))
    unit_id = fields.String(required=True)
    due_on = Day(required=True)
    tender_id = fields.String(load_default=None)


@blueprint.route("/meetings/<meeting_id>/rulings/new", methods=["GET", "POST"])
@requires(Permission.RULE)
@once
def new_ruling(meeting_id: str) -> Response | tuple[str, int]:
    row = queries.meeting(meeting_id)
    form = bind(RulingForm(), request.form) if request.method == "POST" else Form(_about(row))
    with form.problems():
        if form.ready:
            services.add_ruling(actor(), row.id, services.NewRuling(**form.data))
            flash("已列管這項裁示，並通知主辦單位。")
            return redirect(url_for("office.meeting", meeting_id=row.id) + "#rulings", 303)
    return page("office/meetings/ruling_form.html", form, meeting=row, ruling=None, **_choices(form))


def _about(row: Meeting) -> dict[str, Any]:
    """A ruling begun from a behind-schedule tender knows tender and unit."""
    tender_id = request.args.get("tender", "")
    tender = db.session.get(Tender, tender_id) if tender_id else None
    due = max(row.held_on, clock.today()) + timedelta(days=30)
    return {"due_on": due} | ({"tender_id": tender.id, "unit_id": tender.agency_id} if tender else {})


def _choices(form: Form) -> dict[str, Any]:
    tender = db.session.get(Tender, form.value("tender_id")) if form.value("tender_id") else None
    return {"units": [(row.id, row.name) for row in projects.agencies()], "tender": tender}


@blueprint.route("/rulings/<ruling_id>/edit", methods=["GET", "POST"])
@requires(Permission.RULE)
@once
def edit_ruling(ruling_id: str) -> Response | tuple[str, int]:
    ruling = queries.ruling(actor(), ruling_id)
    stored = {name: getattr(ruling, name) for name in ("text", "unit_id", "due_on", "tender_id")}
    form = bind(RulingForm(), request.form) if request.method == "POST" else Form(stored)
    with form.problems():
        if form.ready:
            if saw_other(form, ruling.version):
                lay_beside(form, stored, ruling.version)
                raise Problem("stale", CHANGED)
            services.edit_ruling(actor(), ruling.id, services.NewRuling(**form.data), ruling.version)
            return redirect(url_for("office.ruling", ruling_id=ruling.id), 303)
    return page(
        "office/meetings/ruling_form.html",
        form,
        meeting=queries.meeting(ruling.meeting_id),
        ruling=ruling,
        **_choices(form),
    )


@blueprint.get("/rulings")
@requires(Permission.REPORT_RULINGS)
def my_rulings() -> str:
    """The rulings of the own unit."""
    rows = queries.rulings_of_unit(actor().agency_id or "")
    return render_template(
        "office/meetings/my_rulings.html", rulings=rows, states=queries.STATES, today=clock.today()
    )


class ReportForm(FormSchema):
    text = fields.String(required=True, validate=validate.Length(max=4000))
    ask_release = fields.Boolean()


class DecisionForm(FormSchema):
    decision = fields.String(required=True, validate=validate.OneOf([key for key, _ in DECISIONS]))
    text = fields.String(load_default="", validate=validate.Length(max=2000))
    due_on = Day(load_default=None)
    into = fields.String(load_default=None)


@blueprint.get("/rulings/<ruling_id>")
@requires(Permission.SIGNED_IN)
def ruling(ruling_id: str) -> str:
    """One ruling and its way; the forms shown are those that the person may use."""
    return _ruling_page(queries.ruling(actor(), ruling_id), Form(), Form())


def _ruling_page(row: Ruling, report: Form, decision: Form) -> str:
    open_ones = [one for one in queries.open_rulings() if one.id != row.id]
    return render_template(
        "office/meetings/ruling.html", ruling=row, meeting=queries.meeting(row.meeting_id), states=queries.STATES,
        unit=projects.agency(row.unit_id), report=report, decision=decision, decisions=_decisions(row), today=clock.today(),
        others=[(one.id, one.text[:60]) for one in open_ones], tender=db.session.get(Tender, row.tender_id) if row.tender_id else None,
        stands=queries.stands(row),
        may_report=actor().may(Permission.REPORT_RULINGS) and row.unit_id == actor().agency_id and row.state in queries.OPEN,
        may_decide=actor().may(Permission.RELEASE_RULINGS), is_open=row.state in queries.OPEN,
        merged_into=_merged_into(row),
    )  # fmt: skip


def _merged_into(row: Ruling) -> Ruling | None:
    """The ruling that stays, for those who may see that one: it may be another unit's."""
    if row.merged_into is None:
        return None
    try:
        return queries.ruling(actor(), row.merged_into)
    except Problem:
        return None


def _decisions(row: Ruling) -> tuple[tuple[str, str], ...]:
    """What can be decided now; a decision made by mistake has one way back."""
    return DECISIONS if row.state in queries.OPEN else (("continued", "恢復列管"),)


@blueprint.post("/rulings/<ruling_id>/report")
@requires(Permission.REPORT_RULINGS)
@once
def report_ruling(ruling_id: str) -> Response | tuple[str, int]:
    row, form = queries.ruling(actor(), ruling_id), bind(ReportForm(), request.form)
    with form.problems():
        if form.ready:
            services.report_ruling(actor(), row.id, **form.data)
            flash("已回報辦理情形。")
            return redirect(url_for("office.ruling", ruling_id=row.id), 303)
    return _ruling_page(row, form, Form()), 422


@blueprint.post("/rulings/<ruling_id>/decide")
@requires(Permission.RELEASE_RULINGS)
@once
def decide_ruling(ruling_id: str) -> Response | tuple[str, int]:
    row, form = queries.ruling(actor(), ruling_id), bind(DecisionForm(), request.form)
    with form.problems():
        if form.ready:
            services.decide_ruling(actor(), row.id, form.data.pop("decision"), seen=seen(form), **form.data)
            flash("已登錄決定。")
            return redirect(url_for("office.ruling", ruling_id=row.id), 303)
    form.version = queries.stands(row)  # the page that follows shows it
    return _ruling_page(row, Form(), form), 422
