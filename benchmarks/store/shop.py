"""A large shop, made from a seed: customers, products, orders, and what came back.

Customers buy unevenly (a few of them hundreds of times), most orders are old and settled, a small share
of the newest has not left yet. Rows come in batches, in the order in which the tables need them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=timezone.utc)  # a Monday, noon in the shop
SPAN = timedelta(days=3 * 365)
BATCH = 5_000
PRODUCTS = 2_000
UNSENT = 0.005  # of the orders, the newest: they wait to be sent
FEWEST_UNSENT = 100
IN_TWO = 0.2  # of the orders of several lines: they come in two parcels
WITHOUT_ASKING = 20_000  # a larger refund was approved by a person
SHIPPING, FREE_FROM, DISCOUNT = 500, 5_000, 10
KINDS = ("physical",) * 17 + ("course", "ebook", "membership")
EBOOK = KINDS.index("ebook")  # the position of the first such product
USED = ("course", "ebook")  # the kinds of which is told how far they were used
COUNTRIES = ("US", "US", "US", "CN", "CN", "HK", "ES", "GB")
METHODS = ("visa-4242", "mastercard-5100", "paypal", "alipay", "wechat")
OWN_NUMBERS = "KF2"  # how its order numbers begin; the demo shop has none of these
Row = dict[str, Any]
Batch = tuple[str, list[Row]]


@dataclass
class Bought:
    """The rows of one order, by table."""

    order: Row
    lines: list[Row]
    entitlements: list[Row]
    memberships: list[Row] = field(default_factory=list)
    shipments: list[Row] = field(default_factory=list)
    returns: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class LargeShop:
    """A shop of ``orders`` orders; equal shops have equal rows."""

    orders: int
    seed: int

    @property
    def customers(self) -> int:
        """How many customers there are: one for four orders."""
        return max(self.orders // 4, 10)

    def batches(self) -> Iterator[Batch]:
        """Every row, as (table, rows)."""
        chance = random.Random(self.seed)
        for at in range(0, self.customers, BATCH):
            numbers = range(at, min(at + BATCH, self.customers))
            yield "customers", [_customer(number, chance) for number in numbers]
        products = [_product(number, chance) for number in range(PRODUCTS)]
        yield "products", products
        yield "variants", [row for product in products for row in _variants(product)]
        for at in range(0, self.orders, BATCH):
            numbers = range(at, min(at + BATCH, self.orders))
            bought = [self._bought(number, products, chance) for number in numbers]
            yield "orders", [one.order for one in bought]
            yield "payments", [_payment(one.order) for one in bought if one.order["paid"]]
            yield "order_lines", [row for one in bought for row in one.lines]
            yield "entitlements", [row for one in bought for row in one.entitlements]
            yield "memberships", [row for one in bought for row in one.memberships]
            yield "shipments", [row for one in bought for row in one.shipments]
            yield "returns", [row for one in bought for row in one.returns]
            yield "refunds", [row for one in bought for row in one.refunds]

    def _bought(self, number: int, products: list[Row], chance: random.Random) -> Bought:
        newest = number == self.orders - 1
        lines = _lines(number, products[EBOOK : EBOOK + 1] if newest else products, chance)
        customer = int(self.customers * chance.random() ** 1.5)
        fresh = number >= self.orders - max(int(self.orders * UNSENT), min(FEWEST_UNSENT, self.orders // 2))
        placed = NOW - SPAN * (1 - (number + chance.random()) / self.orders)
        order = _order(number, customer, placed, lines, chance)
        used = [_used(line, one["kind"], chance) for line, one in lines if one["kind"] in USED]
        if newest:  # so that even a small shop has something digital to refund
            used[0]["downloaded"] = False
        bought = Bought(order, [line for line, _ in lines], used)
        _advance(bought, lines[0][1]["kind"], fresh, chance)
        return bought


def order_number(number: int) -> str:
    """The number of the shop's n-th order."""
    return f"{OWN_NUMBERS}{number:07d}"


def customer_id(number: int) -> str:
    """The id of the shop's n-th customer."""
    return f"B{number:07d}"


def _customer(number: int, chance: random.Random) -> Row:
    country = chance.choice(COUNTRIES)
    email = f"buyer{number}@shop.example"
    return {
        "customer_id": customer_id(number), "name": f"Buyer {number}", "email": email, "email_key": email,
        "phone": f"+1-202-{number:07d}", "language": "zh" if country in ("CN", "HK") else "en",
        "membership": "none", "address": f"{chance.randint(1, 999)} Market St", "country": country,
        "postcode": f"{chance.randint(10_000, 99_999)}", "state": "active",
    }  # fmt: skip


