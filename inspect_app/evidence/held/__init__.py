"""Rows that follow from what the log tells, held to it: a row that somebody changed past the program is no longer what its
lines say. A faulty row holds up no other check; one that cannot be read is told as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy.orm import Session

from inspect_app.evidence.held import figures, operations, records, rules, visits
from inspect_app.evidence.walking import SPOILT, Fault, spoilt
from inspect_app.transaction import one_read

Check = Callable[[], Iterator[Fault]]
CHECKS: dict[str, Check] = {
    "visit": visits.faults,
    "operation": operations.faults,
    "record": records.faults,
    "figure": figures.faults,
    "rule": rules.faults,
}
"""{kind of fault: check}."""


def faults(more: Mapping[str, Check] | None = None) -> Iterator[Fault]:
    """Every row that is not what the log says. `more`: the checks of rooms above this one."""
    for kind, check in (CHECKS | dict(more or {})).items():
        try:
            with one_read() as session:
                _as_of_one_moment(session)
                yield from check()
        except (*SPOILT, KeyError, AttributeError) as error:
            if not spoilt(error):
                raise
            yield Fault(kind, f"a row that a {kind} is read from", "it holds what no such row can hold")


def _as_of_one_moment(session: Session) -> None:
    """What is written meanwhile must not look like a difference: SQLite reads so anyway."""
    if session.get_bind().dialect.name == "postgresql" and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
