"""What must come out of every wish about every order of the demo shop.

``shop_outcomes.csv`` is the table: order × wish → code, clause, amount, whether a supervisor decides,
and the way that remains. What is offered there is really done here, and the rows in the store are
looked at. ``NOTES`` repeats by hand what the note of each order in ``orders.csv`` demands.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from kefu.shop.operation import KINDS, Item
from kefu.shop.outcome import Outcome
from kefu.store.records import Address, Order
from tests.support.demo_shop import DATA, DemoShop, demo_shop

NEW_HOME = Address("", "", "12 Harbour Rd", "999077", "HK")

# the name of a wish in the table → the operation; a name ends in the reason where one was said
WISHES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "cancel": {"kind": "cancel"},
        "cancel a line": {"kind": "cancel", "items": (Item(1),)},
        "change_address": {"kind": "change_address", "address": NEW_HOME},
        "change_items": {"kind": "change_items"},
        "change_items to none": {"kind": "change_items", "items": (Item(1, 0),)},
        "change_items to more": {"kind": "change_items", "items": (Item(1, 9),)},
        "return": {"kind": "return"},
        "return unwanted": {"kind": "return", "reason": "unwanted"},
        "return damaged": {"kind": "return", "reason": "damaged"},
        "return later_fault": {"kind": "return", "reason": "later_fault"},
        "return a line": {"kind": "return", "reason": "unwanted", "items": (Item(1),)},
        "return one piece": {"kind": "return", "reason": "unwanted", "items": (Item(1, 1),)},
        "refund": {"kind": "refund"},
        "exchange": {"kind": "exchange"},
        "warranty": {"kind": "warranty"},
        "stop_renewal": {"kind": "stop_renewal"},
        "invoice": {"kind": "invoice", "invoice_kind": "personal"},
        "lost_parcel": {"kind": "lost_parcel"},
    }
)

NOTES = MappingProxyType(
    {
        "KF10000001": {"cancel": "confirm_cancel", "change_address": "confirm_address"},
        "KF10000002": {"cancel": "refused_cancel_shipped"},
        "KF10000003": {"return unwanted": "confirm_return"},
        "KF10000004": {
            "return unwanted": "refused_return_window",
            "return damaged": "confirm_return_damaged",
        },
        "KF10000005": {"refund": "confirm_refund_digital"},
        "KF10000006": {"refund": "refused_course_watched"},
        "KF10000007": {"refund": "refused_ebook_downloaded"},
        "KF10000008": {"refund": "refused_return_already"},
        "KF10000009": {"cancel": "refused_cancel_already"},
        "KF10000010": {"return unwanted": "confirm_return"},
        "KF10000011": {"stop_renewal": "confirm_stop_renewal"},
        "KF10000012": {"return a line": "confirm_return"},
        "KF10000013": {"cancel": "refused_cancel_shipped"},
        "KF10000014": {"cancel": "confirm_cancel_unpaid"},
        "KF10000015": {"cancel": "confirm_cancel"},
        "KF10000016": {"return unwanted": "confirm_return"},
        "KF10000017": {"refund": "confirm_refund_membership"},
        "KF10000018": {"cancel": "confirm_cancel", "cancel a line": "confirm_cancel_line"},
        "KF10000019": {"return a line": "ask_quantity", "return one piece": "confirm_return"},
        "KF10000020": {"refund": "confirm_refund_digital"},
        "KF10000021": {"exchange": "confirm_exchange"},
        "KF10000022": {"lost_parcel": "refused_parcel_early"},
        "KF10000023": {"return": "refused_return_already"},
        "KF10000024": {"return": "refused_return_already"},
        "KF10000025": {"return": "refused_return_already"},
        "KF10000026": {"return unwanted": "confirm_return"},
        "KF10000027": {"cancel": "confirm_cancel"},
        "KF10000028": {
            "return unwanted": "refused_return_window",
            "return damaged": "confirm_return_damaged",
        },
        "KF10000029": {"cancel": "refused_cancel_shipped"},
    }
)
SUPERVISED = ("KF10000010", "KF10000015", "KF10000026")  # whose notes hand the refund to a supervisor


@dataclass(frozen=True)
class Expected:
    """A line of the table."""

    order_number: str
    wish: str
    code: str
    clause: str
    amount: str
    waits: str
    way: str

    def __str__(self) -> str:
        return f"{self.order_number} {self.wish}"


def table() -> list[Expected]:
    with Path(__file__).with_name("shop_outcomes.csv").open(encoding="utf-8") as file:
        return [Expected(**row) for row in csv.DictReader(file)]


OFFERED = [row for row in table() if row.code.startswith("confirm_")]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoShop]:
    with demo_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[DemoShop]:
    with demo_shop(tmp_path) as shop:
        yield shop


def wish_of(row: Expected) -> dict[str, Any]:
    fields = dict(WISHES[row.wish])
    return {"kind": fields.pop("kind"), "order_number": row.order_number, **fields}


def test_the_table_holds_every_order_and_every_kind_of_operation() -> None:
    with (DATA / "orders.csv").open(encoding="utf-8") as file:
        orders = {row["order_number"] for row in csv.DictReader(file)}
    assert {wish["kind"] for wish in WISHES.values()} == set(KINDS)
    assert {(row.order_number, row.wish) for row in table()} == {(n, w) for n in orders for w in WISHES}


def test_the_table_says_what_the_notes_say() -> None:
    found = {(row.order_number, row.wish): row.code for row in table()}
    demanded = {(number, wish): code for number, codes in NOTES.items() for wish, code in codes.items()}
    assert {key: found[key] for key in demanded} == demanded
    assert {row.order_number for row in table() if row.waits} == set(SUPERVISED)


@pytest.mark.parametrize("row", table(), ids=str)
def test_outcome(untouched: DemoShop, row: Expected) -> None:
    outcome = untouched.assess(**wish_of(row))

    amount = outcome.facts.get("amount")
    found = (outcome.code, outcome.clause, str(amount.decimal) if amount else "")
    assert found == (row.code, row.clause, row.amount)
    assert bool(outcome.facts.get("waits")) == (row.waits == "yes")
    assert (outcome.facts.get("way") or "") == row.way


@pytest.mark.parametrize("row", OFFERED, ids=str)
def test_what_is_offered_is_done_and_stands_in_the_store(shop: DemoShop, row: Expected) -> None:
    before = shop.order(row.order_number)
    offer = shop.assess(**wish_of(row))

    outcome = shop.perform(**wish_of(row))

    assert outcome.kind == "done"
    assert outcome.facts.get("amount") == offer.facts.get("amount")
    CHECKS[row.code](shop, before, outcome)


def waiting(outcome: Outcome) -> bool:
    return bool(outcome.facts.get("waits"))


def check_refund(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    with shop.read() as tx:
        rows = tx.refunds.of_order(order.order_number)
        tickets = tx.tickets.of_order(order.order_number)
    amount = outcome.facts["amount"].amount
    assert sum(row.amount for row in rows) == amount
    assert {row.state for row in rows} == {"requested" if waiting(outcome) else "submitted"}
    assert all(row.automatic is not waiting(outcome) for row in rows)
    assert all(row.method == order.payment_method for row in rows)
    assert [ticket.kind for ticket in tickets] == (["refund"] if waiting(outcome) else [])


def check_cancel(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    after = shop.order(order.order_number)
    assert outcome.code == ("done_cancel_waiting" if waiting(outcome) else "done_cancel")
    assert after.status == "cancelled"
    assert all(line.cancelled == line.quantity for line in after.lines)
    assert outcome.facts["amount"].amount == order.paid
    for line in order.lines:
        assert (shop_stock(shop, line.product.product_id) or 0) - (line.product.stock or 0) == line.quantity
    check_refund(shop, order, outcome)


def check_cancel_line(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    after = shop.order(order.order_number)
    assert outcome.code == "done_cancel_line"
    assert after.status == "processing"
    assert [line.cancelled for line in after.lines] == [1, 0]
    check_refund(shop, order, outcome)


def check_cancel_unpaid(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    assert outcome.code == "done_cancel_unpaid"
    assert shop.order(order.order_number).status == "cancelled"
    with shop.read() as tx:
        assert tx.refunds.of_order(order.order_number) == []


def check_address(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    after = shop.order(order.order_number).address
    assert outcome.code == "done_address"
    assert after is not None and order.address is not None
    assert (after.name, after.address, after.country) == (order.address.name, "12 Harbour Rd", "HK")


def check_items(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    (portion,) = outcome.facts["portions"]
    after = shop.order(order.order_number)
    changed = after.lines[portion.line.line - 1]
    assert outcome.code == "done_items"
    assert (changed.variant, changed.quantity) == (outcome.facts["new_variant"], portion.line.quantity)
    assert (after.total, after.paid, after.status) == (order.total, order.paid, order.status)
    before, now = ({v.name: v.stock for v in line.product.variants} for line in (portion.line, changed))
    moved = {portion.line.variant: portion.quantity, changed.variant: -portion.quantity}
    assert now == {name: stock + moved.get(name, 0) for name, stock in before.items()}
    with shop.read() as tx:
        assert tx.refunds.of_order(order.order_number) == [] == tx.returns.of_order(order.order_number)


def check_return(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    damaged = outcome.clause == "return.2"
    done = "done_return_damaged" if damaged else "done_return"
    assert outcome.code == ("done_return_waiting" if waiting(outcome) else done)
    with shop.read() as tx:
        rows = tx.returns.of_order(order.order_number)
        assert tx.refunds.of_order(order.order_number) == []  # money moves when the goods arrive
        tickets = tx.tickets.of_order(order.order_number)
    assert sum(row.quantity for row in rows) == outcome.facts["quantity"]
    assert {row.state for row in rows} == {"requested" if waiting(outcome) else "approved"}
    assert {row.shipping_paid_by for row in rows} == {"shop" if damaged else "customer"}
    assert [ticket.kind for ticket in tickets] == (["refund"] if waiting(outcome) else [])
    assert shop.order(order.order_number).status == "delivered"


def check_digital(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    assert outcome.code == "done_refund_digital"
    check_refund(shop, order, outcome)


def check_membership(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    after = shop.order(order.order_number)
    assert outcome.code == "done_refund_membership"
    assert (after.status, after.renews, after.ended_at) == ("ended", False, shop.now)
    check_refund(shop, order, outcome)


def check_exchange(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    with shop.read() as tx:
        (row,) = tx.returns.of_order(order.order_number)
        product = tx.products.get(outcome.facts["product"].product_id)
    assert outcome.code == "done_exchange"
    assert (row.kind, row.state, row.new_variant) == ("exchange", "approved", outcome.facts["new_variant"])
    assert product is not None and product.stock == outcome.facts["product"].stock - row.quantity
    assert shop.order(order.order_number).lines[row.line - 1].exchanged


def check_renewal(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    after = shop.order(order.order_number)
    assert outcome.code == "done_stop_renewal"
    assert (after.status, after.renews, after.ended_at) == ("active", False, order.next_charge_at)


def check_invoice(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    with shop.read() as tx:
        (invoice,) = tx.invoices.of_order(order.order_number)
        customer = tx.customers.get(order.customer_id)
    assert outcome.code == "done_invoice"
    assert customer is not None
    assert (invoice.kind, invoice.state, invoice.email) == ("personal", "requested", customer.email)


def check_ticket(shop: DemoShop, order: Order, outcome: Outcome) -> None:
    with shop.read() as tx:
        (ticket,) = tx.tickets.of_order(order.order_number)
    assert outcome.code == f"done_{ticket.kind}"
    assert (ticket.customer_id, ticket.state) == (order.customer_id, "open")


def shop_stock(shop: DemoShop, product_id: str) -> int | None:
    with shop.read() as tx:
        product = tx.products.get(product_id)
    assert product is not None
    return product.stock


CHECKS = MappingProxyType(
    {
        "confirm_cancel": check_cancel,
        "confirm_cancel_line": check_cancel_line,
        "confirm_cancel_unpaid": check_cancel_unpaid,
        "confirm_address": check_address,
        "confirm_items": check_items,
        "confirm_return": check_return,
        "confirm_return_damaged": check_return,
        "confirm_refund_digital": check_digital,
        "confirm_refund_membership": check_membership,
        "confirm_exchange": check_exchange,
        "confirm_stop_renewal": check_renewal,
        "confirm_invoice": check_invoice,
        "confirm_warranty": check_ticket,
        "confirm_lost_parcel": check_ticket,
    }
)
