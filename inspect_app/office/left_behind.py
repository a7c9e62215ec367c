"""What one's other devices were still to send when they were last heard, and what to do about it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import once
from inspect_app.sync import left_behind as services


@blueprint.get("/left-behind")
@requires(Permission.INSPECT)
def left_behind() -> str:
    return render_template("office/profile/left_behind.html", devices=services.of(actor()))


@blueprint.post("/left-behind/<device_id>/settle")
@requires(Permission.INSPECT)
@once
def settle_left_behind(device_id: str) -> Response:
    services.settle(actor(), device_id)
    flash("已記下處理完畢。這台裝置若再連線，會重新列出。", "good")
    return redirect(url_for("office.left_behind"), 303)