def _product(number: int, chance: random.Random) -> Row:
    kind = KINDS[number % len(KINDS)]
    return {
        "product_id": f"Q{number:05d}", "position": 1_000 + number, "kind": kind,
        "name_en": f"Product {number}", "name_zh": f"商品 {number}", "category": f"c{number % 40}",
        "price": int(chance.lognormvariate(8.2, 0.7)) // 100 * 100 + 90, "currency": "USD",
        "stock": chance.randint(0, 500) if kind == "physical" else None,
        "attributes": {"warranty_months": "24", "colour": chance.choice(("black", "white"))},
    }  # fmt: skip


def _variants(product: Row) -> list[Row]:
    if product["kind"] != "physical":
        return []
    return [
        {"product_id": product["product_id"], "name": name, "position": at, "stock": 50}
        for at, name in enumerate(("black", "white"))
    ]


def _lines(number: int, products: list[Row], chance: random.Random) -> list[tuple[Row, Row]]:
    """The lines of an order, each with its product; digital things are bought alone."""
    first = chance.choice(products)
    count = chance.choices((1, 2, 3, 4), (62, 24, 10, 4))[0] if first["kind"] == "physical" else 1
    goods = [first, *(chance.choice(products) for _ in range(count - 1))]
    goods = [one for one in goods if one["kind"] == first["kind"]]
    return [(_line(number, at, one, chance), one) for at, one in enumerate(goods, 1)]


def _line(number: int, at: int, product: Row, chance: random.Random) -> Row:
    physical = product["kind"] == "physical"
    return {
        "order_number": order_number(number), "line": at, "product_id": product["product_id"],
        "quantity": chance.choices((1, 2, 3, 6), (80, 14, 4, 2))[0] if physical else 1,
        "unit_price": product["price"], "variant": chance.choice(("black", "white")) if physical else None,
        "cancelled": 0, "exchanged": False,
    }  # fmt: skip


def _used(line: Row, kind: str, chance: random.Random) -> Row:
    return {
        "order_number": line["order_number"], "line": line["line"],
        "progress_percent": chance.choice((0, 5, 40, 100)) if kind == "course" else None,
        "downloaded": chance.random() < 0.5 if kind == "ebook" else None,
    }  # fmt: skip


def _order(
    number: int, customer: int, placed: datetime, lines: list[tuple[Row, Row]], chance: random.Random
) -> Row:
    subtotal = sum(line["unit_price"] * line["quantity"] for line, _ in lines)
    physical, member = lines[0][1]["kind"] == "physical", lines[0][1]["kind"] == "membership"
    shipping = SHIPPING if physical and subtotal < FREE_FROM else 0
    discount = subtotal * DISCOUNT // 100 if not member and chance.random() < 0.1 else 0
    empty = dict.fromkeys((
        "shipping_method", "ship_to_name", "ship_to_phone", "ship_to_address", "ship_to_postcode",
        "ship_to_country",
    ))  # fmt: skip
    sent = {
        "shipping_method": "standard", "ship_to_name": f"Buyer {customer}", "ship_to_phone": "+1-202",
        "ship_to_address": "1 Market St", "ship_to_postcode": "94105", "ship_to_country": "US",
    }  # fmt: skip
    total = subtotal + shipping - discount
    return empty | (sent if physical else {}) | {
        "order_number": order_number(number), "customer_id": customer_id(customer), "status": "processing",
        "placed_at": placed, "payment_method": chance.choice(METHODS), "subtotal": subtotal,
        "shipping_fee": shipping, "discount": discount, "coupon": "WELCOME10" if discount else None,
        "total": total, "paid": total, "currency": "USD",
    }  # fmt: skip


def _payment(order: Row) -> Row:
    name = f"PM-{order['order_number']}"
    return {
        "payment_id": name, "order_number": order["order_number"], "amount": order["paid"],
        "currency": order["currency"],
        "method": order["payment_method"], "reference": name, "charged_at": order["placed_at"],
    }  # fmt: skip


