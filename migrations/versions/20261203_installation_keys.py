"""which keys a database was used with

Revision ID: 20261203keys
Revises: 20261202mail
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261203keys"
down_revision = "20261202mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation_keys",
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_keys")),
    )


def downgrade() -> None:
    op.drop_table("installation_keys")
