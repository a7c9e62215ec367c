"""The supervision meeting: its page of figures, what is behind each number, the snapshot, the book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.inspections import queries as inspections
from inspect_app.installation.services import is_demo
from inspect_app.meetings import queries, services
from inspect_app.meetings.behind import Number, behind_number
from inspect_app.meetings.models import Meeting
from inspect_app.office.blueprint import blueprint
from inspect_app.office.downloads import download
from inspect_app.office.filters import col
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page
from inspect_app.office.meeting_charts import Opener, charts, short
from inspect_app.office.versions import hold, opened, unless_changed
from inspect_app.projects import queries as projects
from inspect_app.reports.meeting_book import Book, RulingLine, meeting_document
from inspect_app.reports.rendering import render


@blueprint.get("/meetings")
@requires(Permission.VIEW_MEETINGS)
def meetings() -> str:
    """All sittings, the newest first."""
    return render_template("office/meetings/list.html", meetings=queries.meetings(), today=clock.today())


class MeetingForm(FormSchema):
    """A sitting to prepare."""

    title = fields.String(required=True, validate=validate.Length(max=100))
    held_on = Day(required=True)
    period_from = Day(required=True)
    period_to = Day(required=True)


@blueprint.route("/meetings/new", methods=["GET", "POST"])
@requires(Permission.PREPARE_MEETINGS)
@once
def new_meeting() -> Response | tuple[str, int]:
    form = bind(MeetingForm(), request.form) if request.method == "POST" else Form(_usual(clock.today()))
    with form.problems():
        if form.ready:
            row = services.create_meeting(actor(), services.NewMeeting(**form.data))
            return redirect(url_for("office.meeting", meeting_id=row.id), 303)
    return page("office/meetings/new.html", form, meeting=None)


@blueprint.route("/meetings/<meeting_id>/edit", methods=["GET", "POST"])
@requires(Permission.PREPARE_MEETINGS)
@once
def edit_meeting(meeting_id: str) -> Response | tuple[str, int]:
    """Correct the name, the day or the period until the page is frozen."""
    row = queries.meeting(meeting_id)
    form = bind(MeetingForm(), request.form) if request.method == "POST" else opened(_sitting(row))
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _sitting(hold(Meeting, row.id))):
                services.edit_meeting(actor(), row.id, services.NewMeeting(**form.data))
            return redirect(url_for("office.meeting", meeting_id=row.id), 303)
    return page("office/meetings/new.html", form, meeting=row)


def _sitting(row: Meeting) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("title", "held_on", "period_from", "period_to")}


def _usual(today: date) -> dict[str, Any]:
    """The last full quarter, a sitting in two weeks."""
    first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    end = first - timedelta(days=1)
    begin = date(end.year, (end.month - 1) // 3 * 3 + 1, 1)
    title = f"{end.year - 1911} 年第 {(end.month - 1) // 3 + 1} 季公共工程督導會報"
    return {"title": title, "held_on": today + timedelta(days=14), "period_from": begin, "period_to": end}


@blueprint.get("/meetings/<meeting_id>")
@requires(Permission.VIEW_MEETINGS)
def meeting(meeting_id: str) -> str:
    """The page of the sitting, as filtered by its address."""
    row = queries.meeting(meeting_id)
    agency_id, programme = _filters()
    live = request.args.get("live") == "1"
    found = queries.shown_figures(row, clock.today(), agency_id=agency_id, programme=programme, live=live)
    return render_template(
        "office/meetings/meeting.html", meeting=row, figures=found, charts=charts(found, _opener(row, live)), live=live,
        before=queries.tracked_before(row), rulings=queries.rulings_of(row.id), states=queries.STATES, units=_units(),
        agency_columns=[col(short(line["name"]), num=True) for line in found["by_agency"]],
        agency_options=list(_units().items()), programme_options=[(name, name) for name in projects.programmes()], today=clock.today(),
    )  # fmt: skip


def _opener(row: Meeting, live: bool) -> Opener:
    """The address of what is behind a number, within the filters of this page."""
    agency_id, programme = _filters()
    kept: dict[str, Any] = {
        "agency": agency_id or None,
        "programme": programme or None,
        "live": "1" if live else None,
    }

    def opens(what: str, key: str) -> str:
        return url_for("office.meeting_behind", meeting_id=row.id, what=what, key=key, **kept)

    return opens


def _filters() -> tuple[str, str]:
    return request.args.get("agency", "")[:36], request.args.get("programme", "")[:120]


def _units() -> dict[str, str]:
    return {row.id: row.name for row in projects.agencies()}


@blueprint.get("/meetings/<meeting_id>/behind/<what>")
@requires(Permission.VIEW_MEETINGS)
def meeting_behind(meeting_id: str, what: str) -> str:
    """What is behind a number: exactly the rows that it counts."""
    row = queries.meeting(meeting_id)
    agency_id, programme = _filters()
    live = request.args.get("live") == "1"
    found = queries.shown_figures(row, clock.today(), agency_id=agency_id, programme=programme, live=live)
    number = behind_number(found, what, request.args.get("key", "")[:120])
    if number is None:
        raise Problem("not_found", "這個數字沒有明細。")
    return render_template("office/meetings/behind.html", meeting=row, number=number, rows=_shares(number))


def _shares(number: Number) -> list[dict[str, Any]]:
    """The inspections behind a number, with what each adds; those that add nothing are left out."""
    rollups = inspections.rollups(number.inspection_ids)
    tenders = {row.id: row for row in projects.by_ids([row.tender_id for row in rollups])}
    agencies = {row.id: row for row in projects.agencies()}
    codes = inspections.defect_codes(number.inspection_ids)
    shares = ((row, number.share(row, codes.get(row.inspection_id, []))) for row in rollups)
    return [
        {"rollup": row, "tender": tenders[row.tender_id], "agency": agencies[row.agency_id], "share": share}
        for row, share in shares
        if share
    ]


@blueprint.post("/meetings/<meeting_id>/freeze")
@requires(Permission.PREPARE_MEETINGS)
@once
def freeze_meeting(meeting_id: str) -> Response:
    services.freeze_meeting(actor(), meeting_id)
    flash("會議資料已定稿，數字不再變動。")
    return redirect(url_for("office.meeting", meeting_id=meeting_id), 303)


@blueprint.get("/meetings/<meeting_id>/book.<kind>")
@requires(Permission.VIEW_MEETINGS)
def meeting_book(meeting_id: str, kind: str) -> FlaskResponse:
    """The meeting book as ODT or PDF, in the scope of the page."""
    row = queries.meeting(meeting_id)
    return download(render(meeting_document(_book(row)), kind), f"{row.title}.{kind}")


def _book(row: Meeting) -> Book:
    agency_id, programme = _filters()
    found = queries.shown_figures(row, clock.today(), agency_id=agency_id, programme=programme)
    frozen: bool = found["frozen"]
    return Book(
        title=row.title, held_on=row.held_on, figures=found, frozen=frozen, demo=is_demo(),
        before=[_line(one) for one in queries.told_before(row, frozen=frozen)],
        rulings=[_line(queries.as_told(one)) for one in queries.rulings_of(row.id)],
        scope="、".join(filter(None, (_units().get(agency_id, ""), programme))),
    )  # fmt: skip


def _line(told: Mapping[str, Any]) -> RulingLine:
    return RulingLine(
        str(told["no"]), told["text"], told["unit"], date.fromisoformat(told["due_on"]), queries.STATES[told["state"]],
        told["report"],
    )  # fmt: skip
