"""photos: when the bytes of each were hashed last

Revision ID: 20261206looked
Revises: 20261205told
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inspect_app.extensions import UtcDateTime

revision = "20261206looked"
down_revision = "20261205told"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each was hashed when it came; what is older than the round is due at once, the oldest first."""
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.add_column(sa.Column("looked_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE photos SET looked_at = stored_at")
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.alter_column("looked_at", nullable=False, existing_type=UtcDateTime())
        batch_op.create_index(batch_op.f("ix_photos_looked_at"), ["looked_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_photos_looked_at"))
        batch_op.drop_column("looked_at")
