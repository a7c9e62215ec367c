"""Writing the audit line. It stands in the business transaction: no line, no action."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import insert

from inspect_app import clock
from inspect_app.audit.lines import leaf_of, plain
from inspect_app.audit.models import AuditLine, WaitingLine
from inspect_app.extensions import db
from inspect_app.ids import new_id

_WAIT = insert(WaitingLine.__table__)


class Who(Protocol):
    """Whoever acts: an account's actor or the jobs process."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


def record(actor: Who, action: str, subject: str, **detail: Any) -> str:
    """Append one line and return its id; the sequencer chains it within a second (chaining.py).

    `action` is `feature.verb`; `subject` is `kind:id` and holds opaque ids only, because the log of a sealed
    visit must not tell its target before release. `detail` is JSON.
    """
    line = AuditLine(
        id=new_id(),
        at=clock.now(),
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        subject=subject,
        detail=plain(detail),
    )
    line.leaf = leaf_of(line).hex()
    db.session.add(line)
    db.session.flush()
    db.session.execute(_WAIT, {"line_n": line.n})
    return line.id
