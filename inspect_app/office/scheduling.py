"""Pages of planning. Who may see a visit is decided in `scheduling.queries.known`; the pages only show it.

Nothing of a plan goes into an address, a message after a redirect, or the browser's own drafts.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form, bind, once, page
from inspect_app.office.plan_forms import (
    PlanForm,
    PostponeForm,
    ReasonForm,
    choices,
    dates_of,
    half_filled,
    plan_of,
    typed_dates,
    typed_of,
)
from inspect_app.office.versions import CHANGED, lay_beside, saw_other
from inspect_app.office.visit_facts import history, undoing
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender
from inspect_app.scheduling import notice, queries, services, standing
from inspect_app.scheduling.plan import KINDS, ROLES, Known, Plan
from inspect_app.scheduling.services.rows import STATES

KIND_OPTIONS = list(KINDS.items())


@blueprint.get("/visits")
@requires(Permission.PLAN_VISITS)
def visits() -> str:
    """The open plans, for planners, or the cancelled ones on demand; each look is logged."""
    cancelled = request.args.get("cancelled") == "1"
    rows = [
        _row(item) for item in services.list_sealed(actor(), ("cancelled",) if cancelled else queries.OPEN)
    ]
    broken = [] if cancelled else queries.broken_ids()
    return render_template(
        "office/scheduling/list.html",
        rows=rows,
        states=STATES,
        kinds=KINDS,
        broken=broken,
        cancelled=cancelled,
    )


@blueprint.get("/visit-approvals")
@requires(Permission.APPROVE_VISITS)
def visit_approvals() -> str:
    """What waits for the convener, and what was approved and lies ahead."""
    rows = [_row(item) for item in services.list_sealed(actor(), ("submitted", "sealed"))]
    waiting = [row for row in rows if row["state"] == "submitted"]
    ahead = [row for row in rows if row["state"] == "sealed"]
    return render_template("office/scheduling/approvals.html", waiting=waiting, ahead=ahead, kinds=KINDS)


def _row(item: Known) -> dict[str, Any]:
    visit = queries.get(item.visit_id)
    assert visit is not None
    assert item.plan is not None
    return {
        "known": item,
        "plan": item.plan,
        "state": visit.state,
        "tender": projects.tender(item.plan.tender_id),
    }


@blueprint.route("/visits/new", methods=["GET", "POST"])
@requires(Permission.PLAN_VISITS)
@once
def new_visit() -> Response | tuple[str, int]:
    form = (
        bind(PlanForm(), request.form)
        if request.method == "POST"
        else Form({"kind": "inspection", "announced": "no"})
    )
    with form.problems():
        if form.ready:
            visit_id = services.plan_visit(actor(), plan_of(form.data))
            return _back(visit_id, "行程已存成草稿並密封，請核對後送核。")
    return _plan_page(form)


@blueprint.route("/visits/<visit_id>/edit", methods=["GET", "POST"])
@requires(Permission.PLAN_VISITS)
@once
def edit_visit(visit_id: str) -> Response | tuple[str, int]:
    found = services.view_sealed(actor(), visit_id)
    form = bind(PlanForm(), request.form) if request.method == "POST" else Form(typed_of(_plan(found)))
    with form.problems():
        if form.ready:
            _refuse_stale(form, typed_of(_plan(found)), found.version)
            services.edit_visit(
                actor(), visit_id, plan_of(form.data), version=_version(form.value("version"))
            )
            return _back(visit_id, "行程已更新，請核對後送核。")
    return _plan_page(form, found)


def _refuse_stale(form: Form, now: dict[str, Any], version: int) -> None:
    """Another planner was faster: say so on the form with what was saved, and keep what was typed."""
    if saw_other(form, version):
        lay_beside(form, now, version)
        raise Problem("stale", CHANGED)


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _plan_page(form: Form, known: Known | None = None) -> tuple[str, int]:
    tender, theirs = (
        db.session.get(Tender, key) for key in (form.value("tender_id"), form.theirs.get("tender_id", ""))
    )
    return page(
        "office/scheduling/form.html",
        form,
        known=known,
        tender=tender,
        theirs=theirs,
        kinds=KIND_OPTIONS,
        only_demo=catalogue.only_demo_mix(clock.today()),
        **choices(),
    )


@blueprint.post("/visits/tenders")
@requires(Permission.PLAN_VISITS)
def visit_tenders() -> str:
    """Tenders to choose from, as the planner types. By POST, so that no address or log holds the words."""
    words = request.form.get("q", "")
    rows = projects.tenders(projects.TenderFilter(text=words, per_page=12)).rows if words.strip() else []
    return render_template(
        "office/scheduling/tenders.html", rows=rows, words=words, chosen=request.form.get("tender_id", "")
    )


@blueprint.post("/visits/check")
@requires(Permission.PLAN_VISITS)
def visit_check() -> str:
    """The live answer beside the form: proposed kind, the team's figures, every objection."""
    typed = half_filled(request.form)
    if not {"tender_id", "planned_on", "start", "kind", "announced"} <= typed.keys():
        return render_template("office/scheduling/check.html", preview=None, problem="", kinds=KINDS)
    try:
        preview = services.preview(actor(), plan_of(typed), but=request.form.get("visit_id", ""))
    except Problem as problem:
        return render_template(
            "office/scheduling/check.html", preview=None, problem=problem.detail, kinds=KINDS
        )
    return render_template("office/scheduling/check.html", preview=preview, problem="", kinds=KINDS)


