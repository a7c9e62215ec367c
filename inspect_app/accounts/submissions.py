"""Which form was sent already: the first submit claims its id, a second one gets the first one's outcome."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Submission
from inspect_app.extensions import db
from inspect_app.transaction import end_read, transaction

KEPT = timedelta(days=2)


def claim(actor: Actor, key: str) -> bool:
    """Whether this submit is the first of its form."""
    row_id = _row_id(actor, key)
    try:
        with transaction() as session:
            if session.get(Submission, row_id) is not None:
                return False
            session.add(Submission(id=row_id, location="", created_at=clock.now()))
    except IntegrityError:
        return False
    return True


def settle(actor: Actor, key: str, location: str | None) -> None:
    """Keep where the first submit led, or give the id free when it led nowhere (errors on the form)."""
    with transaction() as session:
        row = session.get(Submission, _row_id(actor, key))
        if row is not None and location:
            row.location = location
        elif row is not None:
            session.delete(row)


def outcome(actor: Actor, key: str) -> str:
    """Where the first submit led; empty while it is under way."""
    end_read()
    row = db.session.get(Submission, _row_id(actor, key), populate_existing=True)
    return row.location if row is not None else ""


def forget_old() -> None:
    """Drop what nobody will send again (a daily job)."""
    with transaction() as session:
        session.execute(delete(Submission).where(Submission.created_at < clock.now() - KEPT))


def _row_id(actor: Actor, key: str) -> str:
    return f"{actor.id}:{key[:40]}"
