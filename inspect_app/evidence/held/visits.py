"""Visits against the line that last changed them: the sealed plan, the plan in clear, the team, the words of each event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select

from inspect_app.evidence.held import lines
from inspect_app.evidence.walking import Fault
from inspect_app.extensions import db
from inspect_app.scheduling.models import Visit, VisitEvent
from inspect_app.scheduling.plan import from_json
from inspect_app.scheduling.services.rows import plan_digest
from inspect_app.transaction import walked

KINDS = (
    "planned",
    "edited",
    "submitted",
    "approved",
    "returned",
    "postponed",
    "cancelled",
    "released",
    "viewed",
)
PAGE = 100
STATES = {
    "planned": ("draft",), "submitted": ("submitted",), "approved": ("sealed",), "returned": ("draft",), "cancelled": ("cancelled",),
    "released": ("released",), "postponed": ("sealed", "submitted"),
}  # fmt: skip
"""{what was done: how a visit may stand afterwards}; what was edited or looked at stands as before."""


def faults() -> Iterator[Fault]:
    """Bad visits, and events whose words are not those that were written."""
    told = lines.told(*(f"scheduling.{kind}" for kind in KINDS))
    events = {row.id: row.reason for row in db.session.execute(select(VisitEvent.id, VisitEvent.reason))}
    with walked(select(Visit).order_by(Visit.id), PAGE) as rows:
        for visit in rows.scalars():
            found = told.pop(f"visit:{visit.id}", [])
            says = _wrong(visit, found) or _words(found, events)
            if says:
                yield Fault("visit", f"visit {visit.id}", says)
    for subject in sorted(told):
        yield Fault("visit", subject.replace(":", " "), "it was deleted")


def _wrong(visit: Visit, told: list[Row[Any]]) -> str:
    """Empty when the last line says what stands in the row."""
    if not told:
        return "no line of the log tells of it"
    last, acts = told[-1].detail, [line.action.partition(".")[2] for line in told]
    if last["sealed_plan"] != hashlib.sha256(visit.sealed).hexdigest() or last["version"] != visit.version:
        return "its sealed plan is not the one that was entered"
    if visit.state not in next((STATES[act] for act in reversed(acts) if act in STATES), ()):
        return "its state is not the one that was reached"
    if last.get("plan") != plan_digest(visit):
        return "its plan is not the one that was released"
    return (
        ""
        if visit.plan is None or _as_planned(visit, visit.plan)
        else "its team or day is not that of its plan"
    )


def _as_planned(visit: Visit, plan: dict[str, Any]) -> bool:
    """Whether the clear columns and the team's rows still say what the plan says."""
    team = [(row.account_id, row.role, row.external) for row in visit.members]
    planned = [(one["account_id"], one["role"], one["external"]) for one in plan["team"]]
    clear = (visit.kind, visit.announced, visit.inspected_on, visit.edition_id, visit.rules_edition)
    day = from_json(plan).planned_on
    wanted = (plan["kind"], plan["announced"], day, plan["edition_id"] or None, plan["rules_edition"])
    return team == planned and clear == wanted


def _words(told: list[Row[Any]], events: dict[str, str]) -> str:
    for line in told:
        text = events.get(line.detail["event"])
        if text is None:
            return f"the event of line {line.n} was deleted"
        if hashlib.sha256(text.encode()).hexdigest() != line.detail["sealed_sha256"]:
            return f"the words of line {line.n} were changed"
    return ""
