"""The verbs of a record's way, as forms and buttons of its pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import queries, services
from inspect_app.inspections.models import Inspection, TestResult
from inspect_app.inspections.showing import shown
from inspect_app.notices import services as notices
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page
from inspect_app.office.records import approval_page, frame, tab_page
from inspect_app.office.versions import hold, opened, unless_changed


class ReasonForm(FormSchema):
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class LetterForm(FormSchema):
    letter_no = fields.String(required=True, validate=validate.Length(max=100))
    letter_on = Day(required=True)


class DispatchForm(LetterForm):
    late_reason = fields.String(load_default="", validate=validate.Length(max=2000))


class TestForm(FormSchema):
    result = fields.String(required=True, validate=validate.OneOf(["pass", "fail"]))
    judged_on = Day(required=True)
    report_no = fields.String(load_default="", validate=validate.Length(max=100))
    note = fields.String(load_default="", validate=validate.Length(max=2000))


def _back(inspection_id: str, message: str, tab: str = "record", anchor: str = "") -> Response:
    flash(message)
    shown_tab = None if tab == "record" else tab
    address = url_for("office.inspection", _anchor=anchor or None, inspection_id=inspection_id, tab=shown_tab)
    return redirect(address, 303)


@blueprint.post("/inspections/<inspection_id>/tidy")
@requires(Permission.TIDY_RECORDS)
@once
def tidy_record(inspection_id: str) -> Response | tuple[str, int]:
    """Save the texts of one entity. When somebody was faster, all three versions are shown and nothing typed is lost."""
    form = Form(typed=request.form, sent=True)
    entity, entity_id = form.value("entity"), form.value("entity_id")
    try:
        changed = services.tidy(actor(), inspection_id, *_changes(form, entity, entity_id))
    except Problem as problem:
        if problem.code not in ("stale", "missing", "bad_value"):
            raise
        form.errors[problem.field] = problem.detail
        return tab_page(inspection_id, "tidy", form), problem.status
    return _back(inspection_id, "已儲存。" if changed else "文字沒有變動。", "tidy", f"e-{entity_id}")


def _changes(form: Form, entity: str, entity_id: str) -> list[services.Tidied]:
    names = [name for name in services.TIDY_FIELDS.get(entity, ()) if name in form.typed]
    return [
        services.Tidied(entity, entity_id, name, _clean(form.value(name)), _clean(form.value(f"seen_{name}")))
        for name in names
    ]


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").strip()


@blueprint.post("/inspections/<inspection_id>/send-for-confirmation")
@requires(Permission.TIDY_RECORDS)
@once
def send_record_for_confirmation(inspection_id: str) -> Response | tuple[str, int]:
    try:
        services.send_for_confirmation(actor(), inspection_id)
    except Problem as problem:
        if problem.code != "wrong_state":
            raise
        return tab_page(inspection_id, "tidy", Form(), refused=problem.detail), problem.status
    return _back(inspection_id, "已送委員確認。", "confirm")


@blueprint.post("/inspections/<inspection_id>/confirm")
@requires(Permission.CONFIRM_RECORDS)
@once
def confirm_record(inspection_id: str) -> Response | tuple[str, int]:
    form = bind(NoteForm(), request.form)
    agreed = form.value("answer") == "agree"
    with form.problems():
        if form.ready:
            services.confirm(actor(), inspection_id, agreed=agreed, **form.data)
            return _back(inspection_id, "已確認這一版紀錄。" if agreed else "意見已送給工作人員。", "confirm")
    return tab_page(inspection_id, "confirm", form), 422


class NoteForm(FormSchema):
    version = fields.Integer(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=2000))


@blueprint.route("/inspections/<inspection_id>/send-for-approval", methods=["GET", "POST"])
@requires(Permission.TIDY_RECORDS)
@once
def send_record_for_approval(inspection_id: str) -> Response | tuple[str, int]:
    form = bind(ReasonForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            services.send_for_approval(actor(), inspection_id, **form.data)
            return _back(inspection_id, "已陳召集人核定。")
    return _form_page("send", inspection_id, form)


def _form_page(name: str, inspection_id: str, form: Form, **context: object) -> tuple[str, int]:
    one = shown(actor(), inspection_id)
    return page(f"office/records/{name}.html", form, **frame(one), **context)


@blueprint.post("/inspections/<inspection_id>/approve")
@requires(Permission.APPROVE_RECORDS)
@once
def approve_record(inspection_id: str) -> Response:
    version = request.form.get("version", "")
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    services.approve_record(actor(), inspection_id, version=known)
    return _back(inspection_id, "已核定，內容不再變動。")


@blueprint.post("/inspections/<inspection_id>/return")
@requires(Permission.APPROVE_RECORDS)
@once
def return_record(inspection_id: str) -> Response | tuple[str, int]:
    form = bind(ReasonForm(), request.form)
    with form.problems():
        if form.ready:
            services.return_record(actor(), inspection_id, **form.data)
            return _back(inspection_id, "已退回整理；委員要重新確認改過的內容。")
    return approval_page(inspection_id, form), 422


@blueprint.post("/inspections/<inspection_id>/withdraw")
@requires(Permission.APPROVE_RECORDS)
@once
def withdraw_approval(inspection_id: str) -> Response | tuple[str, int]:
    form = bind(ReasonForm(), request.form)
    with form.problems():
        if form.ready:
            services.withdraw_approval(actor(), inspection_id, **form.data)
            return _back(inspection_id, "已撤回核定；委員要重新確認改過的內容。")
    return approval_page(inspection_id, form), 422


@blueprint.route("/inspections/<inspection_id>/issue", methods=["GET", "POST"])
@requires(Permission.ISSUE_RECORDS)
@once
def issue_record(inspection_id: str) -> Response | tuple[str, int]:
    """發文: date and number stop the clock, and the agency's case opens."""
    form = bind(DispatchForm(), request.form) if request.method == "POST" else _today()
    with form.problems():
        if form.ready:
            notices.issue(actor(), inspection_id, services.Dispatch(**form.data))
            return _back(inspection_id, "已發文，機關會收到缺失改善通知。")
    return _form_page("issue", inspection_id, form)


