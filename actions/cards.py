"""Cards for the eye beside an answer: they repeat what its text says."""

from __future__ import annotations

from typing import Any

from actions.turn import Turn
from actions.words import line_name, spoken
from kefu.shop.money import Money
from kefu.shop.orders import Facts
from kefu.shop.records import Order, Product


def order_card(order: Order, facts: Facts, turn: Turn) -> dict[str, Any]:
    """An order: its state, goods and sum, and the way of its parcel where it has one."""

    def words(value: Any) -> str | None:
        return spoken(value, language=turn.language, zone=turn.zone) if value is not None else None

    card = {
        "kind": "order",
        "type": _type(order),
        "order_number": order.order_number,
        "status": order.status,
        "items": [
            {"name": line_name(line, language=turn.language, pieces=1), "quantity": line.quantity}
            for line in order.lines
        ],
        "total": words(facts["total"]),
        "eta": words(facts["eta"]) if order.status == "shipped" else None,
        "carrier": order.carrier,
        "tracking_number": order.tracking_number,
    }
    return {name: value for name, value in card.items() if value}


def _type(order: Order) -> str:
    kinds = {line.product.kind for line in order.lines}
    if kinds == {"membership"}:
        return "membership"
    return "goods" if "physical" in kinds else "digital"


def product_card(product: Product, turn: Turn, *, stock: str) -> dict[str, Any]:
    """A product: its name, price and whether it can be bought (``stock``, in words)."""
    price = spoken(Money(product.price, product.currency), language=turn.language, zone=turn.zone)
    name = product.name(turn.language)
    return {
        "kind": "product", "product_id": product.product_id, "name": name, "price": price, "stock": stock,
    }  # fmt: skip
