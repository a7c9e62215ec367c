"""Deny by default: every view names its permission, and nothing runs before it was checked."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts import queries, sessions
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import SignIn
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.sign_in_steps import LIFE, HalfWay
from inspect_app.errors import Problem

COOKIE = "inspect_session"
DEVICE_COOKIE = (
    "inspect_device"  # of a tablet's session; beside the other, so that neither sign-in ends the other
)
HALF_COOKIE = "inspect_half"  # between password and code
HALF_PATH = "/office/sign-in"
API = "/api/v1"
MOST_BYTES = 4 * 1024 * 1024
BEFORE_FIRST_CHANGE = ("office.change_password", "office.sign_out")
View = TypeVar("View", bound=Callable[..., Any])


def requires(permission: Permission) -> Callable[[View], View]:
    """Mark a view with the permission it needs; the check itself happens in `check_request`."""

    def mark(view: View) -> View:
        view.__permission__ = permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Mark a view that anybody may open (sign-in, health, the app's shell)."""
    view.__public__ = True  # type: ignore[attr-defined]
    return view


def parks(view: View) -> View:
    """Mark a view that also takes a disabled account's work from a tablet's living session, to be kept for a person's look."""
    view.__parks__ = True  # type: ignore[attr-defined]
    return view


def actor() -> Actor:
    """The actor of this request."""
    found = g.get("actor")
    if found is None:
        raise Problem("signed_out")
    return found  # type: ignore[no-any-return]


def csrf_token() -> str:
    """The token of this session's forms (templates call it); before sign-in there is none to steal."""
    row: SignIn | None = g.get("sign_in")
    return row.csrf if row is not None else ""


def give_session(answer: Response, opened: sessions.NewSession) -> None:
    """Set the session's cookie: not readable by scripts, not sent from other sites; a tablet's is sent to the interface only."""
    life = timedelta(hours=current_app.config["SETTINGS"].session_hours)
    _set_cookie(answer, _name(opened.device_id), opened.token, _path(opened.device_id), life)


def give_half(answer: Response, half: HalfWay) -> None:
    """Set the cookie of a half sign-in, which is sent to its own page only."""
    _set_cookie(answer, HALF_COOKIE, half.token, HALF_PATH, LIFE)


def _set_cookie(answer: Response, name: str, token: str, path: str, life: timedelta) -> None:
    answer.set_cookie(
        name, token, path=path, max_age=int(life.total_seconds()), httponly=True, samesite="Lax",
        secure=current_app.config["SETTINGS"].secure_cookies,
    )  # fmt: skip


def end_session(answer: Response) -> None:
    """End the session that asked, and take its cookie back."""
    device_id = g.sign_in.device_id if g.sign_in is not None else None
    sessions.sign_out(g.session_token)
    answer.delete_cookie(_name(device_id), path=_path(device_id))


def _name(device_id: str | None) -> str:
    return DEVICE_COOKIE if device_id else COOKIE


def _path(device_id: str | None) -> str:
    return API if device_id else "/"


def init_app(app: Flask) -> None:
    """Check every request before its view, and give templates `csrf_token` and `actor`."""
    app.before_request(check_request)
    app.jinja_env.globals.update(csrf_token=csrf_token)
    app.context_processor(lambda: {"actor": g.get("actor")})


def _refuse_nul() -> None:
    """No address of ours holds NUL, and PostgreSQL fails on it: whoever sends one gets 400 and not 500."""
    if "\0" in request.path or any("\0" in part for pair in request.args.items(multi=True) for part in pair):
        raise Problem("bad_request", "網址含有不能使用的字元。")


def _bound_body() -> None:
    """JSON, and whatever comes before a sign-in, is small. Photos and files have limits of their own."""
    if request.is_json or g.actor is None:
        request.max_content_length = MOST_BYTES


