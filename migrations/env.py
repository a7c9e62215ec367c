"""How migrations run: on SQLite and PostgreSQL alike, in one transaction, with every child row kept.

On SQLite a changed table is copied (batch mode). With `foreign_keys=ON` dropping the old table silently deletes
every child row, so the switch is thrown *before* the transaction begins (inside one it has no effect) and
`foreign_key_check` has the last word before the commit. Batch mode drops a table's triggers: a migration that
alters a table with triggers makes them again.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate import render
from flask import current_app
from sqlalchemy import Connection, TypeDecorator

from inspect_app.extensions import writing

database = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Migrations name plain column types, so that they stand when the program's own types change."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return render._repr_type(item.impl_instance, autogen_context)
    return False


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Tables that SQLite keeps for itself are not ours."""
    return not (kind == "table" and name is not None and name.startswith("sqlite_"))


def drop_empty_revision(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """`migrate` without a difference makes no file."""
    if directives and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def options() -> dict[str, Any]:
    given = dict(current_app.extensions["migrate"].configure_args)
    return {
        "target_metadata": database.metadata,
        "compare_type": True,
        "render_item": render_item,
        "include_object": include_object,
        "process_revision_directives": drop_empty_revision,
        "transactional_ddl": True,
        **given,
        "render_as_batch": database.engine.dialect.name == "sqlite",
    }


def foreign_keys(connection: Connection, state: str) -> None:
    """Reach the driver itself: SQLAlchemy would begin a transaction first."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA foreign_keys={state}")


def refuse_orphans(connection: Connection) -> None:
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise RuntimeError(f"the migration would leave rows without their parent: {orphans[:5]}")


def run(connection: Connection) -> None:
    context.configure(connection=connection, **options())
    with context.begin_transaction():
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            refuse_orphans(connection)


def run_online() -> None:
    token = writing.set(True)
    try:
        with database.engine.connect() as connection:
            if connection.dialect.name != "sqlite":
                return run(connection)
            foreign_keys(connection, "OFF")
            try:
                run(connection)
            finally:
                foreign_keys(connection, "ON")
    finally:
        writing.reset(token)


run_online()
