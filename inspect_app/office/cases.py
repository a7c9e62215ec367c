"""The agency's cases: the list, the case, and the commission's decisions about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.penalties import PAYERS
from inspect_app.domain.repeats import RELATIONS, Repeat
from inspect_app.extensions import db
from inspect_app.inspections import repeating
from inspect_app.inspections.document import for_agency
from inspect_app.inspections.models import Record
from inspect_app.notices import deadlines, queries, services
from inspect_app.notices.listing import SORTS, Wanted, page
from inspect_app.notices.models import Case
from inspect_app.notices.rules import SANCTIONS
from inspect_app.notifications import services as notifications
from inspect_app.office.blueprint import blueprint
from inspect_app.office.case_events import LETTERS, events
from inspect_app.office.case_lines import deducted, done_about
from inspect_app.office.case_timeline import timeline, told
from inspect_app.office.forms import Day, Form, FormSchema, bind, once
from inspect_app.office.listing import listing
from inspect_app.office.versions import opened, seen
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender
from inspect_app.reports.words import KIND_OF_FINDING

STATES = {
    "waiting": ("填報中", "wait"),
    "ready": ("待核章", "info"),
    "sent": ("審查中", "info"),
    "returned": ("退回補正", "bad"),
    "accepted": ("同意", "done"),
}


@blueprint.get("/cases")
@requires(Permission.VIEW_CASES)
def cases() -> str:
    """The cases that the person may see: the open ones with the most urgent first, the closed ones with the latest."""
    state = request.args.get("state", "open")
    state = state if state in ("open", "closed", "overdue") else ""
    order = listing(request.args, tuple(SORTS), "due" if state in ("open", "overdue") else "-due")
    wanted = Wanted(
        state, request.args.get("agency", "")[:36], order.sort, order.descending, order.offset, order.size
    )
    rows, count = page(actor(), wanted, clock.today())
    agencies = [] if actor().of_agency else [(row.id, row.name) for row in projects.agencies()]
    return render_template(
        "office/cases/list.html",
        rows=rows,
        count=count,
        listing=order.within(count),
        agencies=agencies,
        today=clock.today(),
    )


@blueprint.get("/cases/<case_id>")
@requires(Permission.VIEW_CASES)
def case(case_id: str) -> str:
    """One case with everything that belongs to it."""
    return case_page(queries.case(actor(), case_id))


def case_page(row: Case, **forms: Form) -> str:
    """The case page; a form that was refused is shown again with what was typed."""
    record, tender = db.session.get_one(Record, row.inspection_id), db.session.get_one(Tender, row.tender_id)
    content = for_agency(record.content or {})
    letters, inspected_on = queries.letters(row.id), date.fromisoformat(content["visit"]["inspected_on"])
    line = timeline(row, letters, LETTERS, inspected_on, clock.today())
    shown = {
        name: forms.get(name, Form())
        for name in ("send", "extension", "decision", "remind", "letter", "close", "reopen")
    }
    deductions, sanctions = queries.deductions(row.id), queries.sanctions(row.id)
    return render_template(
        "office/cases/case.html", case=row, tender=tender, content=content, record=record, today=clock.today(), states=STATES,
        progress=queries.progress(row, clock.today()), parts=KIND_OF_FINDING, parties=PAYERS, extensions=queries.extensions(row.id),
        letters=letters, letter_names=LETTERS, line=line, steps=told(line, row),
        deductions=deductions, money_forms={party: forms.get(party) or opened(deducted(deductions.get(party))) for party, _ in PAYERS},
        sanctions=sanctions, sanction_forms={kind: forms.get(kind) or opened(done_about(line)) for kind, line in sanctions.items()},
        sanction_names=SANCTIONS, events=events(row), may=actor().may, P=Permission, refused=_refused(forms), ready=queries.ready(row),
        repeats=_repeats(row, content), relations=RELATIONS, why_due=deadlines.why_due(row, queries.extensions(row.id)),
        standing=deadlines.standing(row, clock.today()),
        unreachable=row.state == "open" and not services.handlers_of(row),
        deliveries=notifications.deliveries(f"case:{row.id}") if not actor().of_agency else [], **shown,
    )  # fmt: skip


def _refused(forms: Mapping[str, Form]) -> Form | None:
    """A form that the case's state refused: its section may be gone, so what was typed is shown on top."""
    return next((form for form in forms.values() if form.error("") and not form.theirs), None)


def _repeats(row: Case, content: Mapping[str, Any]) -> list[Repeat]:
    """An agency is told what came back at its own inspections, the commission of all."""
    own = (actor().agency_id or "") if actor().of_agency else ""
    on = date.fromisoformat(content["visit"]["inspected_on"])
    return repeating.of_content(content, row.inspection_id, on, own)


def done(row_id: str, message: str, anchor: str = "") -> Response:
    flash(message)
    return redirect(url_for("office.case", case_id=row_id) + anchor, 303)


class LetterForm(FormSchema):
    number = fields.String(load_default="", validate=validate.Length(max=100))
    on = Day(load_default=None)
    note = fields.String(load_default="", validate=validate.Length(max=2000))
    kind = fields.String(load_default="reply", validate=validate.OneOf(list(LETTERS)))