def _advance(bought: Bought, kind: str, fresh: bool, chance: random.Random) -> None:
    """Bring an order to where it stands today."""
    order = bought.order
    if kind in USED:
        order["status"] = "completed"
    elif kind == "membership":
        member = _membership(order, chance)
        order["status"] = "active" if member["renews"] else "ended"
        bought.memberships.append(member)
    elif fresh:
        if chance.random() < 0.1:
            order.update(status="pending_payment", paid=0)
    elif order["placed_at"] > NOW - timedelta(days=9):
        _ship(bought, chance, delivered=False)
    else:
        _settle(bought, chance)


def _membership(order: Row, chance: random.Random) -> Row:
    ends = order["placed_at"] + timedelta(days=30)
    running = ends > NOW
    return {
        "order_number": order["order_number"], "period": "month", "renews": running,
        "charged_at": order["placed_at"], "next_charge_at": ends if running else None,
        "ended_at": None if running else ends, "benefit_used": chance.random() < 0.3,
    }  # fmt: skip


def _ship(bought: Bought, chance: random.Random, *, delivered: bool) -> None:
    """Send an order: in one parcel, or one of several lines now and then in two."""
    bought.order["status"] = "delivered" if delivered else "shipped"
    parcels = 2 if len(bought.lines) > 1 and chance.random() < IN_TWO else 1
    for parcel in range(1, parcels + 1):
        bought.shipments.append(_parcel(bought.order, parcel, chance, delivered=delivered))


def _parcel(order: Row, parcel: int, chance: random.Random, *, delivered: bool) -> Row:
    shipped = order["placed_at"] + timedelta(hours=chance.randint(12, 60))
    return {
        "order_number": order["order_number"], "parcel": parcel, "carrier": "SF Express",
        "tracking_number": f"SF{order['order_number'][2:]}{parcel - 1:02d}", "shipped_at": shipped,
        "delivered_at": shipped + timedelta(days=chance.randint(2, 6)) if delivered else None,
        "eta_at": shipped + timedelta(days=5),
    }  # fmt: skip


def _settle(bought: Bought, chance: random.Random) -> None:
    """An old order: most were delivered and kept; some were cancelled, or came back whole or in part."""
    order, fate = bought.order, chance.random()
    if fate < 0.05:
        order["status"] = "cancelled"
        for line in bought.lines:
            line["cancelled"] = line["quantity"]
        bought.refunds.append(_refund(order, None, order["paid"], "cancel", chance))
        return
    _ship(bought, chance, delivered=True)
    if fate < 0.12:
        whole = fate < 0.08
        order["status"] = "returned" if whole else "delivered"
        for line in bought.lines if whole else bought.lines[:1]:
            _send_back(bought, line, chance)


def _send_back(bought: Bought, line: Row, chance: random.Random) -> None:
    order, pieces = bought.order, line["quantity"]
    name = f"{order['order_number']}-{line['line']}"
    value = line["unit_price"] * pieces
    worth = max(value - value * DISCOUNT // 100, 1) if order["discount"] else value
    amount = min(worth, order["paid"] - sum(row["amount"] for row in bought.refunds))
    bought.returns.append({
        "return_id": f"RT-{name}", "order_number": order["order_number"], "line": line["line"],
        "quantity": pieces, "reason": chance.choice(("unwanted", "damaged")), "kind": "return",
        "new_variant": None, "state": "received", "shipping_paid_by": "customer",
        "created_at": max(row["delivered_at"] for row in bought.shipments) + timedelta(days=3),
        "promised": amount,
    })  # fmt: skip
    bought.refunds.append(_refund(order, line["line"], amount, "return", chance))


def _refund(order: Row, line: int | None, amount: int, reason: str, chance: random.Random) -> Row:
    name, automatic = f"{order['order_number']}-{line or 0}", amount <= WITHOUT_ASKING
    asked = min(order["placed_at"] + timedelta(days=12), NOW - timedelta(hours=1))
    failed = chance.random() < 0.01
    return {
        "refund_id": f"RF-{name}", "order_number": order["order_number"], "line": line, "amount": amount,
        "currency": order["currency"], "method": order["payment_method"], "reason": reason,
        "key": f"past/{name}", "state": "failed" if failed else "succeeded", "automatic": automatic,
        "created_at": asked, "requested_by": order["customer_id"],
        "decided_by": None if automatic else "supervisor", "decided_at": None if automatic else asked,
        "reference": f"PV-{name}", "settled_at": asked, "note": "account closed" if failed else None,
    }  # fmt: skip
