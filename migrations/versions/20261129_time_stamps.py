"""time stamps of an authority over the signed heads of the audit log

Revision ID: 20261129stamps
Revises: 20261127keys
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261129stamps"
down_revision = "20261127keys"
branch_labels = None
depends_on = None

TABLE = "audit_stamps"
SQLITE = tuple(
    f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
POSTGRES = (
    f"CREATE OR REPLACE FUNCTION {TABLE}_append_only() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{TABLE} is append-only'; END $$ LANGUAGE plpgsql",
    f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_append_only()",
    f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_append_only()",
)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("head_n", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("serial", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["head_n"], ["audit_heads.n"], name=op.f("fk_audit_stamps_head_n_audit_heads")
        ),
        sa.PrimaryKeyConstraint("head_n", name=op.f("pk_audit_stamps")),
    )
    for statement in SQLITE if on_sqlite() else POSTGRES:
        op.get_bind().exec_driver_sql(statement)


def on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    op.drop_table(TABLE)
    if not on_sqlite():
        op.execute(f"DROP FUNCTION IF EXISTS {TABLE}_append_only()")
