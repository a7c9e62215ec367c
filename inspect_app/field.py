"""The inspector's app as files: the built PWA under /app/, whose service worker sees nothing outside; and the bare address."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, redirect, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from inspect_app.accounts.guards import public
from inspect_app.errors import Problem

BUILT = Path(__file__).resolve().parents[1] / "static" / "dist"
YEAR = 365 * 24 * 3600

blueprint = Blueprint("field", __name__, url_prefix="/app")
bare = Blueprint("bare", __name__)


@bare.get("/")
@public
def entrance() -> AnyResponse:
    """The address as people type it: the office, whose sign-in page is everybody's."""
    return redirect("/office/")


@bare.get("/office")
@bare.get("/app")
@public
def slash() -> AnyResponse:
    """Typed without the slash: the way on names no host, which behind a proxy may be another than the browser's."""
    return redirect(f"{request.path}/", 308)


@blueprint.get("/")
@blueprint.get("/<path:name>")
@public
def shell(name: str = "") -> Response:
    """A built file, or the shell for an address that the app itself understands (`visits/<id>`)."""
    is_file = name.startswith("assets/") or "." in name.rsplit("/", 1)[-1]
    return _file(name if is_file else "index.html")


def _file(name: str) -> Response:
    """Names under assets/ carry a hash and may be kept; everything else, sw.js above all, is asked for anew (ETag)."""
    try:
        answer = send_from_directory(current_app.config["FIELD_APP"], name, conditional=True)
    except NotFound:
        raise Problem("not_found", "找不到現場查核的這個檔案，請重新整理。") from None
    hashed = name.startswith("assets/")
    answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if hashed else "no-cache"
    return answer


def init_app(app: Flask) -> None:
    app.config.setdefault("FIELD_APP", str(BUILT))
    app.register_blueprint(blueprint)
    app.register_blueprint(bare)
