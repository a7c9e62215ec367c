"""near-equal pictures are found by an index: 16 bits of the difference hash per column

Photos that were processed before have none until they are processed again; nothing was released before.

Revision ID: 20261125p
Revises: 20261125q
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125p"
down_revision = "20261125q"
branch_labels = None
depends_on = None
BANDS = ("band0", "band1", "band2", "band3")


def upgrade() -> None:
    for name in BANDS:
        op.add_column("photos", sa.Column(name, sa.Integer(), nullable=True))
    for name in BANDS:
        op.create_index(op.f(f"ix_photos_{name}"), "photos", [name])


def downgrade() -> None:
    for name in BANDS:
        op.drop_index(op.f(f"ix_photos_{name}"), "photos")
        op.drop_column("photos", name)
