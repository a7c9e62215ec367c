"""Signing in and out."""

from __future__ import annotations

from flask import current_app, g, redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from inspect_app.accounts.guards import csrf_token, end_session, give_session, public, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.sessions import sign_in as open_session
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form, FormSchema, Secret, bind, page
from inspect_app.office.origin import own_forms_only, safe_next


class SignInForm(FormSchema):
    login = fields.String(required=True)
    password = Secret()


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
@own_forms_only
def sign_in() -> Response | tuple[str, int]:
    """The sign-in page; `next` leads on within this site only."""
    target = safe_next(request.values.get("next", ""))
    if request.method == "GET" and g.actor is not None:
        return redirect(target or url_for("office.home"))
    form = bind(SignInForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            hours = current_app.config["SETTINGS"].session_hours
            opened = open_session(**form.data, device=None, address=request.remote_addr or "", hours=hours)
            answer = redirect(target or url_for("office.home"), 303)
            give_session(answer, opened)
            return answer
    return page("office/session/sign_in.html", form, next=target)


@blueprint.get("/alive")
@public
def alive() -> dict[str, str]:
    """Who is signed in in this browser now, asked by a page before it sends what was typed; empty when nobody is."""
    return {"account": g.actor.id if g.actor is not None else "", "csrf_token": csrf_token()}


@blueprint.post("/sign-out")
@requires(Permission.SIGNED_IN)
def sign_out() -> Response:
    answer = redirect(url_for("office.sign_in", done="out"), 303)
    end_session(answer)
    return answer
