"""the outbox by what is open: by kind alone the jobs went through every photo and letter of years, every two seconds

Revision ID: 20261203outbox
Revises: 20261203keys
"""

from __future__ import annotations

from alembic import op

revision = "20261203outbox"
down_revision = "20261203keys"
branch_labels = None
depends_on = None
ONE_BY_ONE = ("kind", "state", "due_at")


def upgrade() -> None:
    for column in ONE_BY_ONE:
        op.drop_index(f"ix_outbox_{column}", "outbox")
    op.create_index("ix_outbox_open", "outbox", ["state", "kind", "due_at"])


def downgrade() -> None:
    op.drop_index("ix_outbox_open", "outbox")
    for column in ONE_BY_ONE:
        op.create_index(f"ix_outbox_{column}", "outbox", [column])
