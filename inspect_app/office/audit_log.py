"""The audit log, for the auditor and the administrator. To look is an act of its own and is written down."""

from __future__ import annotations

from flask import render_template, request
from marshmallow import fields

from inspect_app import audit
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.audit import queries
from inspect_app.office.audit_words import WORDS
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, FormSchema, bind
from inspect_app.office.listing import listing
from inspect_app.transaction import transaction


class LogFilter(FormSchema):
    action = fields.String(load_default="")
    who = fields.String(load_default="", attribute="actor")
    subject = fields.String(load_default="")
    since = Day(load_default=None)
    until = Day(load_default=None)


@blueprint.get("/audit")
@requires(Permission.VIEW_AUDIT)
def audit_log() -> str:
    order = listing(request.args, ("n",), "-n", size=100)
    form = bind(LogFilter(), request.args)
    wanted = queries.Filter(**form.data)
    narrowed = {key: request.args[key] for key in LogFilter().fields if request.args.get(key)}
    with transaction():
        audit.record(actor(), "audit.viewed", "audit:log", page=order.page, narrowed=narrowed)
    rows, count = queries.lines(wanted, order.offset, order.size)
    return render_template(
        "office/audit/log.html", rows=rows, count=count, listing=order, errors=form.errors, words=WORDS
    )
