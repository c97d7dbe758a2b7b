"""What the assistant remembers of conversations: appended turn by turn, folded, set aside when damaged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("generation", "last", "folded")),
        sa.Column("checkpoint", sa.Text),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("0 <= folded AND folded <= last AND generation >= 0", name="numbers"),
    )
    op.create_index(op.f("ix_conversations_created_at"), "conversations", ["created_at"])
    op.create_table(
        "conversation_events",
        *numbered(),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.CheckConstraint("seq >= 1", name="seq"),
    )
    op.create_table(
        "conversation_quarantine",
        *numbered(),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("found_at", TIME, nullable=False),
    )


def numbered() -> list[sa.Column]:
    """The key of what belongs to one generation of a conversation."""
    return [
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    ]


def downgrade() -> None:
    """Drop them."""
    for table in ("conversation_quarantine", "conversation_events", "conversations"):
        op.drop_table(table)
