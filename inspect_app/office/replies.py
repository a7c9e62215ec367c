"""One item of a case: the finding beside the agency's answer; the draft saves itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.notices import queries, services
from inspect_app.notices.models import CaseItem, Reply
from inspect_app.notices.rules import PHOTO_SLOTS, SLOT_NAMES
from inspect_app.office import picture_facts, reused
from inspect_app.office.blueprint import blueprint
from inspect_app.office.cases import STATES
from inspect_app.office.forms import Day, Form, FormSchema, bind, once
from inspect_app.office.versions import lay_beside
from inspect_app.photos import services as photos
from inspect_app.projects.models import Tender
from inspect_app.reports.words import KIND_OF_FINDING

SLOTS = {"photos": PHOTO_SLOTS, "scans": ("scan",), "short": ()}


class ReplyForm(FormSchema):
    """What the handler types; half a form is kept, too."""

    version = fields.Integer(required=True)
    cause = fields.String(load_default="", validate=validate.Length(max=4000))
    measure = fields.String(load_default="", validate=validate.Length(max=8000))
    done_on = Day(load_default=None)
    undone_reason = fields.String(load_default="", validate=validate.Length(max=4000))


@blueprint.get("/cases/<case_id>/items/<item_id>")
@requires(Permission.VIEW_CASES)
def case_item(case_id: str, item_id: str) -> str:
    """The item; who may write finds the form with the inspection's photo already in its place."""
    entry = _entry(case_id, item_id)
    if _writable(entry):
        services.begin_reply(actor(), entry.id)
    return _page(entry)


def _entry(case_id: str, item_id: str) -> CaseItem:
    entry = queries.item(actor(), item_id)
    if entry.case_id != case_id:
        raise Problem("not_found", "找不到這一項。")
    return entry


def _writable(entry: CaseItem) -> bool:
    return (
        actor().may(Permission.REPLY_CASES)
        and entry.state in ("waiting", "returned")
        and entry.case.state == "open"
    )


def _page(entry: CaseItem, form: Form | None = None, decision: Form | None = None) -> str:
    reply, case = _shown_reply(entry), entry.case
    place = [one.id for one in case.items].index(entry.id)
    return render_template(
        "office/cases/item.html",
        entry=entry, case=case, reply=reply, form=form or _first_view(reply), decision=decision or Form(),
        tender=db.session.get_one(Tender, case.tender_id), writable=_writable(entry), states=STATES, parts=KIND_OF_FINDING,
        slots=_slots(entry, reply), slot_names=SLOT_NAMES, earlier=[one for one in entry.replies if one.round < entry.round],
        before=case.items[place - 1] if place else None,
        after=case.items[place + 1] if place + 1 < len(case.items) else None,
        may=actor().may, P=Permission, labels=services.EVIDENCE_NAMES, reused=_reused(entry, reply),
        facts=_facts(entry, [reply, *entry.replies]),
    )  # fmt: skip


def _slots(entry: CaseItem, shown: Reply | None) -> list[str]:
    """What the item takes, and where files lie that were attached while it took something else."""
    seen = [one for one in entry.replies if one.round < entry.round or one is shown]
    used = {photo.slot for reply in seen for photo in reply.photos}
    return [slot for slot in SLOT_NAMES if slot in SLOTS[entry.evidence] or slot in used]


def _first_view(reply: Reply | None) -> Form:
    return Form(_stored(reply), version=str(reply.version if reply else 0))


def _shown_reply(entry: CaseItem) -> Reply | None:
    """A draft is the agency's own affair: the commission reads a reply from its sending on."""
    reply = queries.current_reply(entry)
    return reply if reply is None or actor().of_agency or reply.sent_at is not None else None


def _stored(reply: Reply | None) -> dict[str, Any]:
    if reply is None:
        return {}
    stored = {name: getattr(reply, name) for name in ("cause", "measure", "done_on", "undone_reason")}
    return stored | {f"missing_{slot}": text for slot, text in reply.missing.items()}


