"""A visit that nobody made, and one that was cancelled and made all the same."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form, bind, once, page
from inspect_app.office.plan_forms import ReasonForm
from inspect_app.scheduling import services
from inspect_app.sync import calling_off


@blueprint.route("/visits/<visit_id>/call-off", methods=["GET", "POST"])
@requires(Permission.PLAN_VISITS)
@once
def call_off_visit(visit_id: str) -> Response | tuple[str, int]:
    """沒有成行, with a reason."""
    found = services.view_sealed(actor(), visit_id)
    form = bind(ReasonForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            calling_off.call_off(actor(), visit_id, form.data["reason"])
            flash("已登錄沒有成行，這次不計入查核件數。要改到別天，請重新排定。", "good")
            return redirect(url_for("office.visit", visit_id=visit_id), 303)
    return page(
        "office/scheduling/reason.html",
        form,
        known=found,
        title="沒有成行",
        label="沒有成行的理由",
        button="登錄沒有成行",
    )


@blueprint.post("/visits/<visit_id>/took-place")
@requires(Permission.PLAN_VISITS)
def visit_took_place(visit_id: str) -> Response:
    """有成行: released after all, with what was sent."""
    services.view_sealed(actor(), visit_id)
    calling_off.took_place(actor(), visit_id)
    flash("已登錄到場，平板送來的資料會納入這次查核。", "good")
    return redirect(url_for("office.visit", visit_id=visit_id), 303)
