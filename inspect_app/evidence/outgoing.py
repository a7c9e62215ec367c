"""What leaves the house about a head (letters, requests for a time stamp) are rows of the outbox: once per head, tried again
for a week.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from inspect_app import clock
from inspect_app.evidence.models import Head
from inspect_app.extensions import db
from inspect_app.notifications import services as outbox
from inspect_app.notifications.models import OutboxRow

GIVEN_UP = timedelta(days=7)


def queue(kind: str, head: Head, whom: str = "", **payload: Any) -> bool:
    """Queue one, unless it stands already; answers whether it was new. Asked first: most minutes it stands."""
    once = f"{kind}:{head.n}:{head.root[:16]}:{whom}"
    if outbox.is_queued(once):
        return False
    return outbox.enqueue(kind, f"head:{head.n}", {"n": head.n, **payload}, once=once)


def unfinished(kind: str, older: timedelta = timedelta()) -> list[OutboxRow]:
    """The rows of a kind that are not carried out, queued within the last week and longer ago than `older`."""
    now = clock.now()
    query = select(OutboxRow).where(OutboxRow.kind == kind, OutboxRow.state.in_(outbox.OPEN))
    query = query.where(OutboxRow.created_at > now - GIVEN_UP, OutboxRow.created_at <= now - older)
    return list(db.session.scalars(query.order_by(OutboxRow.created_at)))


def try_again(kind: str) -> int:
    """Rows of a kind that were given up on are due again; answers for how many heads."""
    refs = {row.ref for row in unfinished(kind) if row.state == "failed"}
    for ref in refs:
        outbox.retry(ref)
    return len(refs)
