"""What the forms about a case's deductions and sanctions show."""

from __future__ import annotations

from typing import Any, TypeVar

from inspect_app.accounts.guards import actor
from inspect_app.accounts.permissions import Permission
from inspect_app.extensions import db
from inspect_app.notices.models import Deduction, Sanction
from inspect_app.notices.services.holding import held

Line = TypeVar("Line", Deduction, Sanction)


def deducted(row: Deduction | None) -> dict[str, Any] | None:
    return {name: getattr(row, name) for name in ("amount", "on", "note")} if row else None


def held_line(case_id: str, model: type[Line], key: str) -> Line | None:
    """A line of a case as it stands now, the case held."""
    held(actor(), case_id)
    return db.session.get(model, (case_id, key), populate_existing=True)


def done_about(row: Sanction | None) -> dict[str, Any] | None:
    """What the form of a sanction shows; the advice only to those who give it."""
    if row is None:
        return None
    advice = {"advised": row.advised, "advice": row.advice} if actor().may(Permission.REVIEW_CASES) else {}
    done = {True: "yes", False: "no", None: ""}[row.done]
    return advice | {"done": done, "on": row.done_on, "note": row.done_note}
