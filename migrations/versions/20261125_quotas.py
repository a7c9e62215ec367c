"""the head's own numbers and the quarterly returns

Revision ID: 20261125q
Revises: 20261123a
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125q"
down_revision = "20261123a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_adjustments",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("band_from", sa.BigInteger(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("letter", sa.String(length=100), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", "band_from", name=op.f("pk_quota_adjustments")),
    )
    op.create_table(
        "quarterly_returns",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("letter", sa.String(length=100), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", "quarter", name=op.f("pk_quarterly_returns")),
    )


def downgrade() -> None:
    op.drop_table("quarterly_returns")
    op.drop_table("quota_adjustments")
