"""near-equal pictures are found by an index: 16 bits of the difference hash per column

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
    _fill()
    for name in BANDS:
        op.create_index(op.f(f"ix_photos_{name}"), "photos", [name])


def _fill() -> None:
    """As `photos.likeness.bands` does: nothing for a hash that says nothing."""
    photos = sa.table("photos", sa.column("sha256"), sa.column("dhash"), *map(sa.column, BANDS))
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(photos.c.sha256, photos.c.dhash).where(photos.c.dhash.is_not(None))
    ).all()
    for row in rows:
        number = int(row.dhash, 16)
        if 8 <= number.bit_count() <= 56:
            values = {name: number >> 16 * place & 0xFFFF for place, name in enumerate(BANDS)}
            connection.execute(photos.update().where(photos.c.sha256 == row.sha256).values(**values))


def downgrade() -> None:
    for name in BANDS:
        op.drop_index(op.f(f"ix_photos_{name}"), "photos")
        op.drop_column("photos", name)
