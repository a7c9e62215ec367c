"""who changed an account's mail address, until another person has confirmed it

Revision ID: 20261202mail
Revises: 20261202merged
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261202mail"
down_revision = "20261202merged"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("mail_changed_by", sa.String(36), nullable=True))


def downgrade() -> None:
    op.drop_column("accounts", "mail_changed_by")
