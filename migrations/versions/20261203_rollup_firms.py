"""the firms of a record beside its figures: every case page read all records ever issued to know whose a defect was

Revision ID: 20261203firms
Revises: 20261203outbox
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261203firms"
down_revision = "20261203outbox"
branch_labels = None
depends_on = None
FIRMS = ("contractor", "supervision")
records = sa.table("records", sa.column("inspection_id"), sa.column("content", sa.JSON))
rollups = sa.table("rollups", sa.column("inspection_id"), *map(sa.column, FIRMS))


def upgrade() -> None:
    for firm in FIRMS:
        op.add_column("rollups", sa.Column(firm, sa.String(200), nullable=False, server_default=""))
        named = sa.select(records.c.content["basic", firm].as_string())
        named = named.where(records.c.inspection_id == rollups.c.inspection_id)
        op.execute(rollups.update().values({firm: sa.func.coalesce(named.scalar_subquery(), "")}))


def downgrade() -> None:
    for firm in FIRMS:
        op.drop_column("rollups", firm)
