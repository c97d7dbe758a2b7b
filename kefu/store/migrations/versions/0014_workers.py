"""Which Rasa process works on which conversation, and which processes there are.

A process is there while its row is, and says so by counting; nobody compares clocks.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "processes",
        sa.Column("process_id", sa.Text, primary_key=True),
        sa.Column("beats", sa.Integer, nullable=False),
    )
    op.create_table(
        "inboxes",
        sa.Column("session_id", sa.Text, primary_key=True),
        sa.Column("process_id", sa.Text, nullable=True),
        sa.Column("number", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Forget who works on what; whoever serves begins anew."""
    for table in ("inboxes", "processes"):
        op.drop_table(table)
