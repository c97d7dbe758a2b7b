"""What an order cost its customer: "how much did I pay for it?"."""

from __future__ import annotations

import re

from actions.status import focus
from actions.turn import Event, Turn
from actions.words import goods, method
from kefu.shop.identity import visible_orders
from kefu.shop.money import Money
from kefu.shop.records import Order, Transaction

PAID = re.compile(
    r"(?:did|have|had) (?:i|we) (?:\w+ )?(?:pay|paid|spen[dt])|(?:was|am) i charged|i (?:was|got) charged"
    r"|[付花](?:了|过|掉)?多少|多少钱?买的|(?:付|支付)了?(?:没|吗)",
    re.IGNORECASE,
)


def say_paid(turn: Turn, tx: Transaction) -> list[Event] | None:
    """Say what was paid for the order that is named or in focus; None where it is not clear which."""
    order = _meant(turn, tx)
    if order is None:
        return None
    turn.say(
        "paid" if order.paid else "paid_nothing",
        amount=Money(order.paid or order.total, order.currency),
        order_number=order.order_number,
        items=goods(order, language=turn.language),
        method=method(order.payment_method, language=turn.language),
        placed=order.placed_at,
    )
    return focus(order)


def _meant(turn: Turn, tx: Transaction) -> Order | None:
    mention, orders = turn.mention(), visible_orders(tx, turn.identity)
    if mention.order_numbers:
        named = [order for order in orders if order.order_number in mention.order_numbers]
    elif mention.product_ids:
        wanted = set(mention.product_ids)
        named = [order for order in orders if any(line.product.product_id in wanted for line in order.lines)]
    else:
        named = [order for order in orders if order.order_number == turn.slot("focus_order")]
    return named[0] if len(named) == 1 else None
