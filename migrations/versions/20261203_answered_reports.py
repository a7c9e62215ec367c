"""the day on which a citizen report was answered

Revision ID: 20261203answered
Revises: 20261203firms
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261203answered"
down_revision = "20261203firms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signals", sa.Column("answered_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("signals", "answered_on")
