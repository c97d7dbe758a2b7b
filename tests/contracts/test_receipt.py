"""Goods that arrive: what was promised is paid, once, and orders, shelf, audit and books agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kefu.errors import KefuError, StoreError
from kefu.shop import killswitch
from kefu.shop.identity import Identity
from kefu.shop.operation import Item, Operation
from kefu.shop.operations import perform
from kefu.shop.outcome import Outcome
from kefu.shop.receipt import receive
from kefu.shop.reconciliation import reconcile
from kefu.shop.settlement import owed
from kefu.shop.supervision import approve, approve_return, reject_return
from kefu.store import Store
from kefu.store.records import Order
from tests.support.databases import NOW
from tests.support.payments import Till
from tests.support.rows import goods_return

TWO_LINES = "KF10000012"  # 25.00 and 99.00
TWO_PIECES = "KF10000019"  # twice 45.00
COUNT = "KF10000026"  # its customer had three automatic refunds
WISHES = [  # order, reason, what is sent back one after the other, () for the whole
    *((number, "unwanted", ((),)) for number in ("KF10000003", TWO_LINES, "KF10000016", TWO_PIECES, COUNT)),
    *((number, "damaged", ((),)) for number in ("KF10000004", "KF10000010", TWO_LINES, "KF10000028")),
    ("KF10000021", "unwanted", ((),)),
    ("KF10000021", "damaged", ((),)),
    (TWO_LINES, "unwanted", ((Item(2),), (Item(1),))),
    (TWO_LINES, "damaged", ((Item(1),), (Item(2),))),
    (TWO_PIECES, "unwanted", ((Item(1, 1),), (Item(1, 1),))),
    (TWO_PIECES, "damaged", ((Item(1, 1),), ())),
]


@pytest.fixture
def till(databases: Any, tmp_path: Path) -> Iterator[Till]:
    store = Store.open(databases.shop(), clock=lambda: NOW)
    yield Till.open(store, tmp_path, now=NOW)
    store.close()


def order_of(till: Till, number: str) -> Order:
    with till.store.read() as tx:
        order = tx.orders.get(number)
    assert order is not None
    return order


def ask(till: Till, number: str, *items: Item, kind: str = "return", reason: str = "unwanted") -> Outcome:
    """The owner's wish, done; a supervisor agrees where it waits."""
    owner = Identity("s", order_of(till, number).customer_id)
    wish = Operation(kind, number, items=items, reason=reason)
    with till.store.write() as tx:
        key = f"{kind}-{len(tx.returns.of_order(number))}"
        outcome = perform(tx, owner, wish, now=NOW, key=key)
        for row in outcome.facts["returns"]:
            if row.state == "requested":
                approve_return(tx, row.return_id, by="Sam", now=NOW)
    return outcome


def arrive(till: Till, return_id: str) -> Outcome:
    """The goods are there, and their refund is paid; a supervisor agrees where it waits."""
    with till.store.write() as tx:
        outcome = receive(tx, return_id, by="Wei", now=NOW)
    refund = outcome.facts.get("refund")
    if outcome.facts.get("waits"):
        with till.store.write() as tx:
            refund = approve(tx, refund.refund_id, by="Sam", now=NOW)
        till.settle([refund])
    till.settle(owed(outcome))
    return outcome


def paid(till: Till, number: str) -> int:
    return sum(row.amount for row in till.booked(number))


def findings(till: Till) -> list[str]:
    """What does not agree; the provider knows nothing of refunds that the shop's tables brought along."""
    with till.store.read() as tx:
        return [str(one) for one in reconcile(tx)]


def stock(till: Till, product_id: str) -> dict[str, int]:
    with till.store.read() as tx:
        (product,) = [one for one in tx.products.all() if one.product_id == product_id]
    return {variant.name: variant.stock for variant in product.variants}


def mails(till: Till, number: str) -> list[str]:
    with till.store.read() as tx:
        customer = tx.customers.get(order_of(till, number).customer_id)
        assert customer is not None
        return [mail.body for mail in tx.outbox.of(customer.email)]


@pytest.mark.parametrize(("number", "reason", "ways"), WISHES)
def test_what_was_offered_is_paid(till: Till, number: str, reason: str, ways: Any) -> None:
    offers = [ask(till, number, *items, reason=reason) for items in ways]
    rows = [row for offer in offers for row in offer.facts["returns"]]
    offered = sum(offer.facts["amount"].amount for offer in offers)
    assert sum(row.promised for row in rows) == offered
    for row in reversed(rows):
        assert order_of(till, number).status == "delivered"
        assert arrive(till, row.return_id).code == "receipt_paid_back"
    assert (paid(till, number), order_of(till, number).status) == (offered, "returned")
    assert {row.key for row in till.booked(number)} == {f"return:{row.return_id}" for row in rows}
    assert findings(till) == []


def test_received_twice_is_received_once(till: Till) -> None:
    (row,) = ask(till, TWO_PIECES).facts["returns"]
    first, shelf = arrive(till, row.return_id), stock(till, "P107")
    again = arrive(till, row.return_id)
    assert (again.code, owed(again)) == ("receipt_already", [])
    assert again.facts["refund"].refund_id == first.facts["refund"].refund_id
    assert (stock(till, "P107"), len(till.booked(TWO_PIECES))) == (shelf, 1)


