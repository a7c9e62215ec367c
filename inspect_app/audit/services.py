"""Writing the audit line. It stands in the business transaction: no line, no action."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import insert

from inspect_app import clock
from inspect_app.audit.lines import leaf_of, plain
from inspect_app.audit.models import AuditLine, WaitingLine
from inspect_app.extensions import db
from inspect_app.ids import new_id

# Written at every act, so built once and without the unit of work.
_LINE = insert(AuditLine.__table__).returning(AuditLine.__table__.c.n)
_WAITING = insert(WaitingLine.__table__)


@dataclass(slots=True)
class _New:
    """A line before it has its number."""

    id: str
    at: datetime
    actor_id: str
    actor_name: str
    action: str
    subject: str
    detail: dict[str, Any]


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
    line = _New(new_id(), clock.now(), actor.id, actor.name, action, subject, plain(detail))
    number = db.session.execute(_LINE, {**asdict(line), "leaf": leaf_of(line).hex()}).scalar_one()
    db.session.execute(_WAITING, {"line_n": number})
    return line.id
