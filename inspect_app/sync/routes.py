"""/api/v1: session, packages, catalogue, sync, receipts. Each view reads, calls one service, answers."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, g, request

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts import sessions
from inspect_app.accounts.guards import actor, end_session, give_session, parks, public, requires
from inspect_app.accounts.models import Account, Device
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.installation.services import current
from inspect_app.scheduling.queries import BEFORE
from inspect_app.sync import (
    device_clocks,
    earlier,
    exchange,
    packages,
    receipts,
    schemas,
    specification,
    wire,
)
from inspect_app.sync.keys import receipt_public_key

blueprint = APIBlueprint("sync", __name__, url_prefix="/api/v1", tag="field")
FOREVER = "private, max-age=31536000, immutable"


@blueprint.post("/session")
@public
@blueprint.input(schemas.SignInIn, arg_name="form")
@blueprint.output(schemas.SessionOut)
@blueprint.doc(summary="Sign in, from a tablet with its device", responses=[400, 401, 403, 429])
def sign_in(form: dict[str, Any]) -> Response:
    settings, named = current_app.config["SETTINGS"], form["device"]
    opened = sessions.sign_in(
        form["login"],
        form["password"],
        device=(named["id"], named["name"]) if named else None,
        address=request.remote_addr or "",
        hours=settings.session_hours,
        code=form["code"],
    )
    answer = wire.answer(_session(opened.account, opened.device_id))
    give_session(answer, opened)
    return answer


@blueprint.get("/session")
@requires(Permission.SIGNED_IN)
@blueprint.output(schemas.SessionOut)
@blueprint.doc(summary="Who is signed in", responses=[401])
def session() -> Response:
    account = accounts.get(actor().id)
    if account is None:
        raise Problem("signed_out")
    device_clocks.note(actor(), request.headers.get(device_clocks.HEADER))
    return wire.answer(_session(account, actor().device_id))


def _session(account: Account, device_id: str | None) -> dict[str, Any]:
    device = db.session.get(Device, device_id) if device_id else None
    roles = sorted(accounts.actor_for(account).roles)
    return {
        "account": {
            "id": account.id,
            "login": account.login,
            "name": account.name,
            "roles": roles,
            "agency": account.agency_id,
        },
        "device": {"id": device.id, "name": device.name} if device else None,
        "epoch": current().epoch,
        "server_time": clock.as_text(clock.now()),
        "receipt_key": receipt_public_key(),
    }


@blueprint.delete("/session")
@requires(Permission.SIGNED_IN)
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Sign out; the work on the device stays", responses=[400, 401])
def sign_out() -> Response:
    answer = Response(status=204)
    end_session(answer)
    return answer


@blueprint.post("/sync")
@requires(Permission.INSPECT)
@parks
@specification.takes(schemas.SyncIn)
@blueprint.output(schemas.SyncOut)
@blueprint.doc(summary="Push and pull operations", responses=[400, 401, 403, 413, 422])
def sync() -> Response:
    asked, items, number = wire.sync_request(request)
    if g.get("parked") is not None:
        return wire.reply(exchange.park(g.parked.account_id, asked, g.parked.device_id, items), number)
    return wire.reply(exchange.exchange(actor(), asked, items), number)


@blueprint.get("/packages")
@requires(Permission.INSPECT)
@blueprint.output(schemas.PackagesOut)
@blueprint.doc(summary="The visits of whose team one is", responses=[401, 403])
def package_list() -> Response:
    return wire.answer(packages.listing(actor()))


@blueprint.get("/packages/<inspection>")
@requires(Permission.INSPECT)
@blueprint.output(schemas.PackageOut)
@blueprint.doc(summary="One visit to take along", responses=[401, 403, 404])
def package(inspection: str) -> Response:
    content = packages.package(actor(), inspection)
    return packages.sealed_answer(content) if content["phase"] == BEFORE else wire.answer(content)


@blueprint.post("/packages/<inspection>/changes")
@requires(Permission.INSPECT)
@blueprint.input(schemas.ChangesIn, arg_name="form")
@blueprint.output(schemas.ChangesOut)
@blueprint.doc(
    summary="What changed in a released visit since the package that one holds",
    responses=[400, 401, 403, 404, 422],
)
def package_changes(inspection: str, form: dict[str, Any]) -> Response:
    return wire.answer(packages.changes(actor(), inspection, form["held"]))


@blueprint.post("/packages/<inspection>/arrival")
@requires(Permission.SIGNED_IN)
@blueprint.output(schemas.ArrivalOut)
@blueprint.doc(summary="The team has arrived: release the visit", responses=[400, 401, 403, 404, 409])
def arrival(inspection: str) -> Response:
    return wire.answer(packages.arrive(actor(), inspection))


@blueprint.get("/catalogue/<edition>")
@requires(Permission.VIEW_CATALOGUE)
@blueprint.output(schemas.CatalogueOut)
@blueprint.doc(summary="A frozen edition of the defect table", responses=[401, 403, 404])
def catalogue(edition: str) -> Response:
    answer = wire.answer(packages.edition(edition))
    answer.headers["Cache-Control"] = FOREVER
    return answer


@blueprint.get("/inspections/<inspection>/receipt")
@requires(Permission.INSPECT)
@blueprint.input(schemas.ReceiptQuery, location="query", arg_name="query")
@blueprint.output(schemas.ReceiptOut)
@blueprint.doc(summary="What the server holds of a device's work, signed", responses=[400, 401, 403, 404])
def receipt(inspection: str, query: dict[str, Any]) -> Response:
    return wire.answer(receipts.receipt(actor(), inspection, query["device"]))


@blueprint.post("/inspections/<inspection>/receipt")
@requires(Permission.INSPECT)
@blueprint.input(schemas.EarlierIn, arg_name="form")
@blueprint.output(schemas.ReceiptOut)
@blueprint.doc(
    summary="A receipt from before a restore: what was sent again keeps the moment at which it first came",
    responses=[400, 401, 403, 404, 409, 422],
)
def earlier_receipt(inspection: str, form: dict[str, Any]) -> Response:
    return wire.answer(earlier.stand(actor(), inspection, form["receipt"]))


def init_app(app: APIFlask) -> None:
    specification.init_app(app)
    app.register_blueprint(blueprint)
