"""What is said in a conversation, numbered; photos that customers sent; what they thought of the answers.

A button remembers which message pressed it, so that the same message may take it up again after a crash.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TIME = sa.DateTime(timezone=True)
MESSAGES = "messages"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        MESSAGES,
        sa.Column("session_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("message_id", sa.Text, nullable=True),
        sa.Column("content_hash", sa.Text, nullable=True),
        sa.Column("answered", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("author IN ('customer', 'assistant', 'agent')", name=op.f("ck_messages_author")),
        sa.UniqueConstraint("session_id", "message_id", name=op.f("uq_messages_session_id_message_id")),
    )
    op.create_index(op.f("ix_messages_answered_at"), MESSAGES, ["answered", "at"])
    op.create_table(
        "attachments",
        sa.Column("attachment_id", sa.Text, primary_key=True),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("subject", sa.Text, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_index(op.f("ix_attachments_session_id"), "attachments", ["session_id"])
    op.create_index(op.f("ix_attachments_subject"), "attachments", ["subject"])
    op.create_table(
        "feedback",
        sa.Column("session_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rating", sa.Text, nullable=True),
        sa.Column("score", sa.Integer, nullable=True),
        sa.Column("comment", sa.Text, nullable=True),
        sa.Column("at", TIME, nullable=False),
    )
    op.add_column("buttons", sa.Column("taken_by", sa.Text, nullable=True))


def downgrade() -> None:
    """Forget what was said, sent and thought."""
    op.drop_column("buttons", "taken_by")
    for table in ("feedback", "attachments", MESSAGES):
        op.drop_table(table)