def _reused(entry: CaseItem, reply: Reply | None) -> list[reused.Match]:
    """Pictures of this reply that were used before, for the reviewer."""
    if reply is None or not actor().may(Permission.REVIEW_CASES):
        return []
    return reused.in_reply(actor(), entry, reply, SLOT_NAMES)


def _facts(entry: CaseItem, replies: list[Reply | None]) -> dict[str, picture_facts.Facts]:
    """What each picture of the replies says of itself, for the reviewer; for the agency whether it can be shown."""
    found: dict[str, picture_facts.Facts] = {}
    for reply in replies:
        found |= picture_facts.of_reply(entry, reply) if reply is not None else {}
    if actor().may(Permission.REVIEW_CASES):
        return found
    return {key: replace(facts, lines=(), metres=None) for key, facts in found.items()}


@blueprint.post("/cases/<case_id>/items/<item_id>")
@requires(Permission.REPLY_CASES)
def save_reply(
    case_id: str, item_id: str
) -> Response | FlaskResponse | tuple[str, int] | tuple[dict[str, Any], int] | dict[str, Any]:
    """Keep the draft: by itself while typing (JSON), or by a button; `do` says what comes next."""
    entry, form = _entry(case_id, item_id), bind(ReplyForm(), request.form)
    by_itself = request.headers.get("X-Autosave") == "1"
    with form.problems():
        if form.ready:
            reply = _save(entry, form)
            return (
                {"version": reply.version, "at": f"{clock.now().astimezone(clock.TAIPEI):%H:%M}"}
                if by_itself
                else _next(entry)
            )
    if by_itself:
        return {"errors": form.errors}, 422
    return _page(entry, form), 422


def _save(entry: CaseItem, form: Form) -> Reply:
    """Keep the draft. When a colleague was faster, the form shows what that one saved beside what was typed."""
    try:
        return services.save_draft(actor(), entry.id, _draft(form))
    except Problem as problem:
        if problem.code == "stale":
            lay_beside(form, _stored(queries.current_reply(entry)), problem.extra["version"])
        raise


def _draft(form: Form) -> services.Draft:
    missing = {slot: form.value(f"missing_{slot}") for slot in SLOT_NAMES}
    captions = {
        key.removeprefix("caption_"): str(value)
        for key, value in form.typed.items()
        if key.startswith("caption_")
    }
    return services.Draft(**form.data, missing=missing, captions=captions)


def _next(entry: CaseItem) -> Response | tuple[str, int]:
    """After saving: stay, take the chosen files, remove one, or hand the item to the approver."""
    do = request.form.get("do", "save")
    here = url_for("office.case_item", case_id=entry.case_id, item_id=entry.id)
    refused = _take_files(entry)
    if refused:
        flash(refused, "bad")
    elif do == "ready":
        return _hand_over(entry)
    elif do.startswith("remove:"):
        services.remove_file(actor(), entry.id, do.removeprefix("remove:"))
        flash("已移除檔案，原檔仍保留在系統中。")
    else:
        flash("已儲存。")
    return redirect(here, 303)


def _hand_over(entry: CaseItem) -> Response | tuple[str, int]:
    try:
        services.mark_ready(actor(), entry.id)
    except Problem as problem:
        errors = dict(problem.extra.get("fields", {"": problem.detail}))
        saved = queries.current_reply(entry)
        form = Form(request.form, errors=errors, sent=True, version=str(saved.version if saved else 0))
        return _page(entry, form), 422
    flash("這一項已交核章。")
    return redirect(url_for("office.case", case_id=entry.case_id) + f"#item-{entry.id}", 303)


def _take_files(entry: CaseItem) -> str:
    """Attach the files that were chosen; answers what was refused, the others are kept."""
    refused = []
    for slot in SLOT_NAMES:
        for file in request.files.getlist(f"file_{slot}"):
            message = _take_file(entry, slot, file) if file.filename else ""
            refused += [f"{file.filename}：{message}"] if message else []
    return "；".join(refused)


