"""Forms of the office: what was typed stays, the message stands at its field, a second submit does nothing twice.

The convention of every form view:

    @blueprint.route("/things/new", methods=["GET", "POST"])
    @requires(Permission.MANAGE_THINGS)
    @once
    def new_thing() -> Response | str | tuple[str, int]:
        form = bind(ThingSchema(), request.form) if request.method == "POST" else Form()
        with form.problems():                     # a Problem of the service goes to its field
            if form.ready:
                thing = create_thing(actor(), **form.data)
                return redirect(url_for("office.thing", thing_id=thing.id), 303)
        return page("office/things/new.html", form)   # 422 when there are errors

The template draws it with `ui.form(form, draft="thing-new")` and the field macros of macros.html, which read
`form.value(name)` and `form.error(name)`.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import wraps
from typing import Any, TypeVar

from flask import flash, redirect, render_template, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from inspect_app.accounts import submissions
from inspect_app.accounts.guards import actor
from inspect_app.domain import roc
from inspect_app.errors import Problem, note_refusal

View = TypeVar("View", bound=Callable[..., Any])
MESSAGES = {
    "required": "這一欄要填寫。",
    "null": "這一欄要填寫。",
    "invalid": "內容的格式不符，請查對後再填。",
    "too_large": "數字太大，請查對。",
}
_MONEY = re.compile(r"(?:NT\$)?(\d{1,3}(?:,\d{3})+|\d+)元?")


class Day(fields.Field[date]):
    """A date: what a date input sends (2026-11-23) or a ROC text (115.11.23); a year like 115-11-23 is ROC, not our era."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        try:
            return (
                date.fromisoformat(value)
                if re.fullmatch(r"(19|20)\d\d-\d\d-\d\d", value)
                else roc.parse_roc(value)
            )
        except ValueError as error:
            raise ValidationError(
                str(error) if "民國" in str(error) else "沒有這一天，請查對日期。"
            ) from None


class Money(fields.Field[int]):
    """Whole NT$: 1234567, 1,234,567 or NT$ 1,234,567, also full-width."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        match = _MONEY.fullmatch(re.sub(r"\s", "", unicodedata.normalize("NFKC", value)))
        amount = int(match[1].replace(",", "")) if match else -1
        if not 0 <= amount < 10**13:
            raise ValidationError("請填整數金額，例如 1,234,567。")
        return amount


class Whole(fields.Field[int]):
    """A whole number as people type it: 3, -2, 1,234, １２; never 2.6 cut to 2."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        plain = unicodedata.normalize("NFKC", value).replace(",", "")
        if re.fullmatch(r"[-+]?[0-9]{1,9}", plain) is None:
            raise ValidationError("請填整數，例如 3。")
        return int(plain)


class Secret(fields.String):
    """A password: taken exactly as typed, blanks included, and never endless."""

    def __init__(self) -> None:
        super().__init__(required=True, validate=validate.Length(max=1000))


