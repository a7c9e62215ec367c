"""when an operation was first received, as an old receipt says

Revision ID: 20261130receipts
Revises: 20261130clocks
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130receipts"
down_revision = "20261130clocks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "first_receipts",
        sa.Column("operation_id", sa.String(length=36), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["operations.id"], name=op.f("fk_first_receipts_operation_id_operations")
        ),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_first_receipts")),
    )


def downgrade() -> None:
    op.drop_table("first_receipts")
