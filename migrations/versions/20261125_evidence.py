"""the chain of the audit log, signed heads, what backups hold, the clock's watch

Revision ID: 20261125_evidence
Revises: 20261125p
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_evidence"
down_revision = "20261125p"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_chain", "audit_heads")


def upgrade() -> None:
    create_chain()
    create_heads()
    create_archive()
    for table in APPEND_ONLY:
        for statement in triggers(table):
            op.get_bind().exec_driver_sql(statement)
    op.execute("INSERT INTO audit_waiting (line_n) SELECT n FROM audit_lines")


def triggers(table: str) -> list[str]:
    if op.get_bind().dialect.name == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    ]


def create_chain() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_waiting",
        sa.Column("line_n", number, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["line_n"], ["audit_lines.n"], name=op.f("fk_audit_waiting_line_n_audit_lines")
        ),
        sa.PrimaryKeyConstraint("line_n", name=op.f("pk_audit_waiting")),
    )
    op.create_table(
        "audit_chain",
        sa.Column("position", number, autoincrement=False, nullable=False),
        sa.Column("line_n", number, nullable=False),
        sa.Column("leaf", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_n"], ["audit_lines.n"], name=op.f("fk_audit_chain_line_n_audit_lines")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("line_n", name=op.f("uq_audit_chain_line_n")),
    )


def create_heads() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit_heads")),
    )
    op.create_index(op.f("ix_audit_heads_day"), "audit_heads", ["day"])


def create_archive() -> None:
    op.create_table(
        "archived_logs",
        sa.Column("inspection_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("inspection_id", name=op.f("pk_archived_logs")),
    )
    op.create_table(
        "archived_photos",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_archived_photos")),
    )
    op.create_table(
        "clock_marks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("latest", sa.DateTime(timezone=True), nullable=False),
        sa.Column("went_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_marks")),
    )


def downgrade() -> None:
    for table in (
        "clock_marks",
        "archived_photos",
        "archived_logs",
        "audit_heads",
        "audit_chain",
        "audit_waiting",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION IF EXISTS {table}_append_only()")