class ReasonForm(FormSchema):
    reason = fields.String(load_default="", validate=validate.Length(max=2000))
    until = Day(load_default=None)


class ReopenForm(FormSchema):
    reason = fields.String(required=True, validate=validate.Length(max=2000))
    number = fields.String(load_default="", validate=validate.Length(max=100))
    on = Day(required=True)


class DecisionForm(ReasonForm):
    decision = fields.String(required=True, validate=validate.OneOf(["granted", "refused"]))


@blueprint.post("/cases/<case_id>/send")
@requires(Permission.SEND_REPLIES)
@once
def send_case(case_id: str) -> Response | tuple[str, int]:
    """The approver sends what is ready."""
    row, form = queries.case(actor(), case_id), bind(LetterForm(), request.form)
    with form.problems():
        if form.ready:
            count = services.send_replies(
                actor(),
                row.id,
                letter_no=form.data["number"],
                letter_on=form.data["on"],
                seen=seen(form),
            )
            return done(row.id, f"已送出 {count} 項改善結果。")
    form.version = queries.ready(row)  # the page that follows shows them
    return case_page(row, send=form), 422


@blueprint.post("/cases/<case_id>/extension")
@requires(Permission.SEND_REPLIES)
@once
def ask_extension(case_id: str) -> Response | tuple[str, int]:
    row, form = queries.case(actor(), case_id), bind(ReasonForm(), request.form)
    with form.problems():
        if form.ready and form.data["until"] is None:
            form.errors["until"] = "請填要展延到哪一天。"
        if form.ready:
            services.ask_extension(actor(), row.id, form.data["until"], form.data["reason"])
            return done(row.id, "已送出展延申請。", "#extension")
    return case_page(row, extension=form), 422


@blueprint.post("/cases/<case_id>/extension/<extension_id>")
@requires(Permission.REVIEW_CASES)
@once
def decide_extension(case_id: str, extension_id: str) -> Response | tuple[str, int]:
    row, form = queries.case(actor(), case_id), bind(DecisionForm(), request.form)
    with form.problems():
        if form.ready:
            granted = form.data["decision"] == "granted"
            services.decide_extension(
                actor(), extension_id, granted=granted, until=form.data["until"], reason=form.data["reason"]
            )
            return done(row.id, "已登錄展延的決定，並通知機關。", "#extension")
    return case_page(row, decision=form), 422


@blueprint.post("/cases/<case_id>/remind")
@requires(Permission.REVIEW_CASES)
@once
def remind_case(case_id: str) -> Response | tuple[str, int]:
    row, form = queries.case(actor(), case_id), bind(LetterForm(), request.form)
    with form.problems():
        if form.ready:
            count = services.remind(actor(), row.id, number=form.data["number"], note=form.data["note"])
            told = f"寄出 {count} 封通知信" if count else "機關沒有可以收信的帳號，請另外發文或以電話通知"
            return done(row.id, f"已登錄稽催，{told}。")
    return case_page(row, remind=form), 422


@blueprint.post("/cases/<case_id>/letters")
@requires(Permission.REVIEW_CASES)
@once
def add_letter(case_id: str) -> Response | tuple[str, int]:
    row, form = queries.case(actor(), case_id), bind(LetterForm(), request.form)
    with form.problems():
        if form.ready:
            data = form.data
            line = services.LetterLine(
                data["kind"],
                data["on"] or clock.today(),
                data["number"],
                data["kind"] == "reply",
                data["note"],
            )
            services.add_letter(actor(), row.id, line)
            return done(row.id, "已登錄公文。", "#letters")
    return case_page(row, letter=form), 422


@blueprint.post("/cases/<case_id>/close")
@requires(Permission.REVIEW_CASES)
@once
def close_case(case_id: str) -> Response | tuple[str, int]:
    row, form = queries.case(actor(), case_id), bind(LetterForm(), request.form)
    with form.problems():
        if form.ready:
            services.close_case(
                actor(), row.id, number=form.data["number"], on=form.data["on"] or clock.today()
            )
            return done(row.id, "已同意備查結案。")
    return case_page(row, close=form), 422


@blueprint.post("/cases/<case_id>/reopen")
@requires(Permission.REVIEW_CASES)
@once
def reopen_case(case_id: str) -> Response | tuple[str, int]:
    """撤銷備查: a case that was closed by mistake is open again."""
    row, form = queries.case(actor(), case_id), bind(ReopenForm(), request.form)
    with form.problems():
        if form.ready:
            services.reopen_case(
                actor(), row.id, reason=form.data["reason"], number=form.data["number"], on=form.data["on"]
            )
            return done(row.id, "已撤銷備查，案件回到改善中。要重新審查的項目，請在該項頁面收回同意。")
    return case_page(row, reopen=form), 422


@blueprint.post("/cases/<case_id>/mail")
@requires(Permission.REVIEW_CASES)
@once
def retry_mail(case_id: str) -> Response:
    row = queries.case(actor(), case_id)
    notifications.retry(f"case:{row.id}")
    return done(row.id, "已排入重新寄送。", "#mail")
