"""The built style and scripts of the office pages; without a build the pages still render, only plain."""

from __future__ import annotations

from flask import Response, current_app, send_from_directory

from inspect_app.accounts.guards import public
from inspect_app.office.blueprint import blueprint

YEAR = 365 * 24 * 3600


@blueprint.get("/assets/<path:name>")
@public
def assets(name: str) -> Response:
    """Chunks carry a hash in their name and may be kept; the two entry files are asked for anew (ETag)."""
    answer = send_from_directory(current_app.config["OFFICE_ASSETS"], name, conditional=True)
    hashed = name.startswith("chunks/")
    answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if hashed else "no-cache"
    return answer
