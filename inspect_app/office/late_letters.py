"""Letters that should have left: to whom, why not, and one button. Calls before a release are not among them."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.letters import SUBJECTS
from inspect_app.accounts.permissions import Permission
from inspect_app.evidence import condition
from inspect_app.notifications.models import OutboxRow
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import once

SHOWN = 200


@blueprint.get("/late-letters")
@requires(Permission.MANAGE_ACCOUNTS)
def late_letters() -> str:
    rows = condition.late_letters()
    lines = [{"row": row, **_told(row)} for row in rows[:SHOWN]]
    return render_template("office/late_letters.html", lines=lines, count=len(rows))


def _told(row: OutboxRow) -> dict[str, str]:
    """A letter with a link into an account is made when it leaves: only its login stands in the row."""
    if row.kind == "mail":
        return {"to": row.payload["to"], "subject": row.payload["subject"]}
    return {"to": row.payload["login"], "subject": SUBJECTS[row.payload["purpose"]]}


@blueprint.post("/late-letters")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def send_letters_again() -> Response:
    condition.send_again(actor())
    flash("沒有寄出的信已排入重新寄送，請稍後再來查看。")
    return redirect(url_for("office.late_letters"), 303)
