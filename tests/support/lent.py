"""One PostgreSQL database, lent to test after test and emptied in between (decision 0066).

To make and drop one for every test is six hundred files made and removed, which ext4 answers by looking past every file
removed in the last half minute, for each that it makes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg

if TYPE_CHECKING:
    from tests.support.databases import PostgresServer

USES = 25  # rows that were deleted take room until then
PATIENCE = 0.5  # seconds in which a connection that was closed is seen to end
OWN = 16384  # the first object number that is not PostgreSQL's
SCHEMA = {
    "pg_class": f"oid >= {OWN}",
    "pg_attribute": f"attrelid >= {OWN}",
    "pg_attrdef": "true",
    "pg_constraint": "true",
    "pg_depend": "true",
    "pg_trigger": "true",
    "pg_event_trigger": "true",
    "pg_rewrite": "true",
    "pg_policy": "true",
    "pg_proc": "true",
    "pg_type": "true",
    "pg_namespace": "true",
    "pg_extension": "true",
    "pg_default_acl": "true",
    "pg_statistic": "true",
    "pg_largeobject_metadata": "true",
    "pg_db_role_setting": "setdatabase IN (SELECT oid FROM pg_database WHERE datname = current_database())",
}


class Lent:
    """This process's database. It has another name for every test, so that what outlives a test finds nothing.

    It is dropped instead of emptied when somebody is still connected to it, when anything but rows was changed, when
    emptying fails, and after `USES` tests. The next test then gets a new one.
    """

    def __init__(self, server: PostgresServer, make: Callable[[str], None]) -> None:
        """`make(name)` makes a new database of that name."""
        self._server, self._make = server, make
        self._free = ""
        self._uses = 0
        self._taken = False
        self._known: Any = None
        self._emptying = ""

    @property
    def is_free(self) -> bool:
        """A test that wants a second database at once gets one of its own."""
        return not self._taken

    def lend(self) -> str:
        """A name that nobody had before, of an empty database."""
        self._taken, name = True, f"test_{uuid4().hex}"
        if self._free:
            self._server.execute(f"ALTER DATABASE {self._free} RENAME TO {name}")
        else:
            self._make(name)
            self._uses = 0
            self._learn(name)
        self._free = ""
        return name

    def take_back(self, name: str) -> None:
        self._taken = False
        self._uses += 1
        if self._uses < USES and self._left_alone(name) and self._emptied(name):
            self._free = name
        else:
            self.drop(name)

    def drop(self, name: str) -> None:
        self._server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def close(self) -> None:
        if self._free:
            self.drop(self._free)
            self._free = ""

    def _learn(self, name: str) -> None:
        """What a new database is like, and the question which of its tables have got rows."""
        with self._server.connected(name) as connection:
            tables = [row[0] for row in connection.execute(TABLES)]
            full = [table for table in tables if _holds_rows(connection, table)]
            self._emptying = " UNION ALL ".join(
                f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})"
                for table in tables
                if table not in full
            )
            self._looking = _how_it_is({**SCHEMA, **dict.fromkeys(full, "true")})
            self._known = connection.execute(self._looking).fetchall()
        self._left_alone(name)

    def _left_alone(self, name: str) -> bool:
        """Whether nobody is connected any more; who has just gone is still counted for a moment."""
        deadline = time.monotonic() + PATIENCE
        while self._server.connections_to(name):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    def _emptied(self, name: str) -> bool:
        try:
            with self._server.connected(name) as connection:
                if connection.execute(self._looking).fetchall() != self._known:
                    return False
                self._empty(connection)
        except psycopg.Error:
            return False
        return self._left_alone(name)

    def _empty(self, connection: psycopg.Connection) -> None:
        """As the superuser, past the triggers that let nobody delete and past foreign keys; numbers begin anew."""
        connection.execute("SET lock_timeout = '2s'")
        connection.execute("SET session_replication_role = replica")
        for (table,) in connection.execute(self._emptying).fetchall():
            connection.execute(f"DELETE FROM {table}")
        connection.execute("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence")


TABLES = f"SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= {OWN} ORDER BY oid"


def _holds_rows(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()
    return bool(row and row[0])


def _how_it_is(tables: dict[str, str]) -> str:
    """Rows and newest transaction of each: a row that is added or changed has a newer one, one that goes lowers the count."""
    each = [
        f"SELECT '{table}', count(*), max(xmin::text::bigint) FROM {table} WHERE {which}"
        for table, which in tables.items()
    ]
    database = "SELECT datacl::text, datconnlimit, datdba::bigint FROM pg_database WHERE datname = current_database()"
    return " UNION ALL ".join([*each, database])
