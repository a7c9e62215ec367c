"""which tender a tender became that was merged into it

Revision ID: 20261202merged
Revises: 20261201lean
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261202merged"
down_revision = "20261201lean"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "merged_tenders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("into_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["into_id"], ["tenders.id"], name=op.f("fk_merged_tenders_into_id_tenders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_tenders")),
    )
    op.create_index(op.f("ix_merged_tenders_into_id"), "merged_tenders", ["into_id"])


def downgrade() -> None:
    op.drop_table("merged_tenders")
