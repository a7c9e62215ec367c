"""/api/v1/previews: small pictures ahead of their originals."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, APIFlask, Schema
from apiflask.validators import Length
from flask import Response, request
from marshmallow import EXCLUDE, fields

from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.sync import previews, wire

blueprint = APIBlueprint("previews", __name__, url_prefix="/api/v1/previews", tag="photos")
SANDBOX = "default-src 'none'; sandbox"
JPEG = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
ANSWERS: Any = {  # apiflask's hint knows no mixture of texts and whole descriptions
    200: {"description": "The bytes", "content": JPEG},
    401: "Signed out",
    404: "Not found",
}


class PreviewQuery(Schema):
    """Where the photo belongs: the inspection, and the finding's entity id (none: of the site)."""

    class Meta:
        unknown = EXCLUDE

    inspection = fields.String(required=True, validate=Length(max=36))
    finding = fields.String(load_default="", validate=Length(max=36))


@blueprint.put("/<sha256>")
@requires(Permission.INSPECT)
@blueprint.input(PreviewQuery, location="query", arg_name="query")
@blueprint.doc(
    summary="A small JPEG of a photo that is still on the device; `sha256` is the original's",
    responses=[204, 400, 401, 403, 404, 413, 415, 422, 429],
)
def take(sha256: str, query: dict[str, Any]) -> Response:
    body = wire.body(request, previews.MOST_BYTES, previews.too_large)
    previews.take(actor(), sha256, query["inspection"], query["finding"], body)
    return Response(status=204)


@blueprint.get("/<preview_id>")
@requires(Permission.SIGNED_IN)
@blueprint.doc(
    summary="The small picture; the server's own once the original is here",
    responses=ANSWERS,
)
def picture(preview_id: str) -> Response:
    """Who may not see it gets the same 404 as for a picture that does not exist."""
    response = Response(previews.picture(actor(), preview_id), mimetype="image/jpeg")
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "no-store" if actor().device_id else "private, no-cache"
    return response


def init_app(app: APIFlask) -> None:
    app.register_blueprint(blueprint)
