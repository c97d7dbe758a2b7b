"""Forty at once: one refund, one payment, and limits that hold over all orders of a customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from kefu.errors import DuplicateKey, StoreError
from kefu.shop import killswitch
from kefu.shop.identity import Identity
from kefu.shop.operation import Item, Operation
from kefu.shop.operations import perform
from kefu.shop.receipt import receive
from kefu.shop.settlement import owed, reconcile
from kefu.store import Store
from kefu.store.records import Order
from tests.support.databases import NOW
from tests.support.payments import Till

MANY = 40
ALICE = Identity("alice", "C1001")
ORDER = "KF10000001"


@pytest.fixture
def url(databases: Any) -> str:
    found: str = databases.shop()
    return found


@pytest.fixture
def till(url: str, tmp_path: Path) -> Iterator[Till]:
    store = Store.open(url, clock=lambda: NOW)
    yield Till.open(store, tmp_path, now=NOW)
    store.close()


def at_once(till: Till, url: str, act: Callable[[Till, int], Any]) -> list[Any]:
    """What MANY threads got, each with connections of its own: a value or the error."""
    barrier = Barrier(MANY)

    def run(number: int) -> Any:
        with closing(Store.open(url, clock=lambda: NOW)) as store:
            barrier.wait()
            return patiently(act, replace(till, store=store), number)

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(run, range(MANY)))


def patiently(act: Callable[[Till, int], Any], till: Till, number: int) -> Any:
    """Try again while SQLite's one writer is somebody else for too long, as it is on a busy machine."""
    while True:
        try:
            return act(till, number)
        except DuplicateKey as error:
            return error
        except StoreError as error:
            if "database is locked" not in str(error):
                raise


def test_forty_duplicates_are_one_refund_and_one_payment(till: Till, url: str) -> None:
    nonce = till.ask(ALICE, "cancel", ORDER)
    outcomes = at_once(till, url, lambda till, _: till.yes(ALICE, nonce))
    (refund,) = till.refunds(ORDER)
    assert (refund.key, refund.state, len(till.booked(ORDER))) == (nonce, "succeeded", 1)
    assert Counter("replayed" in outcome.facts for outcome in outcomes) == {False: 1, True: MANY - 1}
    assert {(o.code, o.facts["refund"].refund_id) for o in outcomes} == {("done_cancel", refund.refund_id)}


def test_forty_keys_for_one_order_are_one_refund_and_one_payment(till: Till, url: str) -> None:
    def cancel(till: Till, number: int) -> str:
        with till.store.write() as tx:
            outcome = perform(tx, ALICE, Operation("cancel", ORDER), now=NOW, key=f"key-{number}")
        till.settle(owed(outcome))
        return outcome.code

    codes = at_once(till, url, cancel)
    assert Counter(codes) == {"done_cancel": 1, "refused_cancel_already": MANY - 1}
    assert [row.state for row in till.refunds(ORDER)] == ["succeeded"]
    assert len(till.booked(ORDER)) == 1


def test_forty_orders_of_one_customer_stay_within_the_limit(till: Till, url: str) -> None:
    with till.store.write() as tx:
        model = tx.orders.get(ORDER)
        assert model is not None
        tx.orders.put([copy(model, number) for number in range(MANY)])

    def cancel(till: Till, number: int) -> str:
        wish = Operation("cancel", f"KF2000{number:04}")
        with till.store.write() as tx:
            outcome = perform(tx, ALICE, wish, now=NOW, key=f"key-{number}")
        till.settle(owed(outcome))
        return outcome.code

    assert Counter(at_once(till, url, cancel)) == {"done_cancel": 3, "done_cancel_waiting": MANY - 3}
    assert len(till.ledger.rows()) == 3
    with till.store.read() as tx:
        assert tx.refunds.automatic_of_customer("C1001", NOW - timedelta(days=30)) == 3
        assert len(tx.refunds.in_state("requested")) == MANY - 3


