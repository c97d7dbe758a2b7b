"""What cards hold: facts that are in the text too, in the customer's language."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timezone
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.cards import order_card, product_card
from actions.turn import Turn
from kefu.shop.identity import Identity
from kefu.shop.money import Money
from kefu.shop.records import Order, OrderLine, Product

NOW = datetime(2026, 3, 4, tzinfo=timezone.utc)
EARBUDS = Product("P101", "physical", "Earbuds", "耳机", "audio", 7900, "USD", 3)


def turn(language: str) -> Turn:
    tracker = Tracker("s", {"language": language}, {}, [], False, None, {}, None)
    return Turn(tracker, CollectingDispatcher(), Identity("s"), NOW, lambda: "Asia/Shanghai")


def line(product: Product = EARBUDS, quantity: int = 2) -> OrderLine:
    return OrderLine("KF1", 1, product, quantity, 7900, None, None, None)


def order(**changed: Any) -> Order:
    facts: dict[str, Any] = {field.name: None for field in fields(Order)}
    facts |= {"order_number": "KF1", "lines": (line(),), "shipments": ()}
    return Order(**facts | changed)


@pytest.mark.parametrize(
    ("language", "name", "eta"), [("en", "Earbuds", "5 March 2026"), ("zh", "耳机", "2026年3月5日")]
)
def test_an_order_on_its_way(language: str, name: str, eta: str) -> None:
    facts = {"total": Money(15800, "USD"), "eta": datetime(2026, 3, 5, tzinfo=timezone.utc)}
    card = order_card(order(status="shipped"), facts, turn(language))
    assert (card["kind"], card["type"], card["status"]) == ("order", "goods", "shipped")
    assert card["items"] == [{"name": name, "quantity": 2}]
    assert "158.00" in card["total"] and card["eta"] == eta
    assert "carrier" not in card, "what is not known is left out"


def test_what_has_arrived_is_not_expected() -> None:
    facts = {"total": Money(15800, "USD"), "eta": NOW}
    assert "eta" not in order_card(order(status="delivered"), facts, turn("en"))


@pytest.mark.parametrize(("kind", "expected"), [("course", "digital"), ("membership", "membership")])
def test_what_has_no_parcel_has_another_way(kind: str, expected: str) -> None:
    facts = {"total": Money(1, "USD"), "eta": None}
    bought = order(lines=(line(replace(EARBUDS, kind=kind), 1),))
    assert order_card(bought, facts, turn("en"))["type"] == expected


def test_a_product() -> None:
    card = product_card(EARBUDS, turn("zh"), stock="有货。")
    assert (card["name"], card["stock"]) == ("耳机", "有货。") and "79.00" in card["price"]