def test_outward_shipping_comes_with_the_last_damaged_part(till: Till) -> None:
    with till.store.write() as tx:
        order = tx.orders.get(TWO_LINES)
        assert order is not None
        tx.orders.put([replace(order, shipping_fee=500, total=12900, paid=12900)])
    first = ask(till, TWO_LINES, Item(1), reason="damaged")
    assert first.facts["shipping_refunded"] is None
    arrive(till, first.facts["returns"][0].return_id)
    last = ask(till, TWO_LINES, reason="damaged")
    assert (last.facts["amount"].amount, last.facts["shipping_refunded"].amount) == (10400, 500)
    arrive(till, last.facts["returns"][0].return_id)
    assert paid(till, TWO_LINES) == 12900 and findings(till) == []


@pytest.mark.parametrize(("reason", "back"), [("unwanted", 2), ("damaged", 0), ("wrong", 0)])
def test_only_what_was_not_wanted_goes_back_on_the_shelf(till: Till, reason: str, back: int) -> None:
    before = stock(till, "P107")
    (row,) = ask(till, TWO_PIECES, reason=reason).facts["returns"]
    outcome = arrive(till, row.return_id)
    assert stock(till, "P107") == {**before, "white": before["white"] + back}
    assert outcome.facts["restocked"] == bool(back)


def test_an_exchange_ends_with_the_old_piece_on_the_shelf(till: Till) -> None:
    number, before = "KF10000021", stock(till, "P106")
    (row,) = ask(till, number, kind="exchange").facts["returns"]
    outcome = arrive(till, row.return_id)
    assert outcome.code == "receipt_exchange"
    assert stock(till, "P106") == {
        **before, "blue": before["blue"] + 1, row.new_variant: before[row.new_variant] - 1,
    }  # fmt: skip
    line = order_of(till, number).lines[0]
    assert (line.variant, line.exchanged, till.refunds(number)) == (row.new_variant, True, [])
    assert "寄出" in mails(till, number)[0]
    arrive(till, ask(till, number).facts["returns"][0].return_id)  # and that one may still come back
    assert stock(till, "P106") == {**before, "blue": before["blue"] + 1}


def test_the_kill_switch_makes_it_wait(till: Till) -> None:
    (row,) = ask(till, TWO_PIECES).facts["returns"]
    with till.store.write() as tx:
        killswitch.stop(tx, by="Sam", reason="test", now=NOW)
        outcome = receive(tx, row.return_id, by="Wei", now=NOW)
        (ticket,) = tx.tickets.of_order(TWO_PIECES)
    assert (outcome.facts["waits"], outcome.facts["refund"].state, owed(outcome)) == (True, "requested", [])
    assert outcome.facts["ticket_id"] == ticket.ticket_id
    assert "colleague still looks" in mails(till, TWO_PIECES)[0]


def test_a_line_with_an_open_refund_waits_and_nothing_is_changed(till: Till) -> None:
    till.provider.tell("accept")
    first, second = (ask(till, TWO_PIECES, Item(1, 1)).facts["returns"][0] for _ in range(2))
    refund, shelf = arrive(till, first.return_id).facts["refund"], stock(till, "P107")
    outcome = arrive(till, second.return_id)
    assert (outcome.code, outcome.facts["refund"].refund_id) == ("receipt_underway", refund.refund_id)
    assert stock(till, "P107") == shelf and len(till.refunds(TWO_PIECES)) == 1
    with till.store.write() as tx:
        tx.refunds.set_state(refund.refund_id, "succeeded", settled_at=NOW)
    assert arrive(till, second.return_id).code == "receipt_paid_back"
    assert order_of(till, TWO_PIECES).status == "returned"


def test_a_rejected_return_is_told_and_never_paid(till: Till) -> None:
    number = "KF10000010"
    wish = Operation("return", number, reason="unwanted")
    with till.store.write() as tx:
        owner = Identity("s", order_of(till, number).customer_id)
        (row,) = perform(tx, owner, wish, now=NOW, key="k").facts["returns"]
    for by in ("C1002", " bob smith ", ""):
        with pytest.raises(KefuError), till.store.write() as tx:
            approve_return(tx, row.return_id, by=by, now=NOW)
    with pytest.raises(KefuError, match="only what is approved"), till.store.write() as tx:
        receive(tx, row.return_id, by="Wei", now=NOW)
    with till.store.write() as tx:
        reject_return(tx, row.return_id, by="Sam", reason="used", now=NOW)
        assert [ticket.state for ticket in tx.tickets.of_order(number)] == ["closed"]
    assert "not approved" in mails(till, number)[0] and till.refunds(number) == []


def test_a_promise_cannot_be_changed(till: Till) -> None:
    (row,) = ask(till, TWO_PIECES).facts["returns"]
    with pytest.raises(StoreError), till.store.write() as tx:
        tx.returns.put([replace(row, promised=1)])


def test_a_return_without_a_written_promise_is_worth_what_it_cost(till: Till) -> None:
    """One that was agreed before promises were kept."""
    with till.store.write() as tx:
        tx.returns.put([goods_return(f"RT{number}", state="approved") for number in (1, 2)])
    for return_id in ("RT2", "RT1"):
        arrive(till, return_id)
    assert [row.amount for row in till.refunds(TWO_PIECES)] == [4500, 4500]


def test_a_membership_ends_with_the_approval_of_its_refund(till: Till) -> None:
    number = "KF10000017"
    with till.store.write() as tx:
        killswitch.stop(tx, by="Sam", reason="test", now=NOW)
        outcome = perform(tx, Identity("s", "C1006"), Operation("refund", number), now=NOW, key="k")
        refund = outcome.facts["refund"]
    assert (outcome.code, order_of(till, number).status) == ("done_refund_waiting", "active")
    with till.store.write() as tx:
        till_paid = approve(tx, refund.refund_id, by="Sam", now=NOW)
    till.settle([till_paid])
    order = order_of(till, number)
    assert (order.status, order.renews, order.ended_at) == ("ended", False, NOW)
    assert findings(till) == []
