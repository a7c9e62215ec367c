"""A server that dies: at a durable point nothing after it happens, not even what a `finally` would still do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from sqlalchemy import event

from inspect_app.accounts.models import SignIn
from inspect_app.extensions import db
from inspect_app.storage.local import LocalStorage

STORING = ("put", "append", "adopt")  # what makes bytes durable in a folder


class Killed(BaseException):
    """The process is gone. No `except Exception` sees it, as none sees SIGKILL."""


@dataclass
class Moment:
    """When to die: before or after the `nth` durable point (a commit, a stored file) of one request."""

    when: str
    nth: int
    seen: int = 0
    dead: bool = False


_moment: list[Moment] = []


@contextmanager
def dying(when: str, nth: int) -> Iterator[None]:
    """Inside, the request meets its end at that point; if it has fewer points, nothing happens."""
    _moment[:] = [Moment(when, nth)]
    try:
        yield
    finally:
        _moment.clear()


def install() -> None:
    """Listen to every commit and every stored file of this process. Once."""
    event.listen(db.session, "before_commit", _before_commit)
    event.listen(db.session, "after_commit", lambda _session: _after())
    for name in STORING:
        setattr(LocalStorage, name, _counted(getattr(LocalStorage, name)))


def _counted(storing: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(storing)
    def stored(*arguments: Any) -> Any:
        _before()
        result = storing(*arguments)
        _after()
        return result

    return stored


def _before_commit(session: Any) -> None:
    # Remembering when a session was last seen is nobody's work, and comes or not with the clock.
    if any(isinstance(row, SignIn) for row in session.dirty):
        return
    session.info["counted"] = True
    _before()


def _before() -> None:
    for moment in _moment:
        moment.seen += 1
        _die_if(moment, "before")


def _after() -> None:
    for moment in _moment:
        _die_if(moment, "after")


def _die_if(moment: Moment, when: str) -> None:
    if moment.dead or (moment.when == when and moment.seen == moment.nth):
        moment.dead = True
        raise Killed
