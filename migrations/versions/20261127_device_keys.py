"""the second copy of the keys with which tablets seal what they hold

Revision ID: 20261127keys
Revises: 20261126previews
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261127keys"
down_revision = "20261126previews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_keys",
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_keys_device_id_devices")),
        sa.PrimaryKeyConstraint("device_id", "fingerprint", name=op.f("pk_device_keys")),
    )


def downgrade() -> None:
    op.drop_table("device_keys")