@blueprint.get("/visits/<visit_id>")
@requires(Permission.SIGNED_IN)
def visit(visit_id: str) -> str:
    """One visit, as far as this person may know it now; for everybody else the same answer as for no visit."""
    found = services.view_sealed(actor(), visit_id)
    row = queries.get(visit_id)
    assert row is not None
    planning = found.role in ("planner", "convener")
    return render_template(
        "office/scheduling/detail.html",
        known=found,
        plan=found.plan,
        against=standing.objections(found) if planning else [],
        approves=actor().may(Permission.APPROVE_VISITS),
        own=services.OWN_PLAN if queries.planned_by(visit_id, actor().id) else "",
        state=row.state,
        states=STATES,
        kinds=KINDS,
        roles=ROLES,
        tender=projects.tender(found.plan.tender_id) if found.plan else None,
        on_the_day=found.planned_on <= clock.today(),
        history=history(visit_id) if planning else [],
        **(undoing(actor(), row) if found.role == "planner" else {}),
    )


@blueprint.get("/visits/<visit_id>/notice")
@requires(Permission.SIGNED_IN)
def visit_notice(visit_id: str) -> str:
    """The written notice to print and show on site."""
    found = services.view_sealed(actor(), visit_id)
    if found.plan is None:
        raise Problem("not_found")
    return render_template(
        "office/scheduling/notice.html", notice=notice.notice_of(visit_id, found.plan), known=found
    )


@blueprint.post("/visits/<visit_id>/submit")
@requires(Permission.PLAN_VISITS)
@once
def submit_visit(visit_id: str) -> Response:
    services.submit(actor(), visit_id)
    return _back(visit_id, "已送召集人核定。")


@blueprint.post("/visits/<visit_id>/approve")
@requires(Permission.APPROVE_VISITS)
@once
def approve_visit(visit_id: str) -> Response:
    services.approve_visit(actor(), visit_id, version=_version(request.form.get("version", "")))
    return _back(visit_id, "已核定名單與通知函。")


@blueprint.post("/visits/<visit_id>/release")
@requires(Permission.SIGNED_IN)
@once
def release_visit(visit_id: str) -> Response:
    """到場: by the leader or a planner; the service tells who may."""
    services.release(actor(), visit_id)
    return _back(visit_id, "已登錄到場，小組全員可以看到這次查核。")


@blueprint.route("/visits/<visit_id>/return", methods=["GET", "POST"])
@requires(Permission.APPROVE_VISITS)
@once
def return_visit(visit_id: str) -> Response | tuple[str, int]:
    found = services.view_sealed(actor(), visit_id)
    form = bind(ReasonForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            services.return_visit(actor(), visit_id, form.data["reason"])
            flash("已退回承辦修正。", "good")
            return redirect(url_for("office.visit_approvals"), 303)
    return page(
        "office/scheduling/reason.html",
        form,
        known=found,
        title="退回行程",
        label="退回的理由",
        button="退回",
    )


@blueprint.route("/visits/<visit_id>/cancel", methods=["GET", "POST"])
@requires(Permission.PLAN_VISITS)
@once
def cancel_visit(visit_id: str) -> Response | tuple[str, int]:
    found = services.view_sealed(actor(), visit_id)
    form = bind(ReasonForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            services.cancel(actor(), visit_id, form.data["reason"])
            return _back(visit_id, "行程已取消。")
    return page(
        "office/scheduling/reason.html",
        form,
        known=found,
        title="取消行程",
        label="取消的理由",
        button="取消這項行程",
    )


@blueprint.route("/visits/<visit_id>/postpone", methods=["GET", "POST"])
@requires(Permission.PLAN_VISITS)
@once
def postpone_visit(visit_id: str) -> Response | tuple[str, int]:
    found = services.view_sealed(actor(), visit_id)
    form = bind(PostponeForm(), request.form) if request.method == "POST" else Form(typed_dates(_plan(found)))
    with form.problems():
        if form.ready:
            _refuse_stale(form, typed_dates(_plan(found)), found.version)
            services.postpone(actor(), visit_id, dates_of(form.data), form.data["reason"])
            return _back(visit_id, "行程已改期。")
    return page("office/scheduling/postpone.html", form, known=found, plan=_plan(found))


def _plan(found: Known) -> Plan:
    assert found.plan is not None  # planners know all
    return found.plan


def _back(visit_id: str, message: str) -> Response:
    flash(message, "good")
    return redirect(url_for("office.visit", visit_id=visit_id), 303)
