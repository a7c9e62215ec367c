"""Writing the audit line. It stands in the business transaction: no line, no action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import bindparam, insert, select

from inspect_app import clock
from inspect_app.audit.lines import leaf_of, plain
from inspect_app.audit.models import AuditLine, WaitingLine
from inspect_app.extensions import among, db
from inspect_app.ids import new_id
from inspect_app.prepared import Prepared, pouring, records

_COLUMNS = ("id", "at", "actor_id", "actor_name", "action", "subject", "detail", "leaf")
_l, _w = AuditLine.__table__, WaitingLine.__table__
_LINE = Prepared(insert(_l).values({name: bindparam(name) for name in _COLUMNS}))
_WAITING = Prepared(insert(_w).from_select(["line_n"], select(_l.c.n).where(among(_l.c.id, "ids"))))
_new = pouring(AuditLine, _COLUMNS, "lines").returning(_l.c.n).cte("line")
_NEW_AND_WAITING = insert(_w).from_select(["line_n"], select(_new.c.n))
_LINES = Prepared(_NEW_AND_WAITING)
LINES = _NEW_AND_WAITING.cte("waiting")
"""On PostgreSQL: the `lines_of` some acts, written by a statement that writes other rows, too."""


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


@dataclass(frozen=True, slots=True)
class Act:
    """What one line is to say. `action` is `feature.verb`; `subject` is `kind:id` and holds opaque ids only, because the log
    of a sealed visit must not tell its target before release; `detail` is JSON.
    """

    actor: Who
    action: str
    subject: str
    detail: dict[str, Any]


def record(actor: Who, action: str, subject: str, **detail: Any) -> str:
    """Append one line (see `Act`) and return its id; the sequencer chains it within a second (chaining.py)."""
    return record_all([Act(actor, action, subject, detail)])[0]


def record_all(acts: Sequence[Act]) -> list[str]:
    """Append a line for each, in their order; answers the lines' ids."""
    lines = _lines(acts)
    ids = [line["id"] for line in lines]
    if db.session.get_bind().dialect.name == "postgresql":
        _LINES.rows(lines=_told(lines))
    else:
        _LINE.many(lines)
        _WAITING.rows(ids=ids)
    return ids


def lines_of(acts: Sequence[Act]) -> str:
    """What `LINES` takes."""
    return _told(_lines(acts))


def _told(lines: list[dict[str, Any]]) -> str:
    return records(_COLUMNS, (tuple(line[name] for name in _COLUMNS) for line in lines))


def _lines(acts: Sequence[Act]) -> list[dict[str, Any]]:
    moment = clock.now()
    lines = (
        _New(new_id(), moment, act.actor.id, act.actor.name, act.action, act.subject, plain(act.detail))
        for act in acts
    )
    return [{**_values(line), "leaf": leaf_of(line).hex()} for line in lines]


def _values(line: _New) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _New.__slots__}
