"""The only commit in the program.

`with transaction():` is re-entrant: the outermost block commits, inner ones join it. Callbacks given to
`on_commit` run after the commit and may *wake* something; the work itself is always a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy.orm import Session

from inspect_app import failpoints
from inspect_app.extensions import db, writing

_callbacks: ContextVar[list[Callable[[], None]] | None] = ContextVar("callbacks", default=None)


@contextmanager
def transaction() -> Iterator[Session]:
    """Run the block as one transaction; any exception leaves the database as it was."""
    session = db.session()
    if _callbacks.get() is not None:
        yield session
        return
    _leave_read_snapshot(session)
    callbacks: list[Callable[[], None]] = []
    token, write = _callbacks.set(callbacks), writing.set(True)
    try:
        yield session
        failpoints.reached("commit.before")
        session.commit()
        failpoints.reached("commit.after")
    except BaseException:
        session.rollback()
        raise
    finally:
        _callbacks.reset(token)
        writing.reset(write)
    for callback in callbacks:
        callback()


def _leave_read_snapshot(session: Session) -> None:
    """A deferred read transaction cannot become a writer on SQLite without risking a lost lock."""
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside transaction()")
    session.rollback()


def on_commit(callback: Callable[[], None]) -> None:
    """Call `callback` after the commit of the present transaction (at once when there is none)."""
    callbacks = _callbacks.get()
    if callbacks is None:
        callback()
    else:
        callbacks.append(callback)


def end_read() -> None:
    """Give the connection back after a read, without writing anything."""
    db.session.rollback()
