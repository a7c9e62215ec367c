"""One's own second step: setting it up by a picture for the phone, and giving it up."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from flask import flash, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from inspect_app.accounts import queries, second_step, sign_in_steps
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import CodeForm, Form, FormSchema, Secret, bind, page


class GiveUpForm(FormSchema):
    password = Secret()


@dataclass(frozen=True, slots=True)
class SetupPicture:
    """What the page shows: the picture (SVG, black on white in every theme), and the secret in groups of four, to be typed."""

    picture: Markup
    groups: str


def setup_of(account_id: str) -> SetupPicture:
    made = second_step.setup(account_id)
    drawn = segno.make(made.address, error="m", micro=False).svg_inline(scale=5, light="#fff", omitsize=True)
    groups = " ".join(made.secret[at : at + 4] for at in range(0, len(made.secret), 4))
    return SetupPicture(Markup(drawn), groups)  # noqa: S704  # nosec B704  # segno draws squares, no text


@blueprint.route("/me/second-step", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def set_second_step() -> Response | tuple[str, int]:
    """Set one's own up, or read that it stands."""
    me = actor()
    form = bind(CodeForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            sign_in_steps.confirm(me, form.data["code"], request.remote_addr or "")
            flash("兩步驟驗證設定好了，下次登入會多問一組驗證碼。", "good")
            return redirect(url_for("office.profile"), 303)
    return _page(form)


def _page(form: Form) -> tuple[str, int]:
    me, account = actor(), queries.get(actor().id)
    if account is None:
        raise Problem("signed_out")
    standing = second_step.stands(me.id)
    new = None if standing else setup_of(me.id)
    return page(
        "office/profile/second_step.html",
        form,
        setup=new,
        standing=standing,
        wanted=second_step.is_wanted(account),
    )


@blueprint.post("/me/second-step/give-up")
@requires(Permission.SIGNED_IN)
def give_up_second_step() -> Response | tuple[str, int]:
    form = bind(GiveUpForm(), request.form)
    with form.problems():
        if form.ready:
            sign_in_steps.give_up(actor(), form.data["password"], request.remote_addr or "")
            flash("兩步驟驗證已解除，登入只要密碼。", "good")
            return redirect(url_for("office.profile"), 303)
    return _page(form)
