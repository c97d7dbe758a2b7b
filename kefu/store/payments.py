"""What was charged for orders."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Order, Payment

_TABLE = schema.payments


class Payments(Repository):
    """Payments: written once; the database keeps their sum at or below the order's total."""

    def of_order(self, order_number: str) -> list[Payment]:
        """The order's payments, oldest first."""
        mine = sa.select(_TABLE).where(_TABLE.c.order_number == order_number)
        return [Payment(**row) for row in self._all(mine.order_by(_TABLE.c.charged_at, _TABLE.c.payment_id))]

    def of_orders(self, orders: Sequence[Order]) -> None:
        """Record what was paid for orders that were just loaded, as one payment each (the seed)."""
        rows = [_row(order) for order in orders if order.paid > 0]
        if rows:
            self._run(sa.insert(_TABLE), rows)


def _row(order: Order) -> dict[str, object]:
    name = f"PM-{order.order_number}"
    return {
        "payment_id": name,
        "order_number": order.order_number,
        "amount": order.paid,
        "currency": order.currency,
        "method": order.payment_method,
        "reference": name,
        "charged_at": order.charged_at or order.placed_at,
    }
