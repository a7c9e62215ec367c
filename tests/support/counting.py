"""How many statements something asks the database: what grows with the years shows long before it is slow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from inspect_app.extensions import db

Asked = tuple[str, Any]


@contextmanager
def statements() -> Iterator[list[Asked]]:
    """The statements that reach the database meanwhile, with their parameters."""
    found: list[Asked] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        found.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def plans_of(asked: Iterable[Asked]) -> list[str]:
    """The lines of the plans by which the database answers these questions, if its tables were long."""
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")  # short tables are read whole otherwise
        explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
        questions = [one for one in asked if one[0].lstrip().upper().startswith("SELECT")]
        rows = [row for text, given in questions for row in connection.exec_driver_sql(explain + text, given)]
        if not sqlite:
            connection.exec_driver_sql("RESET enable_seqscan")
    return [str(row[-1]) for row in rows]
