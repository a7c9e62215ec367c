"""Importing a tablet's rescue file: look into it first, then take it in. Says how much, never what, is in it."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form, page
from inspect_app.sync.rescue import Rescued, import_rescue


@blueprint.route("/rescue", methods=["GET", "POST"])
@requires(Permission.IMPORT_RESCUE)
def rescue() -> Response | tuple[str, int]:
    """POST looks into the file; with `take` it is taken in. Nothing is held in between: the file is chosen again."""
    typed = MultiDict(request.form)
    typed.pop("passphrase", None)  # a secret is not written back into the page
    form = Form(typed, sent=request.method == "POST")
    told: Rescued | None = None
    take = request.form.get("take") == "1"
    with form.problems():
        if form.sent:
            told = _looked_into(check=not take)
    return page("office/quarantine/rescue.html", form, told=told, taken=take and told is not None)


def _looked_into(*, check: bool) -> Rescued:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Problem("missing", "請選救援檔。", field="file")
    passphrase = request.form.get("passphrase", "")
    if not passphrase:
        raise Problem("missing", "請輸入密語。", field="passphrase")
    return import_rescue(actor(), sent.stream, passphrase, check=check)
