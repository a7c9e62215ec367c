"""What the log tells, as the checks of its rows want it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from inspect_app.audit.models import AuditLine
from inspect_app.extensions import db

_WANTED = (
    AuditLine.n,
    AuditLine.at,
    AuditLine.actor_id,
    AuditLine.action,
    AuditLine.subject,
    AuditLine.detail,
)


def told(*actions: str) -> dict[str, list[Row[Any]]]:
    """{subject: its lines of these actions}, in the order of the log. A line has n, at, actor_id, action, subject, detail."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for line in db.session.execute(
        select(*_WANTED).where(AuditLine.action.in_(actions)).order_by(AuditLine.n)
    ):
        found[line.subject].append(line)
    return found


def of(action: str, subject: str) -> Sequence[Row[Any]]:
    """The lines of one action about one thing."""
    query = select(*_WANTED).where(AuditLine.subject == subject, AuditLine.action == action)
    return db.session.execute(query.order_by(AuditLine.n)).all()
