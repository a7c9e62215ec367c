"""What tablets sent and could not be placed: look, judge again, or leave out with a reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.inspections import quarantine as services
from inspect_app.inspections import queries, reading, repairing
from inspect_app.inspections.models import Inspection, SetAside
from inspect_app.office.blueprint import blueprint
from inspect_app.office.filters import roc_date
from inspect_app.office.forms import Form, FormSchema, bind, once, page
from inspect_app.office.record_words import FIELDS, said

WHY = {
    "unknown_inspection": "伺服器沒有這次查核",
    "account_disabled": "送出的人帳號已停用",
    "not_on_team": "送出的人不在這次查核的小組",
    "unknown_schema": "App 的版本比伺服器新",
    "id_reused": "同一個編號送來兩種內容",
}
ENTITIES = {
    "visit": "查核概況", "attendance": "出席", "finding": "缺失或建議", "merit": "優點", "photo": "照片", "test": "抽驗",
    "judgement": "重大情節認定", "score_sheet": "評分表", "signature": "簽名", "closing": "結束查核", "late_decision": "遲到資料處理",
}  # fmt: skip


class SettleForm(FormSchema):
    note = fields.String(load_default="", validate=validate.Length(max=500))


@blueprint.get("/quarantine")
@requires(Permission.VIEW_QUARANTINE)
def quarantine() -> str:
    rows = services.waiting(actor())
    services.look(actor(), rows)
    names = accounts.names(row.account_id for row in rows)
    return render_template(
        "office/quarantine/list.html",
        rows=rows,
        names=names,
        why=_why(rows),
        entities=ENTITIES,
        content=repairing.content_of,
        visits=_visits(rows),
        together=_together(rows),
    )


def _visits(rows: Iterable[SetAside]) -> dict[str, str]:
    """{inspection: its day and tender}, of those that are open."""
    return {one.id: _named(one) for one in queries.by_ids([row.inspection_id for row in rows])}


def _named(one: Inspection) -> str:
    return f"{roc_date(one.inspected_on)} {queries.tender_name(one)}"


def _together(rows: Sequence[SetAside]) -> list[tuple[str, str, int]]:
    """(person, inspection, how many): what one tablet parked at once is placed at once."""
    gone = services.cancelled(rows)
    open_ = [row for row in rows if row.status == "quarantined" and row.inspection_id not in gone]
    counted = Counter((row.account_id, row.inspection_id) for row in open_)
    return [(*key, count) for key, count in counted.items() if count > 1]


@blueprint.post("/quarantine-again")
@requires(Permission.VIEW_QUARANTINE)
@once
def judge_all_again() -> Response:
    """Everything that waits of one person in one inspection."""
    whose = [request.form.get(name, "") for name in ("account", "inspection")]
    entered, left = services.judge_all_again(actor(), *whose)
    told = f"已納入 {entered} 筆。" if entered else ""
    rest = f"還有 {left} 筆仍然不能納入，原因見各筆。" if left else ""
    flash(told + rest or "沒有等待處理的資料。", "warn" if left else "good")
    return redirect(url_for("office.quarantine"), 303)


@blueprint.route("/quarantine/<key>", methods=["GET", "POST"])
@requires(Permission.VIEW_QUARANTINE)
@once
def quarantined(key: str) -> Response | tuple[str, int]:
    """One of them; POST settles it with a note."""
    form = bind(SettleForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            services.settle(actor(), key, form.data["note"])
            flash("已註記不納入，內容仍然保留。", "good")
            return redirect(url_for("office.quarantine"), 303)
    return _shown(key, form)


def _why(rows: Iterable[SetAside]) -> Callable[[SetAside], str]:
    """Why each is here, in words."""
    cancelled = services.cancelled(rows)
    return lambda row: "這項行程已取消" if row.inspection_id in cancelled else WHY.get(row.code, row.code)


def _shown(key: str, form: Form) -> tuple[str, int]:
    row = services.get(actor(), key)
    services.look(actor(), [row])
    name = accounts.names([row.account_id]).get(row.account_id, "")
    return page(
        "office/quarantine/one.html",
        form,
        row=row,
        name=name,
        why=_why([row])(row),
        cancelled=bool(services.cancelled([row])),
        note=services.note_of(row),
        entities=ENTITIES,
        content=repairing.content_of(row),
        secret=repairing.is_secret(row),
        visit=_visits([row]).get(row.inspection_id, ""),
        labels=FIELDS,
        said=_said,
        repairable=services.waits(row) and bool(repairing.patch_of(row)),
    )


@blueprint.post("/quarantine/<key>/again")
@requires(Permission.VIEW_QUARANTINE)
@once
def judge_again(key: str) -> Response | tuple[str, int]:
    form = Form()
    with form.problems():
        services.judge_again(actor(), key)
    if form.errors:
        return _shown(key, form)
    flash("已納入查核紀錄。", "good")
    return redirect(url_for("office.quarantine"), 303)


class RepairForm(FormSchema):
    inspection = fields.String(required=True, validate=validate.Length(max=36))
    reason = fields.String(load_default="", validate=validate.Length(max=500))


@blueprint.route("/quarantine/<key>/repair", methods=["GET", "POST"])
@requires(Permission.VIEW_QUARANTINE)
@once
def repair_quarantined(key: str) -> Response | tuple[str, int]:
    """Correct one and enter the copy; what came stays as it came."""
    row = services.get(actor(), key)
    services.look(actor(), [row])
    came = {} if repairing.is_personal(row) else repairing.patch_of(row)
    stored = {
        "inspection": row.inspection_id,
        **{f"set-{name}": _text(value) for name, value in came.items()},
    }
    form = bind(RepairForm(), request.form) if request.method == "POST" else Form(stored)
    with form.problems():
        if form.ready:
            patch = _patch(came, request.form) if came else repairing.patch_of(row)
            repairing.repair(
                actor(), key, inspection=form.data["inspection"], patch=patch, reason=form.data["reason"]
            )
            flash("修正後已納入查核紀錄，原件仍然保留。", "good")
            return redirect(url_for("office.quarantine"), 303)
    return page(
        "office/quarantine/repair.html",
        form,
        row=row,
        came=came,
        places=_places(row),
        why=_why([row])(row),
        cancelled=bool(services.cancelled([row])),
    )


def _places(row: SetAside) -> list[tuple[str, str]]:
    """The inspections that the sender belongs to: only there can it be taken."""
    found = queries.by_ids(reading.inspections_of(row.account_id))
    return [(one.id, _named(one)) for one in found]


def _said(name: str, value: Any) -> str:
    """In words, where it is what such a field may hold: what came may be anything."""
    try:
        return said(name, value, {})
    except (TypeError, ValueError, AttributeError, OverflowError):
        return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _patch(came: Mapping[str, Any], sent: Mapping[str, str]) -> dict[str, Any]:
    """Texts as typed, other values as JSON; an empty one leaves the field out. Raises `bad_value` at its field."""
    typed = {name: sent.get(f"set-{name}", "").replace("\r\n", "\n").strip() for name in came}
    return {name: _value(name, came[name], text) for name, text in typed.items() if text}


def _value(name: str, came: Any, text: str) -> Any:
    if isinstance(came, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(
            "bad_value", "請填數字、true、false、null 或清單，例如 [1, 2]。", field=f"set-{name}"
        ) from None
