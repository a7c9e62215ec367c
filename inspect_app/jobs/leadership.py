"""Which jobs process is the one. The operating system or PostgreSQL gives the lock back when its holder dies,
so that another takes over at once; nothing has to expire.
"""

from __future__ import annotations

import sqlite3
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DBAPIError

from inspect_app.errors import said

ADVISORY_KEY = 0x696E7370  # "insp": one lock per database


class Leadership(Protocol):
    """`acquire` answers at once; `held` notices a lock that was lost with its connection. `trouble` says why the last `acquire`
    could not even ask; empty where another process leads.
    """

    trouble: str

    def acquire(self) -> bool: ...
    def held(self) -> bool: ...
    def release(self) -> None: ...


class FileLeadership:
    """Beside a SQLite database: an empty database of its own, held exclusively (works on every operating system)."""

    def __init__(self, url: URL) -> None:
        self._path, self.trouble = f"{url.database}.jobs", ""
        self._connection: sqlite3.Connection | None = None

    def acquire(self) -> bool:
        connection: sqlite3.Connection | None = None
        self.trouble = ""
        try:
            connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self.trouble = "" if "locked" in str(error) else f"{self._path}: {error}"
            if connection is not None:
                connection.close()
            return False
        self._connection = connection
        return True

    def held(self) -> bool:
        return self._connection is not None

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class AdvisoryLeadership:
    """On PostgreSQL: a session's advisory lock on a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.trouble = engine, ""
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        self.trouble = ""
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_KEY}):
                self._connection = connection
                return True
            connection.close()
        except DBAPIError as error:  # the server is away: not the one, asked again in a second
            self.trouble = said(error)
        return False

    def held(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Close the session itself: given back to the pool, it would keep the lock."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def leadership_of(engine: Engine) -> Leadership:
    """The kind of lock that this database has."""
    return FileLeadership(engine.url) if engine.dialect.name == "sqlite" else AdvisoryLeadership(engine)
