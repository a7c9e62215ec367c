"""The improvement deadline of a case and where it stands on the ladder, each with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from inspect_app.domain.deadlines import Extension as Agreed
from inspect_app.domain.deadlines import Overdue, improvement_due, overdue
from inspect_app.domain.reasons import Reason
from inspect_app.domain.roc import local_date
from inspect_app.notices.models import Case, Extension
from inspect_app.scheduling import queries as scheduling


def why_due(row: Case, asked: Sequence[Extension]) -> tuple[Reason, ...]:
    """How the deadline in force came about: what the leader set, then every extension that was granted."""
    agreed = [
        Agreed(one.granted_until, local_date(one.decided_at))
        for one in asked
        if one.state == "granted" and one.granted_until is not None and one.decided_at is not None
    ]
    return improvement_due(row.first_due_on, sorted(agreed, key=lambda one: one.until)).reasons


def standing(row: Case, today: date) -> Overdue:
    """The step of the ladder (即將到期, 稽催, ...) by the rules of the inspection's day."""
    return overdue(row.due_on, today, scheduling.rules_of(row.inspection_id))
