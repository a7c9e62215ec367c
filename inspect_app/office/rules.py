"""The city's own values of the rules, with their dates, and the local days of the calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries, services
from inspect_app.catalogue.knob import Knob
from inspect_app.catalogue.knobs import KNOBS
from inspect_app.catalogue.models import Closure, FieldSetting
from inspect_app.domain import editions as rule_editions
from inspect_app.domain.calendars import government_calendar
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.reasons import Reason, because
from inspect_app.domain.rule_changes import LABELS, year_of_days
from inspect_app.domain.rule_changes import compare_rules as domain_compare
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page
from inspect_app.office.records import day_of
from inspect_app.office.versions import unless_changed


@blueprint.get("/rules")
@requires(Permission.MANAGE_CATALOGUE)
def rules() -> str:
    """Every value: what counts today, whether it is the city's own, and since when."""
    today = clock.today()
    own = queries.settings(today)
    found = queries.rules_on(today)
    values = [
        (knob, knob.show(queries.setting(knob.key, today)), own.get(knob.key), _stands(knob, found))
        for knob in KNOBS.values()
    ]
    return render_template("office/catalogue/rules.html", values=values, today=today, coming=_coming(today))


def _stands(knob: Knob, found: RuleSet) -> Reason:
    """Where the value stands, and whether it is verified."""
    return because("setting", knob.hint, found.source_of(knob.rule))


def _coming(today: date) -> int:
    return sum(row.effective_from > today for row in queries.all_settings())


@blueprint.get("/rules/compare")
@requires(Permission.MANAGE_CATALOGUE)
def compare_rules() -> str:
    """The rules of two days side by side, the city's own values included, and the two years of the calendar."""
    today = clock.today()
    old = day_of(request.args.get("old", "")) or rule_editions.by_id(rule_editions.ids()[0]).effective
    new = day_of(request.args.get("new", "")) or today
    years = [year_of_days(day.year, queries.calendar(day.year, day.year)) for day in (old, new)]
    found = domain_compare(queries.rules_on(old), queries.rules_on(new))
    return render_template(
        "office/catalogue/compare_rules.html", old=old, new=new, changes=found, labels=LABELS, years=years,
        days=_days_of_change(), covered=[government_calendar().covers(day) for day in (old, new)],
    )  # fmt: skip


def _days_of_change() -> list[date]:
    """The days on which something began: editions of the regulation and the city's own values."""
    editions = [rule_editions.by_id(name).effective for name in rule_editions.ids()]
    return sorted({*editions, *(row.effective_from for row in queries.all_settings())})


class SettingForm(FormSchema):
    """A value from a day on."""

    value = fields.String(load_default="")
    effective_from = Day(required=True)
    source = fields.String(load_default="", validate=validate.Length(max=500))
    verified = fields.Boolean(load_default=False)


@blueprint.route("/rules/<key>", methods=["GET", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
@once
def rule(key: str) -> Response | tuple[str, int]:
    """Set one value from a day on; the values before it stay in the list."""
    knob = KNOBS.get(key)
    if knob is None:
        raise Problem("not_found", "沒有這項設定。")
    today = clock.today()
    shown = queries.setting(key, today)
    form = (
        bind(SettingForm(), request.form) if request.method == "POST" else Form(_stored(knob, shown, today))
    )
    with form.problems():
        if form.ready:
            _set(knob, form)
            flash(f"已設定「{knob.label}」。")
            return redirect(url_for("office.rules"), 303)
    history = [row for row in queries.all_settings() if row.key == key]
    return page("office/catalogue/rule.html", form, knob=knob, history=history, today=today)


def _set(knob: Knob, form: Form) -> None:
    """A value that the city entered for that very day already is told, and replaced when it is sent again."""
    data = form.data

    def there() -> dict[str, Any] | None:
        row = db.session.get(FieldSetting, (knob.key, data["effective_from"]), with_for_update=True)
        facts = {"source": row.source, "verified": row.verified} if row else {}
        return _stored(knob, row.value, row.effective_from) | facts if row else None

    with unless_changed(form, there):
        services.set_setting(
            actor(), knob.key, data["effective_from"], _typed(knob, data["value"]), source=data["source"],
            verified=data["verified"],
        )  # fmt: skip


def _stored(knob: Knob, shown: Any, today: date) -> dict[str, Any]:
    """What the form opens with."""
    if knob.parts:
        return {f"part_{name}": shown[name] for name in knob.parts} | {"effective_from": today}
    return {"value": ("1" if shown else "0") if knob.flag else shown, "effective_from": today}


def _typed(knob: Knob, value: str) -> str:
    """The value as the knob reads it; several numbers come in one field each."""
    if not knob.parts:
        return value
    return " ".join(f"{name}={''.join(request.form.get(f'part_{name}', '').split())}" for name in knob.parts)


@blueprint.post("/rules/<key>/<effective_from>/remove")
@requires(Permission.MANAGE_CATALOGUE)
@once
def remove_rule(key: str, effective_from: str) -> Response:
    """Take an own value back."""
    services.remove_setting(actor(), key, _iso(effective_from))
    flash("已刪除這一筆設定。")
    return redirect(url_for("office.rules"), 303)


def _iso(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem("not_found", "沒有這一天的設定。") from None


class ClosureForm(FormSchema):
    """A local day."""

    on = Day(required=True)
    working = fields.String(required=True, validate=validate.OneOf(["0", "1"]))
    reason = fields.String(required=True, validate=validate.Length(max=100))


@blueprint.route("/closures", methods=["GET", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
@once
def closures() -> Response | tuple[str, int]:
    """Typhoon days and local make-up days."""
    form = bind(ClosureForm(), request.form) if request.method == "POST" else Form({"working": "0"})
    with form.problems():
        if form.ready:
            data = form.data
            with unless_changed(form, lambda: _closure_of(data["on"])):
                services.set_closure(
                    actor(), data["on"], working=data["working"] == "1", reason=data["reason"]
                )
            flash("已加入，之後的期限會依這一天計算。")
            return redirect(url_for("office.closures"), 303)
    return page("office/catalogue/closures.html", form, rows=queries.closures())


def _closure_of(on: date) -> dict[str, str] | None:
    row = db.session.get(Closure, on, with_for_update=True)
    return {"working": "1" if row.working else "0", "reason": row.reason} if row else None


@blueprint.post("/closures/<on>/remove")
@requires(Permission.MANAGE_CATALOGUE)
@once
def remove_closure(on: str) -> Response:
    """Take a local day back."""
    services.remove_closure(actor(), _iso(on))
    flash("已刪除這一天。")
    return redirect(url_for("office.closures"), 303)
