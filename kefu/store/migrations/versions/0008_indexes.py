"""Indexes that a million orders need: for the newest orders, an order's tickets and refunds by state."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

INDEXES = {
    "ix_orders_placed_at": ("orders", "placed_at"),
    "ix_tickets_order_number": ("tickets", "order_number"),
    "ix_refunds_state": ("refunds", "state"),
}


def upgrade() -> None:
    """Add them."""
    for name, (table, column) in INDEXES.items():
        op.create_index(op.f(name), table, [column])


def downgrade() -> None:
    """Take them away."""
    for name, (table, _) in INDEXES.items():
        op.drop_index(op.f(name), table)
