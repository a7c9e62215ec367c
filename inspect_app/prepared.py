"""Statements for what pours: written in SQLAlchemy's words, compiled once for each database, handed to the driver as they are.

Compiling, events, row objects and the unit of work cost five times the statement itself (decision 0030). The
connection, its transaction and what becomes of errors stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    ColumnClause,
    Delete,
    Insert,
    SelectBase,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from inspect_app import libpq
from inspect_app.extensions import db

_NUMBERED: Dialect = postgresql.psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # libpq counts parameters
Process = Callable[[Any], Any]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """A statement in one database's words."""

    sql: str
    order: tuple[str, ...]  # the names by place: both drivers count
    own: dict[str, Any]  # what the statement itself holds, as the driver takes it
    into: tuple[tuple[str, Process], ...]  # names whose values the column types turn into the driver's
    out: tuple[tuple[int, Process], ...]  # columns whose values they turn back
    answers: bool

    def parameters(self, given: dict[str, Any]) -> list[Any]:
        values = {**self.own, **given}
        for name, process in self.into:
            if name in given:
                values[name] = process(values[name])
        return [values[name] for name in self.order]

    def rows(self, found: list[Row]) -> list[Row]:
        return [self._turned(row) for row in found] if self.out and found else found

    def _turned(self, row: Row) -> Row:
        values = list(row)
        for place, process in self.out:
            values[place] = process(values[place])
        return tuple(values)


class Prepared:
    """One statement. Every parameter is a `bindparam`; many texts travel as one (`extensions.among`)."""

    def __init__(self, statement: SelectBase | Insert | Update | Delete) -> None:
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def rows(self, **given: Any) -> list[Row]:
        """Run it in the present transaction; answers plain tuples in the order of its columns."""
        connection = _connection()
        made = self._for(connection.dialect)
        return _run(connection, made, "execute", made.parameters(given))

    def row(self, **given: Any) -> Row | None:
        """The first row, where one at most is expected."""
        return next(iter(self.rows(**given)), None)

    def many(self, rows: Iterable[dict[str, Any]]) -> None:
        """Run it for each; nothing is answered."""
        connection = _connection()
        made = self._for(connection.dialect)
        values = [made.parameters(row) for row in rows]
        if connection.dialect.name == "postgresql":
            for one in values:
                _run(connection, made, "execute", one)
        elif values:
            _run(connection, made, "executemany", values)

    def _for(self, dialect: Dialect) -> _Made:
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = _compiled(self._statement, dialect)
        return made


def _connection() -> Connection:
    session = db.session()
    session.flush()
    return session.connection()


def _run(connection: Connection, made: _Made, how: str, parameters: Any) -> list[Row]:
    """As SQLAlchemy treats its own: errors are told in its words, a lost connection is given up."""
    fairy = connection.connection
    driver: Any = fairy.dbapi_connection
    try:
        if connection.dialect.name == "postgresql":
            known = fairy.info.setdefault("prepared", {})
            return made.rows(libpq.rows(driver, known, made.sql, parameters))
        cursor = getattr(driver, how)(made.sql, parameters)
        return made.rows(cursor.fetchall()) if made.answers else []
    except Exception as error:
        connection._handle_dbapi_exception(error, made.sql, None, None, None)


def _compiled(statement: Any, dialect: Dialect) -> _Made:
    if dialect.name == "postgresql":
        dialect = _NUMBERED
    compiled: SQLCompiler = statement.compile(dialect=dialect)
    if compiled.post_compile_params:
        raise TypeError("a prepared statement has a fixed number of parameters; see `among`")
    types = {compiled.bind_names[bind]: bind.type for bind in compiled.bind_names}
    into = {name: process for name, kind in types.items() if (process := _into(kind, dialect))}
    own = {
        name: value for name, value in compiled.construct_params(_check=False).items() if value is not None
    }
    columns = list(statement.exported_columns)
    out = (
        (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for place, column in enumerate(columns)
    )
    return _Made(
        sql=compiled.string,
        order=tuple(compiled.positiontup or ()),
        own={name: into[name](value) if name in into else value for name, value in own.items()},
        into=tuple(into.items()),
        out=tuple((place, process) for place, process in out if process is not None),
        answers=bool(columns),
    )


def _into(kind: Any, dialect: Dialect) -> Process | None:
    process: Process | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return process


def bound(model: type[Any], column: str, value: Any) -> Any:
    """A value as `insert_rows` takes it for that column."""
    process = _into(model.__table__.c[column].type, db.session.get_bind().dialect)
    return process(value) if process else value


def insert_new(model: type[Any], rows: list[dict[str, Any]]) -> int:
    """Insert the rows that break no unique key and answer how many: two that write the same at once both succeed."""
    dialect, added = db.session.get_bind().dialect.name, 0
    for row in rows:
        added += len(_new(model, tuple(row), dialect).rows(**row))  # type: ignore[arg-type]  # a class is hashable
    return added


@lru_cache(maxsize=256)
def _new(model: type[Any], names: tuple[str, ...], dialect: str) -> Prepared:
    """One row of those columns, and of the values that the model gives the others."""
    into = postgresql.insert if dialect == "postgresql" else sqlite.insert
    table: Any = model.__table__
    others = (column for column in table.c if column.name not in names and column.default is not None)
    values = {**dict.fromkeys(names), **{column.name: column.default.arg for column in others}}
    return Prepared(into(table).values(values).on_conflict_do_nothing().returning(*table.primary_key))


def insert_rows(model: type[Any], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """On SQLite: insert many rows; values in the order of `columns`, those that have a type of ours `bound`. See `pouring`."""
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {model.__table__.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608  # nosec B608  # names of ours
    _run(_connection(), _Made(statement, columns, {}, (), (), False), "executemany", rows)


def pouring(model: type[Any], columns: tuple[str, ...], name: str) -> Insert:
    """On PostgreSQL: insert, in their order, the rows that come as the `records` named so."""
    table: Any = model.__table__
    found = recordset(name, *(column(one, table.c[one].type) for one in columns))
    return insert(table).from_select(columns, select(*found.c), include_defaults=False)


def recordset(name: str, *columns: ColumnClause[Any]) -> Any:
    """On PostgreSQL: the `records` of that parameter as a table."""
    told = cast(bindparam(name, type_=Text()), JSON())
    return func.json_to_recordset(told).table_valued(*columns).render_derived(name, with_types=True)


def records(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Many rows as one parameter: PostgreSQL reads a JSON text faster than a driver makes arrays."""
    return orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows]).decode()
