"""The row of a visit, its seal and its events: what every verb of planning writes with."""

from __future__ import annotations

import hashlib
from typing import Any

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.audit.lines import plain
from inspect_app.domain.canonical import sha256
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.installation.models import Installation
from inspect_app.installation.services import current
from inspect_app.scheduling import sealing
from inspect_app.scheduling.keys import seal_key
from inspect_app.scheduling.models import Visit, VisitEvent
from inspect_app.scheduling.plan import Plan, as_json

STATES = {
    "draft": "擬訂中",
    "submitted": "待召集人核定",
    "sealed": "已核定（密封）",
    "released": "已到場",
    "cancelled": "已取消",
}


def locked(visit_id: str, *states: str) -> Visit:
    """The visit for changing, in one of the states. Raises `not_found`, `wrong_state`."""
    visit = db.session.get(Visit, visit_id, with_for_update=True, populate_existing=True)
    if visit is None:
        raise Problem("not_found")
    if states and visit.state not in states:
        raise Problem(
            "wrong_state", f"這項行程目前是「{STATES[visit.state]}」，不能做這個動作。請重新整理後再看一次。"
        )
    return visit


def hold_planning() -> None:
    """Let one planner at a time decide what may be planned: no tender gets two plans in one moment."""
    current()
    db.session.get(Installation, 1, with_for_update=True, populate_existing=True)


def put_seal(visit: Visit, plan: Plan) -> None:
    """Seal the plan at the visit's present version."""
    sealed = sealing.seal(seal_key(), visit.id, visit.version, as_json(plan))
    visit.sealed, visit.wrapped_key = sealed.content, sealed.wrapped_key


def reseal(visit: Visit, plan: Plan) -> None:
    """Seal a changed plan as the next version."""
    visit.version += 1
    put_seal(visit, plan)


def note(actor: Actor, visit: Visit, kind: str, reason: str = "", **detail: Any) -> None:
    """The event and the audit line; both name the opaque id only, the reason stands in the event encrypted.

    The line pins what is encrypted, the reason and the sealed plan, by hashes of the ciphertexts, and from the release on the
    plan in clear: nothing of a visit can be exchanged later unnoticed (evidence.held.visits).
    """
    event_id = new_id()
    text = sealing.seal_text(seal_key(), visit.id, event_id, reason)
    db.session.add(
        VisitEvent(id=event_id, visit_id=visit.id, at=clock.now(), actor_id=actor.id, kind=kind, reason=text)
    )
    detail |= {"event": event_id, "sealed_sha256": hashlib.sha256(text.encode()).hexdigest()}
    detail |= {"sealed_plan": hashlib.sha256(visit.sealed).hexdigest(), "plan": plan_digest(visit)}
    audit.record(actor, f"scheduling.{kind}", f"visit:{visit.id}", version=visit.version, **detail)


def plan_digest(visit: Visit) -> str | None:
    """SHA-256 (hex) of the plan in clear; None before the release."""
    return None if visit.plan is None else sha256(plain(visit.plan))


def need_reason(reason: str, what: str) -> str:
    """The trimmed reason. Raises `reason_required`."""
    if not reason.strip():
        raise Problem("reason_required", f"請寫{what}的理由。", field="reason")
    return reason.strip()
