"""Where a request came from: forms before sign-in carry no session's token, so their origin is asked instead."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import request

from inspect_app.errors import Problem

View = TypeVar("View", bound=Callable[..., Any])


def own_forms_only(view: View) -> View:
    """Refuse a POST that another site's page sent (sign-in, forgotten password)."""

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and _is_foreign():
            raise Problem("csrf", "這個表單不是從本系統的頁面送出。請回到登入頁重新操作。")
        return view(*args, **kwargs)

    return run  # type: ignore[return-value]  # same signature


def _is_foreign() -> bool:
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", "")
    return site not in ("same-origin", "none") or (
        origin not in ("", "null") and urlsplit(origin).netloc != request.host
    )


def safe_next(target: str) -> str:
    """A path of this site to go on to, or empty: `next` never leads elsewhere (`//evil`, `/\\evil`, `https:`)."""
    plain = target.strip()
    if not plain.startswith("/") or plain[1:2] in ("/", "\\") or any(ord(letter) < 33 for letter in plain):
        return ""
    return plain if urlsplit(plain).netloc == "" else ""
