"""On PostgreSQL: what the role of web and jobs may do. It owns nothing, and of the log's tables it may only add rows.

A trigger can be taken off by the table's owner; a right that one does not have, only the owner can give.
"""

from __future__ import annotations

import re

from sqlalchemy import text

from inspect_app.audit.models import APPEND_ONLY
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.transaction import transaction

NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
STATEMENTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
    *(f"REVOKE ALL ON {table} FROM {{role}}" for table in APPEND_ONLY),
    *(f"GRANT SELECT, INSERT ON {table} TO {{role}}" for table in APPEND_ONLY),
)


def give_rights(role: str) -> None:
    """Give the role its rights; called by the owner after every migration.

    Raises `bad_value` when there is no such role, when it is the owner itself, or on SQLite, which has no roles.
    """
    if db.engine.dialect.name != "postgresql":
        raise Problem("bad_value", "DATABASE_ROLE needs PostgreSQL; SQLite has no roles.")
    with transaction() as session:
        _check(role, str(session.scalar(text("SELECT current_user"))))
        for statement in STATEMENTS:
            session.execute(text(statement.format(role=f'"{role}"')))


def _check(role: str, owner: str) -> None:
    known = text("SELECT 1 FROM pg_roles WHERE rolname = :role AND NOT rolsuper")
    if not NAME.fullmatch(role) or db.session.scalar(known, {"role": role}) is None:
        raise Problem(
            "bad_value", f"DATABASE_ROLE: the database has no ordinary role {role!r}; create it first."
        )
    if role == owner:
        raise Problem(
            "bad_value", f"DATABASE_ROLE: {role!r} owns the tables; web and jobs need another role."
        )
