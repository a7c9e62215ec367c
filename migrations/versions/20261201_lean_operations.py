"""the log's index over what decides in words that SQLite tests quickly; none for devices, whose receipt reads the whole log anyway

Revision ID: 20261201lean
Revises: 20261130witness
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261201lean"
down_revision = "20261130witness"
branch_labels = None
depends_on = None

NAME = "ix_operations_deciding"
BEFORE = sa.text("entity IN ('closing', 'late_decision', 'score_sheet', 'signature')")
KINDS = sa.text(
    "(entity = 'closing' OR entity = 'late_decision' OR entity = 'score_sheet' OR entity = 'signature')"
)


def upgrade() -> None:
    op.drop_index("ix_operations_device", "operations")
    op.drop_index(NAME, "operations")
    op.create_index(NAME, "operations", ["inspection_id"], sqlite_where=KINDS, postgresql_where=KINDS)


def downgrade() -> None:
    op.drop_index(NAME, "operations")
    op.create_index(NAME, "operations", ["inspection_id"], sqlite_where=BEFORE, postgresql_where=BEFORE)
    op.create_index("ix_operations_device", "operations", ["inspection_id", "device_id", "seq"])
