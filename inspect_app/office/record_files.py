"""Files of an inspection, the lists, and the page to copy into the central form from. Nothing is cached."""

from __future__ import annotations

from datetime import date

from flask import Response, render_template, request

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.evidence.heads import head_of_today
from inspect_app.extensions import db
from inspect_app.inspections import queries
from inspect_app.inspections.models import Record
from inspect_app.inspections.showing import Shown, shown
from inspect_app.installation.services import government, is_demo
from inspect_app.office.blueprint import blueprint
from inspect_app.office.downloads import download
from inspect_app.office.records import day_of, frame
from inspect_app.photos import queries as photos
from inspect_app.reports import copy_page, gathering, inspection_list
from inspect_app.reports.model import Document
from inspect_app.reports.notice import notice_document
from inspect_app.reports.record import record_document
from inspect_app.reports.rendering import head_lines, render
from inspect_app.reports.statement import statement_document
from inspect_app.reports.titles import file_name
from inspect_app.scheduling import notice, services


def _rendered(document: Document, ending: str, name: str) -> Response:
    return download(render(document, ending), name)


@blueprint.get("/inspections/<inspection_id>/record.<ending>")
@requires(Permission.SIGNED_IN)
def record_file(inspection_id: str, ending: str) -> Response:
    """The record with its photos, as this person may read it."""
    one = shown(actor(), inspection_id)
    document = record_document(
        one.content,
        one.letter,
        photo_bytes,
        government=government(),
        demo=is_demo(),
        frozen=one.frozen,
        spoilt=photos.spoilt_among(f"inspection:{inspection_id}"),
    )
    return _rendered(document, ending, file_name("查核紀錄", one.content, ending))


def photo_bytes(sha256: str) -> bytes | None:
    """The served copy of a photo, at most 1600 pixels; None when it cannot be shown."""
    try:
        return b"".join(photos.derived(sha256, 1600))
    except Problem:
        return None


@blueprint.get("/inspections/<inspection_id>/statement.<ending>")
@requires(Permission.SIGNED_IN)
def statement_file(inspection_id: str, ending: str) -> Response:
    """扣點明細."""
    one = shown(actor(), inspection_id)
    document = statement_document(
        one.content, one.letter, government=government(), demo=is_demo(), frozen=one.frozen
    )
    return _rendered(document, ending, file_name("扣點明細", one.content, ending))


@blueprint.get("/visits/<visit_id>/notice.<ending>")
@requires(Permission.SIGNED_IN)
def notice_file(visit_id: str, ending: str) -> Response:
    """查核通知函, for those who may know the plan; the name of the file tells nothing of it."""
    found = services.view_sealed(actor(), visit_id)
    if found.plan is None:
        raise Problem("not_found")
    document = notice_document(notice.notice_of(visit_id, found.plan), demo=is_demo())
    return _rendered(document, ending, f"查核通知函.{ending}")


@blueprint.get("/inspection-list.xlsx")
@requires(Permission.EXPORT_LISTS)
def inspection_list_file() -> Response:
    """查核督導狀況一覽表 of a period, 25 columns."""
    return _list(inspection_list.FULL)


@blueprint.get("/public-list.xlsx")
@requires(Permission.EXPORT_LISTS)
def public_list_file() -> Response:
    """The public yearly list: fewer columns."""
    return _list(inspection_list.PUBLIC)


def _list(layout: inspection_list.Layout) -> Response:
    first, last = (day_of(request.args.get(name, "")) for name in ("from", "to"))
    items = gathering.listed_all(gathering.issued_between(first, last, request.args.get("agency", "")))
    span = _span(first, last)
    notes = head_lines(head_of_today())
    data = inspection_list.workbook(items, f"{government()}{layout.name}{span}", layout, notes)
    return download(data, f"{layout.name}{span}.xlsx")


def _span(first: date | None, last: date | None) -> str:
    def text(day: date) -> str:
        return f"{day.year - 1911}.{day.month:02d}.{day.day:02d}"

    return f"（{text(first) if first else ''}至{text(last or clock.today())}）" if first or last else ""


@blueprint.get("/inspections/<inspection_id>/copy")
@requires(Permission.EXPORT_LISTS)
def record_copy(inspection_id: str) -> str:
    """The nine tabs of the central form in its order, each field with its button."""
    one = shown(actor(), inspection_id)
    record = db.session.get(Record, inspection_id) or Record(
        inspection_id=inspection_id, letter_no="", letter_on=None
    )
    tabs = copy_page.copy_tabs(
        gathering.listed(record, one.content),
        _letters(one),
        queries.remarks_of(inspection_id) if one.inside else {},
    )
    return render_template("office/records/copy.html", copy_tabs=tabs, tab="", tabs=[], **frame(one))


def _letters(one: Shown) -> dict[str, str]:
    record = one.record
    if record is None:
        return {}
    approved = (
        f"已核定 {record.approved_at.astimezone(clock.TAIPEI):%Y-%m-%d}" if record.approved_at else "未核定"
    )
    return {"late_reason": record.late_reason, "approval": approved, "closed": gathering.closed_on(record)}
