"""Migrations are code of the first class: one line of them, up and down, on both databases, and no child row lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from tests.support import rows
from tests.support.source import ROOT

pytestmark = pytest.mark.database
MIGRATIONS = ROOT / "migrations"

COPIES_THE_PARENT = '''
"""Copies the table that most others refer to, as SQLite's batch mode does for any change."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "copies", "{head}", None, None


def upgrade() -> None:
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("accounts", recreate=recreate) as batch:
        batch.add_column(sa.Column("added", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("added")
'''
LOSES_THE_PARENT = '''
"""Forgets the children."""
from alembic import op

revision, down_revision, branch_labels, depends_on = "loses", "{head}", None, None


def upgrade() -> None:
    op.execute("DELETE FROM accounts")


def downgrade() -> None:
    pass
'''


def script(folder: Path = MIGRATIONS) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return ScriptDirectory.from_config(config)


def head() -> str:
    (only,) = script().get_heads()
    return only


def counts(db: Any) -> dict[str, int]:
    with db.engine.connect() as connection:
        return rows.counts(connection)


def with_one_more(folder: Path, source: str) -> str:
    """A copy of our migrations, with the real env.py, and one migration after the newest."""
    shutil.copytree(MIGRATIONS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "migrations/versions/29991231_one_more.py").write_text(source.format(head=head()))
    return str(folder / "migrations")


def test_there_is_one_head_and_one_line() -> None:
    revisions = list(script().walk_revisions())
    assert len(script().get_heads()) == 1
    assert [
        revision.revision for revision in revisions if revision.is_merge_point or revision.is_branch_point
    ] == []


def test_file_names_begin_with_their_date() -> None:
    names = [path.name for path in (MIGRATIONS / "versions").glob("*.py")]
    assert names
    assert [name for name in names if not (name[:8].isdigit() and name[8] == "_")] == []


def test_models_equal_migrations(db: Any) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, db.metadata) == []


def test_triggers_equal_those_of_the_models(db: Any) -> None:
    """Autogenerate sees no triggers: what keeps the audit lines append-only must be written into the migration."""
    migrated = triggers(db)
    with db.engine.begin() as connection:
        db.metadata.drop_all(connection)
        db.metadata.create_all(connection)
    assert migrated == triggers(db)


def triggers(db: Any) -> list[str]:
    questions = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
    }
    with db.engine.connect() as connection:
        return list(connection.execute(text(questions[connection.dialect.name])).scalars())


def test_every_step_goes_down_and_up_again_with_every_row(db: Any) -> None:
    with db.engine.begin() as connection:
        rows.fill(connection)
    steps = list(script().walk_revisions())
    for step in steps:
        before = counts(db)
        downgrade(directory=str(MIGRATIONS), revision=str(step.down_revision or "base"))
        below = counts(db)
        upgrade(directory=str(MIGRATIONS), revision=step.revision)
        after = counts(db)
        assert after.keys() == before.keys()
        assert [name for name in below if not below[name] == before[name] == after[name]] == []
        downgrade(directory=str(MIGRATIONS), revision=str(step.down_revision or "base"))
    assert counts(db) == {}


def test_changing_a_parent_keeps_every_child(db: Any, tmp_path: Path) -> None:
    """On SQLite the parent is copied and dropped: with foreign keys on, that would delete every child in silence."""
    with db.engine.begin() as connection:
        rows.fill(connection)
    before = counts(db)
    folder = with_one_more(tmp_path, COPIES_THE_PARENT)
    upgrade(directory=folder)
    assert counts(db) == before
    downgrade(directory=folder, revision="-1")
    assert counts(db) == before
    assert foreign_keys_hold(db)


def test_a_migration_that_leaves_orphans_is_refused(db: Any, tmp_path: Path) -> None:
    with db.engine.begin() as connection:
        rows.fill(connection)
    before = counts(db)
    with pytest.raises((IntegrityError, SystemExit)):  # PostgreSQL's own word, or ours after SQLite's check
        upgrade(directory=with_one_more(tmp_path, LOSES_THE_PARENT))
    assert counts(db) == before
    assert foreign_keys_hold(db)


def foreign_keys_hold(db: Any) -> bool:
    """After a migration the connection checks foreign keys again."""

    def ask(connection: Connection) -> bool:
        if connection.dialect.name != "sqlite":
            return True
        return connection.execute(text("PRAGMA foreign_keys")).scalar() == 1

    with db.engine.connect() as connection:
        return ask(connection)
