"""small pictures ahead of their originals, and what devices have still to send

Revision ID: 20261126previews
Revises: 20261125sync
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126previews"
down_revision = "20261125sync"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photo_previews",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("inspection_id", sa.String(length=36), nullable=False),
        sa.Column("finding", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_photo_previews_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_previews")),
    )
    op.create_index("ix_photo_previews_sender", "photo_previews", ["account_id", "sha256"])
    op.create_index(op.f("ix_photo_previews_inspection_id"), "photo_previews", ["inspection_id"])
    op.create_table(
        "device_holdings",
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("inspection_id", sa.String(length=36), nullable=False),
        sa.Column("operations", sa.Integer(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_holdings_device_id_devices")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["inspections.id"],
            name=op.f("fk_device_holdings_inspection_id_inspections"),
        ),
        sa.PrimaryKeyConstraint("device_id", "inspection_id", name=op.f("pk_device_holdings")),
    )


def downgrade() -> None:
    op.drop_table("device_holdings")
    op.drop_table("photo_previews")
