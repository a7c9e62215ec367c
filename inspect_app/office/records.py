"""Inspections and their records: the list, one inspection with its tabs, the convener's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from flask import render_template, request, url_for

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.domain import roc
from inspect_app.errors import Problem
from inspect_app.inspections import listed, queries, services
from inspect_app.inspections.due import due_now, due_of
from inspect_app.inspections.listed import SORTS
from inspect_app.inspections.models import Inspection, Record
from inspect_app.inspections.showing import Shown, shown
from inspect_app.notices import queries as notices
from inspect_app.office import record_tabs
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form
from inspect_app.office.listing import listing
from inspect_app.projects import queries as projects
from inspect_app.reports import words
from inspect_app.reports.record import result_text

STATES = services.STATE_NAMES
TONES = {
    "open": "info", "closed": "wait", "confirming": "wait", "approving": "wait", "approved": "wait", "issued": "done",
}  # fmt: skip
GRADES = ("優等", "甲等", "乙等", "丙等")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list. `due` until the letter is out."""

    row: Inspection
    tender: Any
    figures: Any
    due: date | None
    late: bool

    @property
    def points(self) -> int | None:
        found = self.figures
        if found is None:
            return None
        return int(found.points_contractor + found.points_supervision + found.points_pcm + found.points_owner)


@blueprint.get("/inspections")
@requires(Permission.VIEW_INSPECTIONS)
def inspections() -> str:
    """The inspections that this person may see; filters and order stand in the address."""
    order, wanted = listing(request.args, tuple(SORTS), "-day"), _filter()
    found = listed.page(
        actor(), wanted, order.sort, descending=order.descending, offset=order.offset, limit=order.size
    )
    summary = listed.summary(actor(), wanted)
    return render_template(
        "office/records/list.html", rows=list(map(_line, found)), count=summary.count, listing=order.within(summary.count), states=STATES,
        tones=TONES, grades=[(name, name) for name in GRADES], agencies=projects.agencies(), summary=summary,
    )  # fmt: skip


def _filter() -> queries.Filter:
    first, last = (day_of(request.args.get(name, "")) for name in ("from", "to"))
    agency, state, grade = (request.args.get(name, "") for name in ("agency", "state", "grade"))
    return queries.Filter(agency_id=agency, state=state, grade=grade, first=first, last=last)


def day_of(text: str) -> date | None:
    """A day of the address, as a date input or a person writes it; None for anything else."""
    try:
        return date.fromisoformat(text) if text[:2] in ("19", "20") else roc.parse_roc(text)
    except ValueError:
        return None


def _line(found: listed.Found) -> Line:
    due = due_now(found.inspection) if found.inspection.state != "issued" else None
    return Line(found.inspection, found.tender, found.figures, due, due is not None and clock.today() > due)


@blueprint.get("/inspections/<inspection_id>")
@requires(Permission.SIGNED_IN)
def inspection(inspection_id: str) -> str:
    """One inspection. Who may see it, and what of it, is decided in `inspections.showing`."""
    return tab_page(inspection_id, request.args.get("tab", "record"), Form())


def tab_page(inspection_id: str, tab: str, form: Form, **more: Any) -> str:
    """One tab of an inspection; `form` is the one that was sent, if any."""
    one = shown(actor(), inspection_id)
    tabs = record_tabs.tabs_of(actor(), one)
    if tab not in {key for key, _label, _count in tabs}:
        raise Problem("not_found")
    context = record_tabs.CONTEXTS[tab](actor(), one) if tab in record_tabs.CONTEXTS else {}
    return render_template(
        f"office/records/{tab}.html", form=form, tab=tab, tabs=tabs, **frame(one), **context, **more
    )


def frame(one: Shown) -> dict[str, Any]:
    """What every page of an inspection shows: head, clock, next action, steps."""
    return {
        "one": one, "row": one.inspection, "record": one.record, "content": one.content, "states": STATES,
        "tones": TONES, "words": words, "result_text": result_text, "clock": _clock(one),
        "steps": _steps(actor(), one), "case": notices.by_inspection(one.inspection.id),
        "statement_url": partial(_statement_url, one.inspection.id),
    }  # fmt: skip


def _statement_url(inspection_id: str, ending: str) -> str:
    return url_for("office.statement_file", inspection_id=inspection_id, ending=ending)


def _clock(one: Shown) -> dict[str, Any]:
    """The seven working days: where it stands today, or where it stopped."""
    row, letter_on = one.inspection, one.letter["on"]
    on = letter_on or max(clock.today(), row.inspected_on)
    found = services.letter_punctuality(row, on)
    due = due_of(row)
    return {"day": found.day, "due": due, "late": on > due, "sent": letter_on, "reasons": found.reasons}


@dataclass(frozen=True, slots=True)
class Step:
    """The next action of a state: a button that posts, or a link to a form."""

    label: str
    endpoint: str
    posts: bool = False
    fields: Mapping[str, Any] | None = None
    tab: str = ""


def _steps(who: Actor, one: Shown) -> list[Step]:
    """Main action first; empty when nothing is this person's to do."""
    state, key = one.inspection.state, one.inspection.id
    found: list[Step] = []
    if state == "closed" and who.may(Permission.TIDY_RECORDS):
        found.append(Step("送委員確認", "office.send_record_for_confirmation", posts=True))
    if state == "confirming":
        found += _confirming(who, one.record, key)
    if state == "approving" and who.may(Permission.APPROVE_RECORDS):
        found.append(Step("核定或退回", "office.record_approval"))
    if state == "approved" and who.may(Permission.ISSUE_RECORDS):
        found.append(Step("發文", "office.issue_record"))
    if state == "approved" and who.may(Permission.APPROVE_RECORDS):
        found.append(Step("撤回核定", "office.record_approval"))
    if (
        one.record is not None
        and one.record.withheld
        and state == "issued"
        and who.may(Permission.ISSUE_RECORDS)
    ):
        found.append(Step("發成績函", "office.score_letter"))
    return found


def _confirming(who: Actor, record: Record | None, key: str) -> list[Step]:
    missing = queries.unconfirmed(key)
    found = []
    if who.id in missing and record is not None:
        fields = {"version": record.version, "answer": "agree"}
        found.append(Step("確認紀錄", "office.confirm_record", posts=True, fields=fields))
    if who.may(Permission.TIDY_RECORDS):
        found.append(Step("陳核", "office.send_record_for_approval", posts=not missing))
    return found


@blueprint.get("/inspections/<inspection_id>/approval")
@requires(Permission.APPROVE_RECORDS)
def record_approval(inspection_id: str) -> str:
    """The convener's page: the whole record with what decides about it, and the two buttons."""
    return approval_page(inspection_id, Form())


def approval_page(inspection_id: str, form: Form) -> str:
    one = shown(actor(), inspection_id)
    context = record_tabs.scores(actor(), one) | record_tabs.confirmations(actor(), one)
    return render_template(
        "office/records/approval.html", form=form, tab="", tabs=[], **frame(one), **context
    )
