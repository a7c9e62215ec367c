"""Forms about a case's money and sanctions: what was really deducted, what was advised and done (art 10)."""

from __future__ import annotations

from flask import request
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.penalties import PAYERS
from inspect_app.errors import Problem
from inspect_app.notices import queries, services
from inspect_app.notices.models import Deduction, Sanction
from inspect_app.notices.rules import SANCTIONS
from inspect_app.office.blueprint import blueprint
from inspect_app.office.case_lines import deducted, done_about, held_line
from inspect_app.office.cases import case_page, done
from inspect_app.office.forms import Day, FormSchema, Money, bind, once
from inspect_app.office.versions import unless_changed

DONE = {"": None, "yes": True, "no": False}


class MoneyForm(FormSchema):
    amount = Money(required=True)
    on = Day(load_default=None)
    note = fields.String(load_default="", validate=validate.Length(max=500))


@blueprint.post("/cases/<case_id>/deductions/<party>")
@requires(Permission.VIEW_CASES)
@once
def record_deduction(case_id: str, party: str) -> Response | tuple[str, int]:
    row, form = queries.case(actor(), case_id), bind(MoneyForm(), request.form)
    if party not in dict(PAYERS):
        raise Problem("not_found", "這個案件沒有這個扣款對象。")
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: deducted(held_line(row.id, Deduction, party))):
                services.record_deduction(actor(), row.id, party, **form.data)
            return done(row.id, "已登錄實際扣款。", "#penalty")
    return case_page(row, **{party: form}), 422


class SanctionForm(FormSchema):
    advised = fields.Boolean()
    advice = fields.String(load_default="", validate=validate.Length(max=1000))
    done = fields.String(load_default="", validate=validate.OneOf(["", "yes", "no"]))
    on = Day(load_default=None)
    note = fields.String(load_default="", validate=validate.Length(max=1000))


@blueprint.post("/cases/<case_id>/sanctions/<kind>")
@requires(Permission.VIEW_CASES)
@once
def record_sanction(case_id: str, kind: str) -> Response | tuple[str, int]:
    """The team's advice (coordinator) or what was done (agency, coordinator)."""
    row, form = queries.case(actor(), case_id), bind(SanctionForm(), request.form)
    if kind not in SANCTIONS:
        raise Problem("not_found", "這個案件沒有這項處置。")
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: done_about(held_line(row.id, Sanction, kind))):
                services.note_sanction(actor(), row.id, kind, **form.data | {"done": DONE[form.data["done"]]})
            return done(row.id, "已登錄處置情形。", "#sanctions")
    return case_page(row, **{kind: form}), 422
