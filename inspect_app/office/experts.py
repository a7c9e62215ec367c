"""Pages of the roster (專家名單): people, their ties, their sign-in."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission, Role
from inspect_app.experts import queries, services
from inspect_app.experts.models import Expert
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page
from inspect_app.office.versions import hold, opened, unless_changed


@blueprint.get("/experts")
@requires(Permission.VIEW_EXPERTS)
def experts() -> str:
    """The roster; people who left are shown on demand."""
    everyone = request.args.get("all") == "1"
    rows = queries.members(with_inactive=everyone, text=request.args.get("q", "")[:100])
    return render_template("office/experts/list.html", rows=rows, everyone=everyone)


class ExpertForm(FormSchema):
    """One person of the roster."""

    name = fields.String(required=True, validate=validate.Length(max=60))
    roster_no = fields.String(load_default="", validate=validate.Length(max=40))
    employer = fields.String(load_default="", validate=validate.Length(max=120))
    specialities = fields.String(load_default="", validate=validate.Length(max=1000))
    external = fields.String(required=True, validate=validate.OneOf(["1", "0"]))
    on_roster = fields.Boolean(load_default=False)
    off_roster_reason = fields.String(load_default="", validate=validate.Length(max=2000))
    disqualified = fields.String(load_default="", validate=validate.Length(max=2000))
    email = fields.Email(load_default="")
    account_id = fields.String(load_default="")
    active = fields.Boolean(load_default=False)


@blueprint.route("/experts/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_EXPERTS)
@once
def new_expert() -> Response | tuple[str, int]:
    """Enter somebody by hand."""
    return _edit(None, Form({"external": "1", "on_roster": True, "active": True}))


@blueprint.route("/experts/<expert_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_EXPERTS)
@once
def expert(expert_id: str) -> Response | tuple[str, int]:
    """Change somebody, and the facts that may mean recusal."""
    row = queries.expert(expert_id)
    return _edit(row, opened(_typed(row)))


def _edit(row: Expert | None, stored: Form) -> Response | tuple[str, int]:
    form = bind(ExpertForm(), request.form) if request.method == "POST" else stored
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _typed(hold(Expert, row.id)) if row else None):
                saved = services.save_expert(actor(), _person(form.data), row.id if row else None)
            flash(f"已儲存「{saved.name}」。")
            return redirect(url_for("office.expert", expert_id=saved.id), 303)
    return _page(row, form, Form())


def _page(row: Expert | None, form: Form, tie_form: Form) -> tuple[str, int]:
    ties = queries.ties(row.id) if row else []
    answer, status = page(
        "office/experts/edit.html",
        form,
        expert=row,
        ties=ties,
        tie_form=tie_form,
        kinds=services.TIE_KINDS,
        accounts=_sign_ins(row),
    )
    return answer, 422 if tie_form.errors else status


def _sign_ins(row: Expert | None) -> list[tuple[str, str]]:
    """The accounts to choose from; the linked one stays among them when it is disabled, so that saving does not undo the link."""
    people = accounts.with_role(Role.INSPECTOR, Role.LEADER, Role.STAFF)
    linked = accounts.get(row.account_id) if row is not None and row.account_id else None
    if linked is not None and linked not in people:
        people = [linked, *people]
    return [(person.id, f"{person.name}（{person.login}）") for person in people]


def _person(data: dict[str, Any]) -> services.Person:
    skills = [part.strip() for part in re.split(r"[、，,;；\n]", data["specialities"]) if part.strip()]
    return services.Person(**{**data, "specialities": skills, "external": data["external"] == "1"})


def _typed(row: Expert) -> dict[str, Any]:
    names = asdict(services.Person("")).keys()
    stored = {name: getattr(row, name) for name in names}
    return {**stored, "specialities": "、".join(row.specialities), "external": "1" if row.external else "0"}


class TieForm(FormSchema):
    """A fact that may mean recusal."""

    kind = fields.String(required=True)
    party = fields.String(load_default="", validate=validate.Length(max=120))
    degree = fields.Integer(load_default=None, strict=False, validate=validate.Range(min=0, max=6))
    since = Day(load_default=None)
    until = Day(load_default=None)
    note = fields.String(load_default="", validate=validate.Length(max=500))


@blueprint.post("/experts/<expert_id>/ties")
@requires(Permission.MANAGE_EXPERTS)
@once
def add_tie(expert_id: str) -> Response | tuple[str, int]:
    """Write down a tie."""
    row = queries.expert(expert_id)
    form = bind(TieForm(), request.form)
    with form.problems():
        if form.ready:
            services.add_tie(actor(), row.id, services.TieFact(**form.data))
            flash("已記下應迴避的關係。")
            return redirect(url_for("office.expert", expert_id=row.id) + "#ties", 303)
    return _page(row, opened(_typed(row)), form)


@blueprint.post("/experts/<expert_id>/ties/<tie_id>/remove")
@requires(Permission.MANAGE_EXPERTS)
@once
def remove_tie(expert_id: str, tie_id: str) -> Response:
    """Take a tie back."""
    services.remove_tie(actor(), expert_id, tie_id)
    flash("已刪除這筆關係。")
    return redirect(url_for("office.expert", expert_id=expert_id) + "#ties", 303)
