"""One's own page: devices, deputies, password."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app.accounts import deputies, directory, mail_changes, queries, second_step
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import ROLE_NAMES, Permission
from inspect_app.accounts.sessions import revoke_device
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page


class DeputyForm(FormSchema):
    deputy_id = fields.String(required=True)
    starts_on = Day(required=True)
    ends_on = Day(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=200))


@blueprint.get("/me")
@requires(Permission.SIGNED_IN)
def profile() -> str:
    return render_template("office/profile/profile.html", **_facts())


def _facts() -> dict[str, Any]:
    me = actor()
    rows = deputies.appointments_of(me.id)
    people = {row.principal_id for row in rows} | {row.deputy_id for row in rows} | set(me.principals)
    return {
        "account": queries.get(me.id),
        "roles": [ROLE_NAMES[role] for role in sorted(me.roles)],
        "devices": directory.devices_of(me.id),
        "appointments": rows,
        "names": queries.names(people),
        "second_step": second_step.stands(me.id),
        "works_in_field": me.may(Permission.INSPECT),
    }


@blueprint.route("/me/deputies/new", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
@once
def new_deputy() -> Response | tuple[str, int]:
    form = bind(DeputyForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            deputies.appoint_deputy(actor(), **form.data)
            flash("代理人已設定，並已寄信通知。", "good")
            return redirect(url_for("office.profile"), 303)
    people = [
        (person.id, f"{person.name}（{person.title or person.login}）")
        for person in deputies.colleagues(actor())
    ]
    return page("office/profile/new_deputy.html", form, people=people)


@blueprint.post("/me/deputies/<deputy_row_id>/cancel")
@requires(Permission.SIGNED_IN)
@once
def cancel_deputy(deputy_row_id: str) -> Response:
    deputies.cancel_deputy(actor(), deputy_row_id)
    flash("代理已取消。", "good")
    return redirect(url_for("office.profile"), 303)


@blueprint.post("/me/devices/<device_id>/revoke")
@requires(Permission.SIGNED_IN)
@once
def revoke_own_device(device_id: str) -> Response:
    revoke_device(actor(), device_id)
    flash("裝置已撤銷，上面的登入立即失效；已經上傳的內容不受影響。", "good")
    return redirect(url_for("office.profile"), 303)


@blueprint.get("/me/mail-changes")
@requires(Permission.SIGNED_IN)
def mail_changes_page() -> str:
    rows = mail_changes.waiting_for(actor())
    names = queries.names({row.mail_changed_by for row in rows if row.mail_changed_by})
    return render_template("office/profile/mail_changes.html", rows=rows, names=names)


@blueprint.post("/me/mail-changes/<account_id>/confirm")
@requires(Permission.SIGNED_IN)
def confirm_mail(account_id: str) -> Response:
    mail_changes.confirm(actor(), account_id)
    flash("新的電子郵件已確認。", "good")
    return redirect(url_for("office.mail_changes_page"), 303)
