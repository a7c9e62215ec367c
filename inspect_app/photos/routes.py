"""/api/v1/uploads (tus 1.0) and /api/v1/photos."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Flask, Response, request

from inspect_app.accounts.guards import actor, public, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.photos import access, queries, receiving, uploads, wire
from inspect_app.photos.sniff import DOCUMENT, IMAGES

blueprint = APIBlueprint("uploads", __name__, url_prefix="/api/v1/uploads", tag="photos")
pictures = APIBlueprint("photos", __name__, url_prefix="/api/v1/photos", tag="photos")
blueprint.after_request(wire.stamp)
SIZES = {"320": 320, "1600": 1600}
ANSWERS: Any = {  # apiflask's hint knows no mixture of texts and whole descriptions
    200: {
        "description": "The bytes",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted({*IMAGES, DOCUMENT})
        },
    },
    401: "Signed out",
    404: "Not found",
}
SANDBOX = "default-src 'none'; sandbox"


@blueprint.route("", methods=["OPTIONS"], provide_automatic_options=False)
@blueprint.route("/<upload_id>", methods=["OPTIONS"], provide_automatic_options=False, endpoint="options_one")
@public
@blueprint.doc(summary="tus: what this server supports", responses=[204])
def options(upload_id: str = "") -> Response:
    return wire.offer()


@blueprint.post("")
@requires(Permission.SIGNED_IN)
@blueprint.doc(
    summary="tus: create an upload, or find the one of this photo",
    responses=[201, 400, 401, 403, 409, 412, 413, 415, 422, 423, 429, 507],
)
def create() -> Response:
    wire.check_version(request)
    return wire.answer(201, uploads.begin(actor(), wire.wanted(request)))


@blueprint.route("/<upload_id>", methods=["HEAD"], provide_automatic_options=False)
@requires(Permission.SIGNED_IN)
@blueprint.doc(summary="tus: how far an upload has got", responses=[200, 401, 404, 412, 415, 422, 423])
def head(upload_id: str) -> Response:
    wire.check_version(request)
    return wire.answer(200, uploads.status(actor(), upload_id))


@blueprint.patch("/<upload_id>")
@requires(Permission.SIGNED_IN)
@blueprint.doc(
    summary="tus: send bytes", responses=[204, 400, 401, 404, 409, 412, 413, 415, 422, 423, 460, 507]
)
def patch(upload_id: str) -> Response:
    wire.check_version(request)
    return wire.answer(204, receiving.receive(actor(), upload_id, wire.patch(request), wire.Body(request)))


@blueprint.delete("/<upload_id>")
@requires(Permission.SIGNED_IN)
@blueprint.doc(summary="tus: give an upload up", responses=[204, 401, 404, 409, 412, 423])
def terminate(upload_id: str) -> Response:
    wire.check_version(request)
    uploads.terminate(actor(), upload_id)
    return Response(status=204)


@pictures.get("/<sha256>/<size>")
@requires(Permission.SIGNED_IN)
@pictures.doc(
    summary="A photo, upright and without EXIF (320, 1600), or its original",
    responses=ANSWERS,
)
def picture(sha256: str, size: str) -> Response:
    """Who may not see it gets the same 404 as for a photo that does not exist."""
    photo = queries.get(sha256)
    if photo is None or (size not in SIZES and size != "original") or not access.may_see(actor(), sha256):
        raise Problem("not_found")
    if size == "original":
        response = Response(queries.original(sha256), mimetype=photo.media_type)
        suffix = "pdf" if photo.media_type == DOCUMENT else photo.media_type.removeprefix("image/")
        response.headers["Content-Disposition"] = f'inline; filename="{sha256[:16]}.{suffix}"'
        response.content_length = photo.size
    else:
        response = Response(queries.derived(sha256, SIZES[size]), mimetype="image/jpeg")
    response.headers["Content-Security-Policy"] = SANDBOX
    # What a tablet keeps it seals; its browser's own cache would keep it plain.
    response.headers["Cache-Control"] = "no-store" if actor().device_id else "private, max-age=600"
    return response


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.register_blueprint(pictures)
