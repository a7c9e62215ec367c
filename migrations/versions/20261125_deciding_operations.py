"""an index over what closes, signs and scores, so that a batch need not look through a whole log

Revision ID: 20261125sync
Revises: 20261125_evidence
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125sync"
down_revision = "20261125_evidence"
branch_labels = None
depends_on = None

KINDS = sa.text("entity IN ('closing', 'late_decision', 'score_sheet', 'signature')")


def upgrade() -> None:
    op.create_index(
        "ix_operations_deciding", "operations", ["inspection_id"], sqlite_where=KINDS, postgresql_where=KINDS
    )


def downgrade() -> None:
    op.drop_index("ix_operations_deciding", "operations")
