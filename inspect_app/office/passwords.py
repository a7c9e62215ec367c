"""Forgotten, first and changed passwords."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from marshmallow import ValidationError, fields, validates_schema
from werkzeug.wrappers import Response

from inspect_app.accounts import credentials
from inspect_app.accounts.guards import COOKIE, actor, public, requires
from inspect_app.accounts.passwords import MIN_LENGTH
from inspect_app.accounts.permissions import Permission
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form, FormSchema, Secret, bind, page
from inspect_app.office.origin import own_forms_only


class ForgottenForm(FormSchema):
    login = fields.String(required=True)


class PasswordForm(FormSchema):
    """A new password, typed twice."""

    password = Secret()
    repeat = Secret()

    @validates_schema
    def _same(self, data: dict[str, str], **kwargs: object) -> None:
        if data.get("password") != data.get("repeat"):
            raise ValidationError("兩次輸入的密碼不同，請重新輸入。", "repeat")


class ChangeForm(PasswordForm):
    current = Secret()


@blueprint.route("/forgotten", methods=["GET", "POST"])
@public
@own_forms_only
def forgotten() -> str | tuple[str, int]:
    """Ask for a letter; the answer is the same whether the login exists or not."""
    form = bind(ForgottenForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            credentials.ask_for_reset(form.data["login"], request.remote_addr or "")
            return render_template("office/session/letter_sent.html")
    return page("office/session/forgotten.html", form)


@blueprint.route("/password/<token>", methods=["GET", "POST"])
@public
@own_forms_only
def set_password(token: str) -> Response | tuple[str, int]:
    """The page behind a letter's link; looking at it does not use it up."""
    account = credentials.account_of_token(token)
    form = bind(PasswordForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            credentials.set_password_by_token(token, form.data["password"])
            return redirect(url_for("office.sign_in", done="password"), 303)
    return page("office/session/set_password.html", form, login=account.login, shortest=MIN_LENGTH)


@blueprint.route("/me/password", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def change_password() -> Response | tuple[str, int]:
    """Change one's password; a first one must be changed here before anything else opens."""
    form = bind(ChangeForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            cookie, address = request.cookies.get(COOKIE, ""), request.remote_addr or ""
            current, new = form.data["current"], form.data["password"]
            credentials.change_password(actor(), current, new, keep=cookie, address=address)
            flash("密碼已變更，其他裝置都已登出。", "good")
            return redirect(url_for("office.home"), 303)
    return page("office/profile/password.html", form, first=g.must_change_password, shortest=MIN_LENGTH)
