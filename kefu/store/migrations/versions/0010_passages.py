"""When a passage is in force, when it last changed, which are gone, and the sources they are read from.

Going down forgets the days from and to which passages are in force: they are answers at any time then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TIME = sa.DateTime(timezone=True)
ADDED = ("valid_from", "valid_to", "origin", "changed")
INDEXES = {
    "ix_passages_position": ["position"],
    "ix_passages_language_position": ["language", "position"],
    "ix_passages_changed": ["changed"],
    "ix_passages_origin": ["origin"],
}


def upgrade() -> None:
    """Passages that stand there last changed at the counter's present value."""
    with op.batch_alter_table("passages") as passages:
        passages.add_column(sa.Column("valid_from", TIME, nullable=True))
        passages.add_column(sa.Column("valid_to", TIME, nullable=True))
        passages.add_column(sa.Column("origin", sa.Text, nullable=True))
        passages.add_column(sa.Column("changed", sa.Integer, nullable=False, server_default="0"))
    with op.batch_alter_table("passages") as passages:  # the default was for the rows that are there
        passages.alter_column("changed", server_default=None)
    op.execute("UPDATE passages SET changed = (SELECT value FROM counters WHERE name = 'passages')")
    for name, columns in INDEXES.items():
        op.create_index(op.f(name), "passages", columns)
    _gone()
    _sources()


def _gone() -> None:
    op.create_table(
        "passages_gone",
        sa.Column("passage_id", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("passage_id", "language", name=op.f("pk_passages_gone")),
    )
    op.create_index(op.f("ix_passages_gone_changed"), "passages_gone", ["changed"])


def _sources() -> None:
    op.create_table(
        "passage_sources",
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("etag", sa.Text, nullable=True),
        sa.Column("last_modified", sa.Text, nullable=True),
        sa.Column("read_at", TIME, nullable=True),
        sa.Column("problem", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_passage_sources")),
    )
    op.create_index(op.f("ix_passage_sources_root"), "passage_sources", ["root"])


def downgrade() -> None:
    """Forget all of it; the passages stay."""
    op.drop_table("passage_sources")
    op.drop_table("passages_gone")
    for name in INDEXES:
        op.drop_index(op.f(name), "passages")
    with op.batch_alter_table("passages") as passages:
        for name in ADDED:
            passages.drop_column(name)
