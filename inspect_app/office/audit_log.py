"""The audit log, for the auditor and the administrator. To look is an act of its own and is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, request, url_for
from marshmallow import fields

from inspect_app import audit
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.audit import queries
from inspect_app.audit.models import AuditLine
from inspect_app.office.audit_words import WORDS
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, FormSchema, bind
from inspect_app.office.listing import listing
from inspect_app.office.navigation import may_open
from inspect_app.transaction import transaction

SUBJECTS = {
    "account": ("帳號", "office.account", "account_id"),
    "case": ("案件", "office.case", "case_id"),
    "inspection": ("查核", "office.inspection", "inspection_id"),
    "meeting": ("會議", "office.meeting", "meeting_id"),
    "ruling": ("裁示", "office.ruling", "ruling_id"),
    "tender": ("標案", "office.tender", "tender_id"),
}
"""kind -> (word, page, its argument)."""


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
    wanted = _in_words(queries.Filter(**form.data))
    narrowed = {key: request.args[key] for key in LogFilter().fields if request.args.get(key)}
    with transaction():
        audit.record(actor(), "audit.viewed", "audit:log", page=order.page, narrowed=narrowed)
    rows, count = queries.lines(wanted, order.offset, order.size)
    return render_template(
        "office/audit/log.html", rows=rows, count=count, listing=order.within(count), errors=form.errors, words=WORDS,
        subjects=_subjects(rows),
    )  # fmt: skip


def _in_words(wanted: queries.Filter) -> queries.Filter:
    """Acts are asked for by their code, or by the words that the page shows for them."""
    if wanted.action.isascii():
        return wanted
    meant = tuple(code for code, word in WORDS.items() if wanted.action in word)
    return replace(wanted, action="", actions=meant)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a line is about, in words, and its page where the reader may open it. A visit stays an opaque id."""

    word: str
    url: str


def _subjects(rows: list[AuditLine]) -> dict[str, Subject]:
    parted = {row.subject: row.subject.partition(":") for row in rows}
    people = accounts.names(key for kind, _, key in parted.values() if kind == "account")
    found = {}
    for subject, (kind, _, key) in parted.items():
        if kind not in SUBJECTS or not key:
            continue
        word, endpoint, name = SUBJECTS[kind]
        values: dict[str, Any] = {name: key}
        url = url_for(endpoint, **values) if may_open(actor(), endpoint) else ""
        found[subject] = Subject(f"{word}{people.get(key, '')}", url)
    return found
