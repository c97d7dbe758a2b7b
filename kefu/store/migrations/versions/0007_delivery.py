"""How mails leave: whether they are waiting, on their way, sent or given up; and codes by order.

Mails from before were never sent by anything, and their codes are dead: they are ``expired``.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TIME = sa.DateTime(timezone=True)
STATES = "state IN ('pending', 'sending', 'sent', 'failed', 'expired')"
TIMES = ("due_at", "claimed_at", "sent_at", "expires_at")


def upgrade() -> None:
    """Give the outbox its states, and find the codes of an order fast."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("state", sa.Text, nullable=False, server_default="expired"))
        outbox.add_column(sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
        for name in TIMES:
            outbox.add_column(sa.Column(name, TIME, nullable=True))
        outbox.add_column(sa.Column("problem", sa.Text, nullable=True))
        outbox.create_check_constraint(op.f("ck_outbox_state"), STATES)
    with op.batch_alter_table("outbox") as outbox:  # the defaults were for the rows that are there
        outbox.alter_column("state", server_default=None)
        outbox.alter_column("attempts", server_default=None)
    op.create_index(op.f("ix_outbox_state_due_at"), "outbox", ["state", "due_at"])
    op.create_index(op.f("ix_codes_order_number_created_at"), "codes", ["order_number", "created_at"])


def downgrade() -> None:
    """Forget how mails left; the mails stay."""
    op.drop_index(op.f("ix_codes_order_number_created_at"), "codes")
    op.drop_index(op.f("ix_outbox_state_due_at"), "outbox")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_constraint(op.f("ck_outbox_state"), type_="check")
        for name in ("problem", *reversed(TIMES), "attempts", "state"):
            outbox.drop_column(name)