def _take_file(entry: CaseItem, slot: str, file: FileStorage) -> str:
    try:
        sha256 = photos.take_in(actor(), file.stream, file.filename or "")
        services.add_file(actor(), entry.id, slot, sha256)
    except Problem as problem:
        return problem.detail
    return ""


class DecisionForm(FormSchema):
    reason = fields.String(load_default="", validate=validate.Length(max=2000))
    decision = fields.String(
        required=True, validate=validate.OneOf(["accepted", "returned", "inside", "again"])
    )


@blueprint.post("/cases/<case_id>/items/<item_id>/decide")
@requires(Permission.VIEW_CASES)
@once
def decide_item(case_id: str, item_id: str) -> Response | tuple[str, int]:
    """Accept or return an item, or take an agreement back (coordinator); send it back inside the agency (approver)."""
    entry, form = _entry(case_id, item_id), bind(DecisionForm(), request.form)
    with form.problems():
        if form.ready:
            _decide(entry, form.data["decision"], form.data["reason"], _round(form.value("version")))
            return redirect(_onward(entry, form.data["decision"]), 303)
    form.version = str(entry.round)  # the page that follows shows it
    return _page(entry, decision=form), 422


def _decide(entry: CaseItem, decision: str, reason: str, seen: int | None) -> None:
    if decision == "accepted":
        services.accept_item(actor(), entry.id, reason, seen=seen)
        flash(f"第 {entry.no} 項已同意。")
    elif decision == "returned":
        services.return_item(actor(), entry.id, reason, seen=seen)
        flash(f"第 {entry.no} 項已退回補正，並通知機關。")
    elif decision == "again":
        services.reconsider_item(actor(), entry.id)
        flash(f"第 {entry.no} 項已收回同意，請重新審查。")
    else:
        services.return_inside(actor(), entry.id, reason)
        flash(f"第 {entry.no} 項已退回承辦。")


def _onward(entry: CaseItem, decision: str) -> str:
    """The next item that waits for the same person, else the case; what was taken back stays in sight."""
    if decision == "again":
        return url_for("office.case_item", case_id=entry.case_id, item_id=entry.id)
    wanted = "sent" if actor().may(Permission.REVIEW_CASES) else "ready"
    later = [one for one in entry.case.items if one.state == wanted]
    if later:
        return url_for("office.case_item", case_id=entry.case_id, item_id=later[0].id)
    return url_for("office.case", case_id=entry.case_id) + f"#item-{entry.id}"


@blueprint.post("/cases/<case_id>/items/accept")
@requires(Permission.REVIEW_CASES)
@once
def accept_items(case_id: str) -> Response:
    """Accept several items at once."""
    chosen = [_chosen(text) for text in request.form.getlist("items")]
    if not chosen:
        flash("沒有選取項目，所以沒有同意任何一項。", "warn")
        return redirect(url_for("office.case", case_id=case_id) + "#items", 303)
    count = services.accept_items(actor(), case_id, chosen)
    flash(f"已同意 {count} 項。")
    if left := len(chosen) - count:
        flash(f"另有 {left} 項在您開啟這一頁之後有變動，沒有同意，請再看一次。", "warn")
    return redirect(url_for("office.case", case_id=case_id), 303)


def _chosen(text: str) -> tuple[str, int | None]:
    """`<item>.<round that was shown>`."""
    item_id, _, seen = text.partition(".")
    return item_id, _round(seen)


def _round(text: str) -> int | None:
    """The round that a page showed; None where the sender names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


@blueprint.post("/cases/<case_id>/items/<item_id>/evidence")
@requires(Permission.REVIEW_CASES)
def set_evidence(case_id: str, item_id: str) -> Response:
    entry = _entry(case_id, item_id)
    services.set_evidence(actor(), entry.id, request.form.get("evidence", ""))
    return redirect(url_for("office.case_item", case_id=case_id, item_id=entry.id), 303)
