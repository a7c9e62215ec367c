"""what devices sign of their photos, and the keys with which they do

Revision ID: 20261130witness
Revises: 20261130receipts
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130witness"
down_revision = "20261130receipts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_witness_keys",
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=130), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_witness_keys_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("device_id", "key", name=op.f("pk_device_witness_keys")),
    )
    op.create_table(
        "photo_witnesses",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=130), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_photo_witnesses_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("sha256", "account_id", name=op.f("pk_photo_witnesses")),
    )


def downgrade() -> None:
    op.drop_table("photo_witnesses")
    op.drop_table("device_witness_keys")
