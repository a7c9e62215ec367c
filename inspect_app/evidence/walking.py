"""One walk along the chain, from the first line to the last, that hashes every line again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.exc import DataError, OperationalError

from inspect_app.audit.lines import leaf_of
from inspect_app.audit.models import AuditLine, ChainLink, WaitingLine
from inspect_app.domain.merkle import START, Growing, link_hash
from inspect_app.evidence.moments import Moments
from inspect_app.extensions import db
from inspect_app.transaction import walked

PAGE = 1000
SAID = (AuditLine.id, AuditLine.at, AuditLine.actor_id, AuditLine.actor_name, AuditLine.action, AuditLine.subject,
        AuditLine.detail, AuditLine.leaf)  # fmt: skip
_ROW = (
    select(ChainLink.position, ChainLink.line_n, ChainLink.hash, ChainLink.leaf.label("linked"), *SAID)
    .outerjoin(AuditLine, AuditLine.n == ChainLink.line_n)
    .order_by(ChainLink.position)
)
_WAITING = (
    select(WaitingLine.line_n, *SAID, AuditLine.leaf.label("linked"))
    .outerjoin(AuditLine, AuditLine.n == WaitingLine.line_n)
    .order_by(WaitingLine.line_n)
)
SPOILT = (ValueError, TypeError, OverflowError, RecursionError, DataError, OperationalError)
"""What it raises to read a row in which somebody put no JSON, no date or no text; see `spoilt`."""
NOT_OURS = "it holds what no line can hold"


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad row: `kind` is line, chain, tail, head, anchor, stamp, photo, or what a row holds that follows from the log (see
    `held`); `row` names it; `says` is what is wrong.
    """

    kind: str
    row: str
    says: str


class Walk:
    """`tree` holds what was walked; `roots` and `links` the tree's root and the chain's hash at the wanted sizes."""

    def __init__(self, sizes: set[int], moments: Moments) -> None:
        self.tree, self._moments = Growing(), moments
        self._sizes, self._previous = sizes, START
        self.roots: dict[int, str] = {}
        self.links: dict[int, str] = {}
        self._note()

    def run(self) -> Fault | None:
        """To the end, or to the first bad row."""
        try:
            with walked(_ROW, PAGE) as rows:
                return next((fault for row in rows if (fault := self._step(row))), None)
        except SPOILT as error:
            fault = self._one_by_one() if spoilt(error) else None
            if fault is None:
                raise
            return fault

    def _one_by_one(self) -> Fault | None:
        """The next page again: with one row that cannot be read nothing of it was."""
        query = select(ChainLink.position, ChainLink.line_n).where(ChainLink.position >= self.tree.size)
        for position, line_n in db.session.execute(query.order_by(ChainLink.position).limit(PAGE + 1)).all():
            row = _ROW.where(ChainLink.position == position)
            try:
                fault = self._step(db.session.execute(row).one())
            except SPOILT as error:
                if not spoilt(error):
                    raise
                fault = Fault("line", f"line {line_n} (position {self.tree.size})", NOT_OURS)
            if fault:
                return fault
        return None

    def _step(self, row: Row[Any]) -> Fault | None:
        fault = self._bad(row)
        if fault is None:
            self._moments.step(self.tree.size, row.line_n, row.at, row.action)
            self._previous = bytes.fromhex(row.hash)
            self.tree.add(bytes.fromhex(row.linked))
            self._note()
        return fault

    def _note(self) -> None:
        if self.tree.size in self._sizes:
            self.roots[self.tree.size], self.links[self.tree.size] = (
                self.tree.root().hex(),
                self._previous.hex(),
            )

    def _bad(self, row: Row[Any]) -> Fault | None:
        place = f"position {self.tree.size}"
        if row.position != self.tree.size:
            return Fault("chain", place, "its link was deleted")
        fault = _bad_line(row)
        if fault:
            return Fault("line", f"line {row.line_n} ({place})", fault)
        if link_hash(self._previous, row.line_n, leaf_of(row)).hex() != row.hash:
            return Fault(
                "chain", f"{place} (line {row.line_n})", "the link does not follow from the one before"
            )
        return None


def _bad_line(row: Row[Any]) -> str:
    """What is wrong with a line, empty when nothing is. `linked` is the leaf that the chain knows."""
    if row.id is None:
        return "it was deleted"
    try:
        leaf = leaf_of(row).hex()
    except (ValueError, AttributeError):
        return NOT_OURS
    if leaf != row.linked:
        return "it was changed after it was chained, or another line was put in its place"
    return "" if row.leaf == leaf else "its own leaf was changed"


def unchained() -> Fault | None:
    """The first line that neither stands in the chain nor waits for it."""
    query = select(AuditLine.n).outerjoin(ChainLink, ChainLink.line_n == AuditLine.n)
    query = query.outerjoin(WaitingLine, WaitingLine.line_n == AuditLine.n)
    query = query.where(ChainLink.line_n.is_(None), WaitingLine.line_n.is_(None))
    found = db.session.scalar(query.order_by(AuditLine.n).limit(1))
    says = "it was inserted past the program, or its link was cut off"
    return Fault("line", f"line {found}", says) if found is not None else None


def waiting() -> tuple[int, Fault | None]:
    """How many lines wait for the sequencer, and the first bad one of them."""
    try:
        rows = db.session.execute(_WAITING).all()
    except SPOILT as error:
        numbers = db.session.scalars(select(WaitingLine.line_n).order_by(WaitingLine.line_n)).all()
        lost = first_spoilt(error, numbers, lambda n: _WAITING.where(WaitingLine.line_n == n))
        return len(numbers), Fault("line", f"line {lost} (waiting)", NOT_OURS)
    bad = ((row.line_n, _bad_line(row)) for row in rows)
    return len(rows), next((Fault("line", f"line {n} (waiting)", says) for n, says in bad if says), None)


def spoilt(error: Exception) -> bool:
    """Whether the row is the trouble, and not the database."""
    return not isinstance(error, OperationalError) or "decode to UTF-8" in str(error)


def first_spoilt(
    error: Exception, numbers: Iterable[int], row: Callable[[int], Select[tuple[Any, ...]]]
) -> int:
    """The first row that cannot be read, where all of them together raised `error`, which is raised again if none is it."""
    for number in numbers if spoilt(error) else ():
        try:
            db.session.execute(row(number)).all()
        except SPOILT as found:
            if spoilt(found):
                return number
    raise error