@blueprint.route("/inspections/<inspection_id>/score-letter", methods=["GET", "POST"])
@requires(Permission.ISSUE_RECORDS)
@once
def score_letter(inspection_id: str) -> Response | tuple[str, int]:
    form = bind(LetterForm(), request.form) if request.method == "POST" else _today()
    with form.problems():
        if form.ready:
            number, on = form.data["letter_no"], form.data["letter_on"]
            notices.issue_score_letter(actor(), inspection_id, number, on)
            return _back(inspection_id, "成績已函知機關。")
    return _form_page("score_letter", inspection_id, form)


def _today() -> Form:
    today: date = clock.today()
    return Form({"letter_on": today.isoformat(), "judged_on": today.isoformat()})


@blueprint.route("/inspections/<inspection_id>/tests/<entity_id>", methods=["GET", "POST"])
@requires(Permission.ENTER_TEST_RESULTS)
@once
def test_result(inspection_id: str, entity_id: str) -> Response | tuple[str, int]:
    form = bind(TestForm(), request.form) if request.method == "POST" else _judged(inspection_id, entity_id)
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _judgement(hold(Inspection, inspection_id), entity_id)):
                services.enter_test_result(actor(), inspection_id, services.Judgement(entity_id, **form.data))
            return _back(inspection_id, "檢驗結果已登錄。", "tests")
    lines = shown(actor(), inspection_id).content["tests"]
    line = next((one for one in lines if one["entity_id"] == entity_id), None)
    if line is None:
        raise Problem("not_found", "這次查核沒有這項檢驗。")
    return _form_page("test", inspection_id, form, line=line)


def _judged(inspection_id: str, entity_id: str) -> Form:
    """What was entered already, to be corrected; else today."""
    there = _judgement(db.session.get(Inspection, inspection_id), entity_id)
    return opened(there) if there else _today()


def _judgement(row: Inspection | None, entity_id: str) -> dict[str, Any] | None:
    found = db.session.get(TestResult, (row.id, entity_id), populate_existing=True) if row else None
    names = ("result", "judged_on", "report_no", "note")
    return {name: getattr(found, name) for name in names} if found else None


class RemarkForm(FormSchema):
    text = fields.String(load_default="", validate=validate.Length(max=2000))


@blueprint.post("/inspections/<inspection_id>/members/<account_id>/remark")
@requires(Permission.ISSUE_RECORDS)
@once
def remark_on_member(inspection_id: str, account_id: str) -> Response | tuple[str, int]:
    """委員表現, for the central form."""
    form = bind(RemarkForm(), request.form)

    def there() -> dict[str, str]:
        hold(Inspection, inspection_id)
        return {"text": queries.remarks_of(inspection_id).get(account_id, "")}

    with form.problems():
        if form.ready:
            with unless_changed(form, there):
                services.remark_on_member(actor(), inspection_id, account_id, form.data["text"])
            return _back(inspection_id, "委員表現已儲存。", "scores")
    return tab_page(inspection_id, "scores", Form(), sent={account_id: form}), 422
