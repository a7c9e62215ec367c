"""Agencies: those that a spreadsheet brought are confirmed or merged into a known one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form, FormSchema, bind, once, page
from inspect_app.office.versions import hold, opened, unless_changed
from inspect_app.projects import queries, services
from inspect_app.projects.models import Agency


@blueprint.get("/agencies")
@requires(Permission.IMPORT_TENDERS)
def agencies() -> str:
    """Unconfirmed ones first, then all."""
    return render_template(
        "office/projects/agencies.html",
        unconfirmed=queries.unconfirmed_agencies(),
        agencies=queries.agencies(),
        counts=queries.tender_counts(),
    )


class AgencyForm(FormSchema):
    """Confirm with a code, or merge into another agency."""

    do = fields.String(required=True, validate=validate.OneOf(["confirm", "merge"]))
    name = fields.String(load_default="", validate=validate.Length(max=100))
    code = fields.String(load_default="", validate=validate.Length(max=20))
    short_name = fields.String(load_default="", validate=validate.Length(max=30))
    into = fields.String(load_default="")
    same = fields.Boolean(load_default=False)


@blueprint.route("/agencies/<agency_id>", methods=["GET", "POST"])
@requires(Permission.IMPORT_TENDERS)
@once
def agency(agency_id: str) -> Response | tuple[str, int]:
    """One agency: confirm it, or merge it."""
    row = queries.agency(agency_id)
    form = bind(AgencyForm(), request.form) if request.method == "POST" else opened(_stored(row))
    with form.problems():
        if form.ready:
            _settle(row.id, form)
            if not form.errors:
                return redirect(url_for("office.agencies"), 303)
    clashes = queries.clashes(row.id, form.value("into")) if form.errors else []
    known = [(other.id, other.name) for other in queries.agencies() if other.confirmed and other.id != row.id]
    return page("office/projects/agency.html", form, agency=row, known=known, clashes=clashes)


def _stored(row: Agency) -> dict[str, str | None]:
    return {"do": "confirm", "name": row.name, "code": row.code, "short_name": row.short_name}


def _settle(agency_id: str, form: Form) -> None:
    if form.data["do"] == "confirm":
        with unless_changed(form, lambda: _stored(hold(Agency, agency_id))):
            services.confirm_agency(
                actor(),
                agency_id,
                code=form.data["code"],
                short_name=form.data["short_name"],
                name=form.data["name"],
            )
        flash("機關已確認。")
        return
    if not form.data["into"]:
        form.errors["into"] = "請選要併入的機關。"
        return
    clashes = services.merge_agency(actor(), agency_id, form.data["into"], same=form.data["same"])
    if clashes:
        form.errors["same"] = (
            f"兩個機關有 {len(clashes)} 個相同的標案編號，還沒有合併。請看上面的對照，都是同一件再勾選。"
        )
    else:
        flash("機關已合併，標案都移過去了；下次匯入同名機關會自動對上。")
