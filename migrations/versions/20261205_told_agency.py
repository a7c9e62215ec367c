"""cases: whose people know that it is theirs

Revision ID: 20261205told
Revises: 20261204rollup
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261205told"
down_revision = "20261204rollup"
branch_labels = None
depends_on = None
KEY = "fk_cases_told_agency_id_agencies"


def upgrade() -> None:
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_agency_id", sa.String(36), nullable=True))
    op.execute("UPDATE cases SET told_agency_id = agency_id")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.alter_column("told_agency_id", nullable=False, existing_type=sa.String(36))
        batch_op.create_foreign_key(op.f(KEY), "agencies", ["told_agency_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(KEY), type_="foreignkey")
        batch_op.drop_column("told_agency_id")
