"""The only commit in the program.

`with transaction():` is re-entrant: the outermost block commits, inner ones join it. `Shared` lets what comes at the same
time share one transaction, and with it one wait for the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import Executable, Result, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from inspect_app import failpoints
from inspect_app.extensions import db, give_turn_on, together, volatile, writing

Item = TypeVar("Item")
Answer = TypeVar("Answer")
TRIES = 3
_inside: ContextVar[bool] = ContextVar("inside", default=False)


@contextmanager
def transaction(*, lasting: bool = True) -> Iterator[Session]:
    """Run the block as one transaction; any exception leaves the database as it was.

    With `lasting=False` the commit does not wait for the disk: it survives a kill of the process, and may be lost with the
    power. Only for what nobody was promised, such as a lease.
    """
    session = db.session()
    if in_transaction():
        if lasting and volatile.get():
            raise RuntimeError("what must last was written into a transaction that need not")
        yield session
        return
    _leave_read_snapshot(session)
    token, write, passing = _inside.set(True), writing.set(True), volatile.set(not lasting)
    try:
        if not lasting:
            _need_not_wait(session)
        yield session
        failpoints.reached("commit.before")
        session.commit()
        failpoints.reached("commit.after")
    except BaseException:
        session.rollback()
        raise
    finally:
        give_turn_on()
        _inside.reset(token)
        writing.reset(write)
        volatile.reset(passing)


def _need_not_wait(session: Session) -> None:
    """On PostgreSQL a transaction says so itself; on SQLite its BEGIN does (extensions)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL synchronous_commit = off"))


@contextmanager
def one_read() -> Iterator[Session]:
    """Reads that hang together: rows walked page by page, or everything as of one moment. Elsewhere each question stands alone."""
    session = db.session()
    if in_transaction() or together.get():
        yield session
        return
    _leave_read_snapshot(session)
    token = together.set(True)
    try:
        yield session
    finally:
        session.rollback()
        together.reset(token)


@contextmanager
def walked(query: Executable, size: int) -> Iterator[Result[*tuple[Any, ...]]]:
    """The rows of a long answer, `size` of them held at a time; the server's cursor ends with the block, however it is left."""
    with one_read() as session, session.execute(query.execution_options(yield_per=size)) as rows:
        yield rows


def in_transaction() -> bool:
    """Whether the caller stands in `transaction()` already."""
    return _inside.get()


def _leave_read_snapshot(session: Session) -> None:
    """A deferred read transaction cannot become a writer on SQLite without risking a lost lock."""
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside transaction()")
    session.rollback()


def end_read() -> None:
    """Give the connection back after a read, without writing anything."""
    db.session.rollback()


@dataclass(eq=False, slots=True)
class _Place(Generic[Item, Answer]):
    """One that waits for its turn, and what became of it. `called`: it is done, or it shall lead."""

    item: Item
    called: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)
    leads: bool = False
    answer: Answer | None = None
    error: BaseException | None = None


class Shared(Generic[Item, Answer]):
    """A line before one writer, or a few: what arrives while they are busy is written by the next free one, all together.

    `work` gets the items in the order of their arrival, inside `transaction()`, and answers one answer each. When it
    fails for several, each is tried alone, so that nobody pays for another's item. Nobody waits longer than
    `patience` seconds and the database's own limits: `TimeoutError` then, and the item was not touched.

    Of those that wait the first is called to lead when a writer gets free, before anybody is told an answer: who answers
    would only be in its way.
    """

    def __init__(
        self, work: Callable[[list[Item]], list[Answer]], most: int, patience: float, writers: int = 1
    ) -> None:
        self._work, self._most, self._patience, self._free = work, most, patience, writers
        self._waiting: list[_Place[Item, Answer]] = []
        self._list = Lock()

    def run(self, item: Item) -> Answer:
        """What `work` answers for the item; durable when it returns. Raises what `work` or the commit raised."""
        place: _Place[Item, Answer] = _Place(item)
        if not self._may_lead_at_once(place):
            if not place.called.wait(self._patience) and self._withdrawn(place):
                raise TimeoutError("the writer is busy")
            place.called.wait()
        if place.leads:
            self._lead()
        place.done.wait()  # another writer may have taken it along
        if place.error is not None:
            raise place.error
        return place.answer  # type: ignore[return-value]  # set whenever there is no error

    def _may_lead_at_once(self, place: _Place[Item, Answer]) -> bool:
        with self._list:
            self._waiting.append(place)
            place.leads = self._free > 0
            self._free -= place.leads
            return place.leads

    def _withdrawn(self, place: _Place[Item, Answer]) -> bool:
        """Whether it could still be taken out of the line: nobody works on it, and it was not called."""
        with self._list:
            if place.leads or place not in self._waiting:
                return False
            self._waiting.remove(place)
            return True

    def _lead(self) -> None:
        """Write the first of the line, who were there before whoever leads or that one itself, and give the writer on."""
        with self._list:
            places, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            if places:
                self._together(places)
        except BaseException as error:
            for place in places:
                if place.answer is None:  # what was answered is committed
                    place.error = place.error or error
            raise
        finally:
            self._give_on()
            for place in places:
                place.done.set()
                place.called.set()

    def _give_on(self) -> None:
        with self._list:
            following = next((place for place in self._waiting if not place.leads), None)
            if following is None:
                self._free += 1
                return
            following.leads = True
        following.called.set()

    def _together(self, places: list[_Place[Item, Answer]]) -> None:
        try:
            answers = self._written(places)
        except Exception as error:
            if len(places) == 1 or (isinstance(error, OperationalError) and not _crossed(error)):
                for place in places:  # locked, full, gone: the database's trouble is everybody's
                    place.error = error
                return
            for place in places:
                self._together([place])
        else:
            for place, answer in zip(places, answers, strict=True):
                place.answer = answer

    def _written(self, places: list[_Place[Item, Answer]]) -> list[Answer]:
        """One alone is tried again when another writer wrote the same key, or waited for this one, in the same instant."""
        for _ in range(TRIES - 1 if len(places) == 1 else 0):
            try:
                return self._once(places)
            except IntegrityError:
                continue
            except OperationalError as error:
                if not _crossed(error):
                    raise
        return self._once(places)

    def _once(self, places: list[_Place[Item, Answer]]) -> list[Answer]:
        with transaction():
            return self._work([place.item for place in places])


def _crossed(error: OperationalError) -> bool:
    """Whether PostgreSQL ended one of two writers that waited for each other."""
    return getattr(error.orig, "sqlstate", None) == "40P01"