def copy(order: Order, number: int) -> Order:
    """The same order under another number."""
    name = f"KF2000{number:04}"
    return replace(
        order, order_number=name, lines=tuple(replace(line, order_number=name) for line in order.lines)
    )


def test_one_key_for_two_different_things_is_an_error_for_one_of_them(till: Till, url: str) -> None:
    wishes = (Operation("cancel", ORDER), Operation("refund", "KF10000005"))

    def act(till: Till, number: int) -> str:
        with till.store.write() as tx:
            return perform(tx, ALICE, wishes[number % 2], now=NOW, key="same").code

    results = at_once(till, url, act)
    assert Counter(isinstance(result, DuplicateKey) for result in results) == {False: 20, True: 20}
    assert len(till.refunds(ORDER) + till.refunds("KF10000005")) == 1


def test_goods_that_forty_receive_are_paid_once(till: Till, url: str) -> None:
    with till.store.write() as tx:
        wish = Operation("return", "KF10000003", reason="unwanted")
        (row,) = perform(tx, ALICE, wish, now=NOW, key="k").facts["returns"]

    def arrive(till: Till, number: int) -> str:
        with till.store.write() as tx:
            outcome = receive(tx, row.return_id, by="Wei", now=NOW)
        till.settle(owed(outcome))
        return outcome.code

    codes = Counter(at_once(till, url, arrive))
    assert codes == {"receipt_paid_back": 1, "receipt_already": MANY - 1}
    assert [row.state for row in till.refunds("KF10000003")] == ["succeeded"]
    assert len(till.booked("KF10000003")) == 1


def test_forty_reconcilers_pay_once(till: Till, url: str) -> None:
    till.provider.tell("timeout_before")
    till.yes(ALICE, till.ask(ALICE, "cancel", ORDER))
    till.provider.tell("pay")
    at_once(till, url, lambda till, _: reconcile(till.store, till.provider, now=NOW))
    assert [row.state for row in till.refunds(ORDER)] == ["succeeded"]
    assert len(till.booked(ORDER)) == 1


def test_after_the_stop_no_automatic_refund_is_committed(till: Till, url: str) -> None:
    """Half of the threads stop refunds, half cancel: what waits for nobody was committed before a stop."""
    with till.store.write() as tx:
        model = tx.orders.get(ORDER)
        assert model is not None
        tx.orders.put([copy(model, number) for number in range(MANY)])

    def act(till: Till, number: int) -> int:
        if number == 0:
            with till.store.write() as tx:
                killswitch.stop(tx, by="Sam", reason="test", now=NOW)
            with till.store.read() as tx:
                return tx.refunds.automatic_of_customer("C1001", NOW - timedelta(days=30))
        with till.store.write() as tx:
            wish = Operation("cancel", f"KF2000{number:04}")
            perform(tx, ALICE, wish, now=NOW, key=f"key-{number}")
        return -1

    seen = max(at_once(till, url, act))
    with till.store.read() as tx:
        assert tx.refunds.automatic_of_customer("C1001", NOW - timedelta(days=30)) == seen


def test_a_second_piece_waits_until_the_first_refund_is_over(till: Till) -> None:
    """At most one open refund for an order line: told to the customer, held by the database."""
    till.provider.tell("accept")
    owner = Identity("s", "C1009")
    with till.store.write() as tx:
        order = tx.orders.get("KF10000027")
        assert order is not None
        line = replace(order.lines[0], quantity=3)
        paid = {"subtotal": 7500, "total": 7500, "paid": 7500}
        tx.orders.put([replace(order, lines=(line,), **paid)])

    def piece(key: str) -> str:
        with till.store.write() as tx:
            wish = Operation("cancel", "KF10000027", items=(Item(1, 1),))
            outcome = perform(tx, owner, wish, now=NOW, key=key)
        till.settle(owed(outcome))
        return outcome.code

    assert [piece("a"), piece("b")] == ["done_cancel_line", "refused_return_already"]
    with till.store.write() as tx:
        tx.refunds.set_state(till.refunds("KF10000027")[0].refund_id, "succeeded", settled_at=NOW)
    assert piece("b") == "done_cancel_line"
