"""One row in every table, made from the columns alone, so that a migration has children to lose."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Connection, MetaData, func, select, types


def reflect(connection: Connection) -> MetaData:
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata


def fill(connection: Connection) -> None:
    """Parents first; a row refers to the row of its parent."""
    made: dict[str, dict[str, Any]] = {}
    for table in reflect(connection).sorted_tables:
        if table.name == "alembic_version":
            continue
        made[table.name] = {column.name: value(column, made) for column in table.columns}
        connection.execute(table.insert().values(made[table.name]))


def value(column: Column[Any], made: dict[str, dict[str, Any]]) -> Any:
    for key in column.foreign_keys:
        parent = made.get(key.column.table.name)
        return parent[key.column.name] if parent else None
    return by_type(column)


def by_type(column: Column[Any]) -> Any:
    kinds: list[tuple[type[Any], Any]] = [
        (types.Boolean, True),
        (types.DateTime, datetime(2026, 11, 23, tzinfo=UTC)),
        (types.Date, date(2026, 11, 23)),
        (types.JSON, {"key": "value"}),
        (types.LargeBinary, b"bytes"),
        (types.Integer, 1),
        (types.Float, 1.5),
        (types.Numeric, 1),
    ]
    for kind, sample in kinds:
        if isinstance(column.type, kind):
            return sample
    length = getattr(column.type, "length", None) or 20
    return f"{column.table.name}-{column.name}"[-length:]


def counts(connection: Connection) -> dict[str, int]:
    tables = reflect(connection).sorted_tables
    question = {table.name: select(func.count()).select_from(table) for table in tables}
    return {
        name: connection.execute(ask).scalar_one()
        for name, ask in question.items()
        if name != "alembic_version"
    }
