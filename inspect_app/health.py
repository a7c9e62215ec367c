"""What machines ask: alive, ready, figures. They tell nothing about any inspection."""

from __future__ import annotations

from flask import Blueprint, Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from inspect_app.accounts.guards import public
from inspect_app.extensions import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@blueprint.get("/readyz")
@public
def readyz() -> dict[str, str]:
    """Ready when the database answers; otherwise 503 (busy, away) or 500 (no such file)."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ready"}


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
