"""Writing the audit line. It stands in the business transaction: no line, no action."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

import orjson

from inspect_app import clock
from inspect_app.audit.models import AuditLine
from inspect_app.extensions import db
from inspect_app.ids import new_id


class Who(Protocol):
    """Whoever acts: an account's actor or the jobs process."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


def record(actor: Who, action: str, subject: str, **detail: Any) -> str:
    """Append one line and return its id.

    `action` is `feature.verb`; `subject` is `kind:id` and holds opaque ids only, because the log of a sealed
    visit must not tell its target before release. `detail` is JSON.
    """
    line_id, moment = new_id(), clock.now()
    canonical = orjson.dumps(
        {
            "id": line_id,
            "at": moment.isoformat(),
            "actor": actor.id,
            "action": action,
            "subject": subject,
            "detail": detail,
        },
        option=orjson.OPT_SORT_KEYS,
        default=str,
    )
    db.session.add(
        AuditLine(
            id=line_id,
            at=moment,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            subject=subject,
            detail=orjson.loads(canonical)["detail"],
            leaf=hashlib.sha256(b"\x00" + canonical).hexdigest(),
        )
    )
    db.session.flush()
    return line_id
