"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, redirect, request, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from inspect_app.accounts import second_step, sign_in_steps
from inspect_app.accounts.guards import (
    HALF_COOKIE,
    HALF_PATH,
    csrf_token,
    end_session,
    give_half,
    give_session,
    public,
    requires,
)
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.sign_in_steps import HalfWay
from inspect_app.errors import Problem
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import CodeForm, Form, FormSchema, Secret, bind, page
from inspect_app.office.origin import own_forms_only, safe_next
from inspect_app.office.second_step import setup_of


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
            begun = sign_in_steps.begin(**form.data, **_where())
            if isinstance(begun, HalfWay):
                answer = redirect(url_for("office.sign_in_code", next=target or None), 303)
                give_half(answer, begun)
                return answer
            answer = redirect(target or url_for("office.home"), 303)
            give_session(answer, begun)
            return answer
    return page("office/session/sign_in.html", form, next=target)


def _where() -> dict[str, Any]:
    return {"address": request.remote_addr or "", "hours": current_app.config["SETTINGS"].session_hours}


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@public
@own_forms_only
def sign_in_code() -> Response | tuple[str, int]:
    """The second step: the code of one's authenticator; who has to have one and has none sets it up here."""
    token, target = request.cookies.get(HALF_COOKIE, ""), safe_next(request.values.get("next", ""))
    try:
        account = sign_in_steps.who(token)
    except Problem:
        return redirect(url_for("office.sign_in", done="late", next=target or None), 303)
    form = bind(CodeForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            opened = sign_in_steps.finish(token, form.data["code"], **_where())
            answer = redirect(target or url_for("office.home"), 303)
            answer.delete_cookie(HALF_COOKIE, path=HALF_PATH)
            give_session(answer, opened)
            return answer
    new = None if second_step.stands(account.id) else setup_of(account.id)
    return page("office/session/code.html", form, next=target, setup=new, login=account.login)


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
