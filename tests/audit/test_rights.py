"""On PostgreSQL the program's own role does its work and cannot change a line, a link or a head, triggers or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from inspect_app import create_app
from inspect_app.accounts import services as accounts
from inspect_app.audit import chaining
from inspect_app.audit.models import APPEND_ONLY
from inspect_app.audit.rights import give_rights
from inspect_app.errors import Problem
from inspect_app.evidence import heads
from inspect_app.evidence.verification import verify
from inspect_app.transaction import transaction
from tests.support import databases, factories
from tests.support.tampering import past_the_program

FORBIDDEN = (
    "DELETE FROM {}", "TRUNCATE {} CASCADE", "ALTER TABLE {} DISABLE TRIGGER ALL",
    "DROP TRIGGER {}_no_change ON {}", "DROP TABLE {} CASCADE", "CREATE OR REPLACE FUNCTION {}_append_only() RETURNS trigger "
    "AS $$ BEGIN RETURN NULL; END $$ LANGUAGE plpgsql",
)  # fmt: skip


def test_sqlite_has_no_roles_and_says_so(app: Any, db: Any) -> None:
    if db.engine.dialect.name == "sqlite":
        with pytest.raises(Problem, match="SQLite has no roles"):
            give_rights("inspect_app")


@contextmanager
def inside(settings: Any) -> Iterator[Any]:
    """The application in its context; every connection is closed at the end."""
    from inspect_app.extensions import db

    with create_app(settings).app_context():
        try:
            yield db
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def ordinary_role(settings: Any) -> Iterator[str]:
    """A role that may sign in and nothing else."""
    server, name = databases.PostgresServer.of_this_run(), f"app_{uuid4().hex[:12]}"
    server.execute(f"CREATE ROLE {name} LOGIN")
    yield name
    with inside(settings), transaction() as session:
        session.execute(text(f"DROP OWNED BY {name}"))
    server.execute(f"DROP ROLE {name}")


def refused(db: Any, statement: str) -> bool:
    """Whether the database refuses it for want of a right."""
    with past_the_program(db):
        try:
            db.session.execute(text(statement))
        except ProgrammingError as error:
            return "permission denied" in str(error) or "must be owner" in str(error)
    return False


def test_the_programs_role_adds_lines_and_changes_none(settings: Any, clock: Any) -> None:
    if databases.KIND != "postgres":
        return  # the PostgreSQL part runs it
    with ordinary_role(settings) as role:
        with inside(settings):
            for name in ("nobody_here", "postgres", "x; DROP"):
                with pytest.raises(Problem, match="no ordinary role"):
                    give_rights(name)
            give_rights(role)
        url = settings.database_url.replace("postgres@/", f"{role}@/")
        with inside(replace(settings, database_url=url)) as db:
            assert db.session.scalar(text("SELECT current_user")) == role
            account = factories.account("inspector")
            accounts.disable_account(factories.actor("administrator"), account.id, "離職")
            assert chaining.chain_waiting() == 1
            assert heads.head_of_today().size == 1
            assert verify().faults == []
            tried = [statement.format(table, table) for table in APPEND_ONLY for statement in FORBIDDEN]
            tried += [
                f"UPDATE {table} SET {column} = 'x'"
                for table, column in zip(APPEND_ONLY, ("leaf", "leaf", "root", "serial"), strict=True)
            ]
            tried += [
                "SET session_replication_role = replica",
                "UPDATE alembic_version SET version_num = 'x'",
            ]
            assert [statement for statement in tried if not refused(db, statement)] == []
