"""how far a device's clock stands from the server's

Revision ID: 20261130clocks
Revises: 20261129stamps
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130clocks"
down_revision = "20261129stamps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_clocks",
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_clocks_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_clocks")),
    )


def downgrade() -> None:
    op.drop_table("device_clocks")