class FormSchema(Schema):
    """The base of a form's schema: blanks are missing, messages are Chinese, unknown names are left alone."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _plain(self, data: Any, **kwargs: Any) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, kind in self.fields.items():
            value = _sent(data, name, kind)
            if value not in ("", None):
                given[name] = value
        return given

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.error_messages = {**field_obj.error_messages, **MESSAGES}
        for rule in field_obj.validators:
            _in_chinese(rule)
        if isinstance(field_obj, fields.List):
            self.on_bind_field(field_name, field_obj.inner)


class CodeForm(FormSchema):
    """The code that an authenticator app shows."""

    code = fields.String(required=True, validate=validate.Length(max=20))


def _sent(data: Any, name: str, kind: fields.Field[Any]) -> Any:
    if isinstance(kind, fields.List):
        return [_clean(item) for item in data.getlist(name) if item.strip()]
    if isinstance(kind, fields.Boolean):
        return name in data
    if isinstance(kind, Secret):
        return data.get(name, "")
    return _clean(data.get(name, ""))


def _clean(text: str) -> str:
    """Without NUL (PostgreSQL refuses it), with plain line ends, without blanks around."""
    return text.replace("\x00", "").replace("\r\n", "\n").strip()


def _in_chinese(rule: Any) -> None:
    if isinstance(rule, validate.Length) and rule.error is None:
        rule.error = f"最多 {rule.max} 個字，請縮短。" if rule.max and not rule.min else "長度不符，請查對。"
    if isinstance(rule, validate.Range) and rule.error is None:
        rule.error = (
            f"請填 {rule.min} 到 {rule.max} 之間的數。" if rule.max is not None else f"至少要 {rule.min}。"
        )
    if isinstance(rule, validate.OneOf):
        rule.error = "請從選項中選一個。"
    if isinstance(rule, validate.Email):
        rule.error = "電子郵件的格式不符，例如 name@example.gov.tw。"


@dataclass(slots=True)
class Form:
    """What a form shows: `typed` values (text as typed, or the stored ones on the first view) and errors by field.

    `version` says what the page showed (versions.py); `theirs` is what somebody else saved meanwhile, by field.
    """

    typed: Mapping[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    sent: bool = False
    version: str = ""
    theirs: dict[str, Any] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Sent and without errors: the service may be called."""
        return self.sent and not self.errors

    def value(self, name: str) -> str:
        value = self.typed.get(name)
        if isinstance(value, datetime):
            return roc.local(value).strftime("%Y-%m-%dT%H:%M")
        return "" if value is None else str(value)

    def values(self, name: str) -> list[str]:
        """All values of a group of checkboxes."""
        if isinstance(self.typed, MultiDict):
            return self.typed.getlist(name)
        value = self.typed.get(name) or []
        return (
            [str(item) for item in value]
            if isinstance(value, list | tuple | set | frozenset)
            else [str(value)]
        )

    def checked(self, name: str) -> bool:
        return name in self.typed if isinstance(self.typed, MultiDict) else bool(self.typed.get(name))

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    @contextmanager
    def problems(self) -> Iterator[None]:
        """Put a Problem that belongs on this form (4xx about its content) at its field, or on top when it names none."""
        try:
            yield
        except Problem as problem:
            if problem.code in ("forbidden", "not_found", "signed_out") or problem.status >= 500:
                raise
            note_refusal(problem)
            self.errors[problem.field] = problem.detail


def bind(schema: Schema, sent: Mapping[str, Any]) -> Form:
    """Load what was sent; the typed text is kept whatever happens."""
    form = Form(typed=sent, sent=True)
    try:
        form.data = schema.load(sent)
    except ValidationError as error:
        found = error.messages if isinstance(error.messages, dict) else {"": error.messages}
        form.errors = {
            "" if name == "_schema" else name: _first(messages) for name, messages in found.items()
        }
    return form


def _first(messages: Any) -> str:
    while not isinstance(messages, str):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages))
    return messages


def page(template: str, form: Form, **context: Any) -> tuple[str, int]:
    """Render a form's page: 200 on the first view, 422 with everything typed when something is wrong."""
    return render_template(template, form=form, **context), 422 if form.errors else 200


def once(view: View) -> View:
    """A form's second submit (double click, reload, back) is answered with the first one's outcome."""

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        key = request.form.get("once", "")
        if request.method != "POST" or not key:
            return view(*args, **kwargs)
        if not submissions.claim(actor(), key):
            return _first_outcome(key)
        return _carry_out(key, lambda: view(*args, **kwargs))

    return run  # type: ignore[return-value]  # same signature


def _carry_out(key: str, view: Callable[[], Any]) -> Any:
    """Keep the outcome of a submit that led somewhere; anything else may be sent again."""
    location = None
    try:
        answer = view()
        location = (
            answer.location if isinstance(answer, Response) and 300 <= answer.status_code < 400 else None
        )
        return answer
    finally:
        submissions.settle(actor(), key, location)


def _first_outcome(key: str) -> Response:
    for _ in range(50):
        location = submissions.outcome(actor(), key)
        if location:
            flash("這份表單已經送出，沒有重複處理。", "info")
            return redirect(location, 303)
        time.sleep(0.1)
    raise Problem("busy", "同一份表單正在處理中。請稍候再重新整理，查看結果。")
