"""What a speaker has bought and still has, as far as their orders say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kefu.shop.case import is_goods
from kefu.shop.identity import Identity, visible_orders
from kefu.store.records import Order, OrderLine, Product

if TYPE_CHECKING:
    from kefu.store import Transaction

UNPAID = "pending_payment"
OVER = ("cancelled", "returned", "ended")
_UNDONE = ("rejected", "failed")  # refunds after which the customer still has the thing


@dataclass(frozen=True)
class Purchases:
    """``kept``: bought and not given back, newest first. ``ordered``: ids of all that was ever ordered."""

    kept: tuple[Product, ...] = ()
    ordered: frozenset[str] = frozenset()

    @property
    def owned(self) -> frozenset[str]:
        """The ids of what is kept."""
        return frozenset(product.product_id for product in self.kept)


def purchases_of(tx: Transaction, identity: Identity) -> Purchases:
    """The purchases that the speaker may see: a customer's own, of a guest the order that they proved."""
    orders = visible_orders(tx, identity)
    kept = {line.product.product_id: line.product for order in orders for line in _kept(tx, order)}
    ordered = {line.product.product_id for order in orders for line in order.lines}
    return Purchases(tuple(kept.values()), frozenset(ordered))


def _kept(tx: Transaction, order: Order) -> Iterator[OrderLine]:
    if order.status in (UNPAID, *OVER):
        return
    refunded = {row.line for row in tx.refunds.of_order(order.order_number) if row.state not in _UNDONE}
    for line in order.lines:
        if is_goods(line):
            back = tx.returns.open_pieces(order.order_number, line.line)
            away = line.cancelled + back >= line.quantity
        else:
            away = line.cancelled >= line.quantity or bool(refunded & {line.line, None})
        if not away:
            yield line
