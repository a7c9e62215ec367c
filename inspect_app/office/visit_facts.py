"""What the page of a visit tells planners and the convener besides the plan: its history, and what may still be done."""

from __future__ import annotations

from typing import Any

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor
from inspect_app.inspections import quarantine
from inspect_app.scheduling import queries, services
from inspect_app.scheduling.models import Visit
from inspect_app.sync import calling_off

EVENTS = {
    "planned": "擬訂", "edited": "修改", "submitted": "送核", "approved": "核定", "returned": "退回", "viewed": "檢視",
    "released": "到場", "postponed": "改期", "cancelled": "取消",
}  # fmt: skip


def undoing(who: Actor, row: Visit) -> dict[str, Any]:
    """What a planner may still do with a visit that is released or cancelled, and how much waits for it."""
    if row.state == queries.RELEASED:
        return {"may_call_off": calling_off.may_call_off(row.id)}
    cancelled = row.state == quarantine.CANCELLED
    work = quarantine.count(who, row.id) if cancelled else 0
    return {"work": work, "may_restore": cancelled and services.stood_approved(row)}


def history(visit_id: str) -> list[dict[str, Any]]:
    """Newest first; the looks of one person on one day stand as one line."""
    lines: dict[tuple[object, ...], dict[str, Any]] = {}
    happened = queries.events(visit_id)
    names = accounts.names(queries.actor_of(row, text) for row, text in happened)
    for row, text in happened:
        looked, whose = row.kind == "viewed", queries.actor_of(row, text)
        key = (whose, row.at.astimezone(clock.TAIPEI).date()) if looked else (row.id,)
        lines.pop(key, None)
        tone = {"approved": "good", "released": "good", "returned": "bad", "cancelled": "bad"}.get(
            row.kind, ""
        )
        who = names.get(whose, "系統")
        lines[key] = {
            "at": row.at,
            "what": EVENTS[row.kind],
            "who": who,
            "note": "" if looked else text,
            "tone": tone,
        }
    return list(reversed(lines.values()))
