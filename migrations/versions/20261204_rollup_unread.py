"""rollups without what nobody reads: programme and budget are the tender's

Revision ID: 20261204rollup
Revises: 20261203answered
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261204rollup"
down_revision = "20261203answered"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rollups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rollups_programme"))
        batch_op.drop_column("programme")
        batch_op.drop_column("budget")


def downgrade() -> None:
    """As the record says, they come from the tender: a version of before has figures by it, too."""
    with op.batch_alter_table("rollups", schema=None) as batch_op:
        batch_op.add_column(sa.Column("programme", sa.String(120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("budget", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_rollups_programme"), ["programme"], unique=False)
    op.execute(
        "UPDATE rollups SET "
        "programme = coalesce((SELECT programme FROM tenders WHERE tenders.id = rollups.tender_id), ''), "
        "budget = (SELECT budget FROM tenders WHERE tenders.id = rollups.tender_id)"
    )
    with op.batch_alter_table("rollups", schema=None) as batch_op:
        batch_op.alter_column("programme", server_default=None, existing_type=sa.String(120))
