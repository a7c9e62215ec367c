"""One work under two numbers or agencies (renumbered, handed over, brought twice): the one goes into the other."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form, FormSchema, bind, once, page
from inspect_app.projects import queries, services
from inspect_app.projects.models import Tender


class MergeForm(FormSchema):
    """The tender that stays, by its key, and that somebody looked at the two."""

    agency = fields.String(required=True, validate=validate.Length(max=36))
    number = fields.String(required=True, validate=validate.Length(max=60))
    same = fields.Boolean(load_default=False)


@blueprint.route("/tenders/<tender_id>/merge", methods=["GET", "POST"])
@requires(Permission.IMPORT_TENDERS)
@once
def merge_tender(tender_id: str) -> Response | tuple[str, int]:
    """The first sending shows the two side by side, the second one merges."""
    row = queries.tender_for(actor(), tender_id)
    form = bind(MergeForm(), request.form) if request.method == "POST" else Form({"agency": row.agency_id})
    other: Tender | None = None
    with form.problems():
        if form.ready:
            other = _other(form)
            if form.data["same"]:
                services.merge_tender(actor(), row.id, other.id)
                flash("已合併，原來的查核、改善與通報都在這裡。請再匯入一次最新的檔案。")
                return redirect(url_for("office.tender", tender_id=other.id), 303)
            form.errors["same"] = "請看上面的對照，是同一件再勾選。"
    known = [(one.id, one.name) for one in queries.agencies()]
    return page("office/projects/merge.html", form, tender=row, other=other, agencies=known)


def _other(form: Form) -> Tender:
    found = queries.by_key(form.data["agency"], form.data["number"])
    if found is None:
        raise Problem("bad_value", "這個機關沒有這個編號的標案，請查對。", field="number")
    return found
