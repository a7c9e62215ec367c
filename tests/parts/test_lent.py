"""What a test leaves in PostgreSQL never reaches the next one, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inspect_app import create_app
from inspect_app.extensions import db
from tests.conftest import make_settings, migrate_to_head
from tests.support import databases, factories, lent
from tests.support.databases import PostgresServer
from tests.support.lent import Lent

CHANGES = [
    "DROP TRIGGER audit_lines_no_change ON audit_lines",
    "ALTER TABLE audit_lines DISABLE TRIGGER ALL",
    "GRANT DELETE ON audit_lines TO PUBLIC",
    "CREATE OR REPLACE FUNCTION audit_lines_append_only() RETURNS trigger AS $$ BEGIN RETURN NULL; END $$ LANGUAGE plpgsql",
    "ALTER TABLE accounts ALTER COLUMN name SET DEFAULT 'x'",
    "UPDATE alembic_version SET version_num = 'x'",
    "DELETE FROM alembic_version",
    "ANALYZE",
    "TRUNCATE accounts CASCADE",
]


@contextmanager
def lending() -> Iterator[tuple[PostgresServer, Lent]]:
    server = PostgresServer.of_this_run()
    server.ensure_template(migrate_to_head)
    own = Lent(server, server.copy_template)
    try:
        yield server, own
    finally:
        own.close()


def number_of(server: PostgresServer, name: str) -> int:
    """The database's own number: it stays when the database is named anew, and no other ever has it."""
    row = server.execute("SELECT oid FROM pg_database WHERE datname = %(name)s", {"name": name}).fetchone()
    assert row
    return int(row[0])


def contents(connection: psycopg.Connection) -> dict[str, Any]:
    """Each table's rows, each sequence's next number."""
    tables = [row[0] for row in connection.execute(lent.TABLES)]
    sequences = [row[0] for row in connection.execute("SELECT seqrelid::regclass::text FROM pg_sequence")]
    counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in tables}
    numbers = {
        name: connection.execute(f"SELECT last_value, is_called FROM {name}").fetchone() for name in sequences
    }
    return counts | numbers


def act(url: str, home: Path) -> None:
    """Rows, a line of the log that nobody may delete, numbers taken."""
    with create_app(make_settings(home, DATABASE_URL=url)).app_context():
        factories.tender()
        factories.edition()
        factories.account("inspector")
        db.session.remove()
        db.engine.dispose()


def test_rows_go_and_numbers_begin_anew(home: Path) -> None:
    if databases.KIND != "postgres":
        return  # the PostgreSQL part runs it
    with lending() as (server, own):
        first = own.lend()
        number = number_of(server, first)
        with server.connected(first) as connection:
            new = contents(connection)
        act(server.url(first), home)
        with server.connected(first) as connection:
            changed = [name for name, value in contents(connection).items() if value != new[name]]
        assert {"tenders", "edition_rows", "accounts", "audit_lines", "audit_lines_n_seq"} <= set(changed)
        own.take_back(first)
        second = own.lend()
        assert number_of(server, second) == number  # it was emptied, not made anew
        with server.connected(second) as connection:
            assert contents(connection) == new
        with pytest.raises(psycopg.OperationalError):
            server.connected(first)  # as a process that outlived its test would
        own.take_back(second)


def test_what_is_more_than_rows_or_still_in_use_is_dropped() -> None:
    if databases.KIND != "postgres":
        return
    with lending() as (server, own):
        kept, name = [], own.lend()
        for change in CHANGES:
            number = number_of(server, name)
            with server.connected(name) as connection:
                connection.execute(change)
            own.take_back(name)
            name = own.lend()
            kept += [change] if number_of(server, name) == number else []
        assert kept == []
        number = number_of(server, name)
        with server.connected(name) as connection:
            own.take_back(name)
            name = own.lend()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        assert number_of(server, name) != number
        own.take_back(name)