def check_request() -> Response | None:
    """Find out who asks, then whether they may; the view names its permission or is public."""
    g.actor, g.sign_in, g.bearer, g.must_change_password, g.parked = None, None, False, False, None
    g.session_token = ""
    _refuse_nul()
    _identify()
    _bound_body()
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or _is_public(view):
        return None
    if g.actor is None and g.parked is not None and _marked(view, "__parks__"):
        _check_forgery()
        return None
    if g.actor is None:
        return _ask_to_sign_in()
    _check_forgery()
    if g.get("must_change_password") and request.endpoint not in BEFORE_FIRST_CHANGE:
        return _ask_for_new_password()
    permission = _marked(view, "__permission__")
    if permission is None or not g.actor.may(permission):
        raise Problem("forbidden", "您沒有這項權限。若職務需要，請洽系統管理者。")
    return None


def _marked(view: Any, name: str) -> Any:
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        method = getattr(view_class, (request.method or "GET").lower(), None)
        return getattr(method, name, None) or getattr(view_class, name, None)
    return getattr(view, name, None)


def _is_public(view: Any) -> bool:
    return request.endpoint == "static" or bool(_marked(view, "__public__"))


def _identify() -> None:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        person = queries.asking_by_bearer(header.removeprefix("Bearer ").strip())
        if person is not None and queries.usable(person):
            g.actor, g.bearer = queries.actor_asking(person), True
        return
    for token in _tokens():
        row = queries.sign_in_of(token)
        if row is not None and _is_in_place(row) and not _idle(row):
            _remember(row)
        if g.actor is not None or g.parked is not None:
            g.session_token = token
            return


def _tokens() -> list[str]:
    """The sessions of this browser. The app's own requests (`?tablet` on its pictures, which bear no header) take the tablet's first."""
    by_app = request.headers.get("X-Inspect-App") == "1" or "tablet" in request.args
    names = (DEVICE_COOKIE, COOKIE) if by_app else (COOKIE, DEVICE_COOKIE)
    return [token for name in names if (token := request.cookies.get(name))]


def _is_in_place(row: SignIn) -> bool:
    """A tablet's session is for what the app needs: whoever finds a lost tablet opens no office with it (decision 0041)."""
    return row.device_id is None or request.path.startswith(f"{API}/")


def _idle(row: SignIn) -> bool:
    """Office sessions end when idle (baseline 6); a tablet's lasts its full hours, so that a visit is not cut."""
    limit = timedelta(minutes=current_app.config["SETTINGS"].idle_minutes)
    return row.device_id is None and clock.now() - row.seen_at > limit


def _remember(row: SignIn) -> None:
    person = queries.asking(row.account_id)
    if person is None or not (row.device_id is None or queries.device_stands(row.device_id)):
        return
    if not queries.usable(person):
        g.parked = row if row.device_id is not None else None
        return
    sessions.touch(row)
    g.sign_in, g.actor = row, queries.actor_asking(person, row.device_id)
    g.must_change_password = person.must_change_password


def _ask_to_sign_in() -> Response:
    if request.path.startswith("/office") and request.method == "GET":
        return redirect(url_for("office.sign_in", next=request.full_path.rstrip("?")))
    raise Problem("signed_out", "登入已逾時，請重新登入；已填的內容還在。")


def _ask_for_new_password() -> Response:
    """No other route is usable before a first password was changed (baseline 38)."""
    if request.path.startswith("/office") and request.method == "GET":
        return redirect(url_for("office.change_password"))
    raise Problem("password_change_required", "請先到網頁版變更密碼，再使用其他功能。")


def _check_forgery() -> None:
    """Writes by cookie need the form's token or the app's own header; bearer tokens cannot be forged by a page."""
    if g.bearer or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    by_form = bool(csrf_token()) and secrets.compare_digest(sent.encode(), csrf_token().encode())
    by_app = request.path.startswith("/api/") and request.headers.get("X-Inspect-App") == "1"
    if not (by_form or by_app):
        raise Problem("csrf", "表單已過期，沒有存入。請回到表單，重新整理後再送。")
