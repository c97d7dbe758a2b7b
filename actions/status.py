"""One order's status in words, and keeping it in focus."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.present import refunds_text
from actions.turn import Event, Turn
from actions.words import goods
from kefu.shop.orders import status_facts
from kefu.shop.policy import Policy
from kefu.shop.records import Order, Transaction


def focus(order: Order) -> list[Event]:
    """Keep an order, and its product where it is one, for the next "it"."""
    product = order.lines[0].product.product_id if len(order.lines) == 1 else None
    return [SlotSet("focus_order", order.order_number), SlotSet("focus_product", product)]


def say_status(turn: Turn, tx: Transaction, order: Order) -> None:
    """One order's status in words."""
    facts = status_facts(order, Policy.load(tx, now=turn.now), now=turn.now)
    turn.say(
        status_code(order, late=facts["parcel"] in ("late", "lost")),
        custom={"card": {"order_number": order.order_number, "status": order.status}},
        order_number=order.order_number,
        items=goods(order, language=turn.language),
        total=facts["total"],
        carrier=order.carrier,
        tracking_number=order.tracking_number,
        eta=facts["eta"],
        delivered=order.delivered_at,
        placed=order.placed_at,
        ended=order.ended_at,
        next_charge=facts["next_charge_at"],
        closes=facts["closes_at"],
        refunds=refunds_text(turn, tx, order.order_number),
    )


def status_code(order: Order, *, late: bool) -> str:
    """The response for an order's state."""
    digital = all(line.product.kind != "physical" for line in order.lines)
    if order.status == "shipped" and late:
        return "status_shipped_late"
    if order.status == "processing" and digital:
        return "status_processing_digital"
    if order.status == "active" and not order.renews:
        return "status_active_stopped"
    return f"status_{order.status}"
