"""What the database itself refuses, even from code that forgot to ask, and from two at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from kefu.errors import DuplicateKey, StoreError
from kefu.store import Store, Transaction, schema
from tests.support.drivers import BLOCKING
from tests.support.rows import confirmation, goods_return, refund

ORDER_STATES = (
    "pending_payment", "processing", "shipped", "delivered", "returned", "cancelled", "completed",
    "active", "ended",
)  # fmt: skip
ORDER_MOVES = {
    ("pending_payment", "processing"), ("pending_payment", "cancelled"), ("pending_payment", "completed"),
    ("pending_payment", "active"), ("processing", "shipped"), ("processing", "cancelled"),
    ("shipped", "delivered"), ("delivered", "returned"), ("active", "ended"),
}  # fmt: skip
RETURN_STATES = ("requested", "approved", "rejected", "in_transit", "received")
RETURN_MOVES = {
    ("requested", "approved"), ("requested", "rejected"), ("approved", "in_transit"),
    ("in_transit", "received"),
}  # fmt: skip
REFUND_STATES = ("requested", "approved", "rejected", "submitted", "succeeded", "failed")
REFUND_MOVES = {
    ("requested", "approved"), ("requested", "rejected"), ("approved", "submitted"),
    ("submitted", "succeeded"), ("submitted", "failed"),
}  # fmt: skip


def accepted(store: Store, start: Callable[[Transaction, str], None], states: Any, move: Any) -> set[Any]:
    """Which (from, to) pairs a store lets pass; ``start`` brings the row into its first state."""
    found = set()
    for here in states:
        for to in states:
            try:
                with store.write() as tx:
                    start(tx, here)
                    move(tx, to)
                    found.add((here, to))
                    raise InterruptedError  # undo: the next pair starts afresh
            except (StoreError, InterruptedError):
                pass
    return found


def test_orders_move_only_along_their_way(store: Store) -> None:
    samples: dict[str, str] = {"completed": "KF10000005", "ended": "KF10000011"}
    with store.read() as tx:
        for customer in ("C1001", "C1002", "C1003", "C1004"):
            for order in tx.orders.of_customer(customer):
                samples.setdefault(order.status, order.order_number)
    here = {"number": ""}

    def start(tx: Transaction, state: str) -> None:
        here["number"] = samples[state]
        if state == "ended":
            tx.orders.set_status(samples[state], "ended")

    moves = accepted(store, start, ORDER_STATES, lambda tx, to: tx.orders.set_status(here["number"], to))
    assert moves == ORDER_MOVES


def test_returns_move_only_along_their_way(store: Store) -> None:
    moves = accepted(
        store,
        lambda tx, state: tx.returns.add(goods_return(state=state)),
        RETURN_STATES,
        lambda tx, to: tx.returns.set_state("RT1", to),
    )
    assert moves == RETURN_MOVES


def test_refunds_move_only_along_their_way(store: Store) -> None:
    moves = accepted(
        store,
        lambda tx, state: tx.refunds.add(refund(state=state)),
        REFUND_STATES,
        lambda tx, to: tx.refunds.set_state("RF-k1", to, decided_by="Sam"),
    )
    assert moves == REFUND_MOVES


def test_an_illegal_move_says_where_the_row_stands(store: Store) -> None:
    with store.write() as tx, pytest.raises(StoreError, match="KF10000002 is 'shipped'.*'cancelled'"):
        tx.orders.set_status("KF10000002", "cancelled")


def test_a_refund_key_is_recorded_once(store: Store) -> None:
    with store.write() as tx:
        tx.refunds.add(refund("once"))
        with pytest.raises(DuplicateKey):
            tx.refunds.add(refund("once", refund_id="RF-2", line=2))
        assert tx.refunds.sum_of_order("KF10000003") == 1000


def test_refunds_never_exceed_what_was_paid(store: Store) -> None:
    with store.write() as tx:
        tx.refunds.add(refund("a", amount=14900, state="submitted"))
        with pytest.raises(StoreError, match="refunds_within_paid"):
            tx.refunds.add(refund("b", amount=1, line=2))
        tx.refunds.set_state("RF-a", "failed")
        tx.refunds.add(refund("c", amount=14900))
        with pytest.raises(StoreError):
            tx.refunds.add(refund("d", order_number="KF10000014", amount=1))  # nothing was paid
    with store.read() as tx:
        assert tx.refunds.sum_of_order("KF10000003") == 14900


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_is_of_something(store: Store, amount: int) -> None:
    with store.write() as tx, pytest.raises(StoreError):
        tx.refunds.add(refund(amount=amount))


def test_a_refund_is_in_the_orders_currency(store: Store) -> None:
    with store.write() as tx, pytest.raises(StoreError, match="currency"):
        tx.refunds.add(refund(currency="EUR"))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("refunds", {"amount": 1}),
        ("refunds", {"order_number": "KF10000010"}),
        ("refunds", {"key": "another"}),
        ("returns", {"quantity": 2}),
        ("confirmations", {"content_hash": "another"}),
        ("confirmations", {"operation": {"kind": "return"}}),
    ],
)
def test_what_was_agreed_stays_as_it_was(store: Store, table: str, change: dict[str, Any]) -> None:
    with store.write() as tx:
        tx.refunds.add(refund())
        tx.returns.add(goods_return())
        tx.confirmations.add(confirmation())
        with pytest.raises(StoreError, match="fixed"):
            tx._try(sa.update(schema.metadata.tables[table]).values(change))


def test_no_more_pieces_go_back_than_the_line_has(store: Store) -> None:
    with store.write() as tx:
        tx.returns.add(goods_return("A"))
        with pytest.raises(StoreError, match="returns_within_line"):
            tx.returns.add(goods_return("B", quantity=2))
        tx.returns.add(goods_return("C"))
        assert tx.returns.open_pieces("KF10000019", 1) == 2
        tx.returns.set_state("A", "rejected")
        assert tx.returns.open_pieces("KF10000019", 1) == 1
        tx.returns.add(goods_return("D", kind="exchange", state="in_transit"))
        tx.returns.set_state("D", "received")  # the customer holds the new piece
        assert tx.returns.open_pieces("KF10000019", 1) == 1
        assert [row.return_id for row in tx.returns.of_order("KF10000019")] == ["A", "C", "D"]
        assert tx.returns.get("C") == goods_return("C")


def test_cancelled_pieces_cannot_go_back(store: Store) -> None:
    with store.write() as tx:
        tx.orders.cancel_line("KF10000019", 1, 1)
        with pytest.raises(StoreError, match="returns_within_line"):
            tx.returns.add(goods_return(quantity=2))
        with pytest.raises(StoreError):
            tx.orders.cancel_line("KF10000019", 1, 2)
        with pytest.raises(StoreError):
            tx.orders.cancel_line("KF10000019", 1, -1)


def test_a_line_is_exchanged_once(store: Store) -> None:
    with store.write() as tx:
        tx.orders.mark_exchanged("KF10000021", 1)
        with pytest.raises(StoreError, match="exchanged before"):
            tx.orders.mark_exchanged("KF10000021", 1)


def test_a_used_confirmation_never_opens_again(store: Store) -> None:
    with store.write() as tx:
        tx.confirmations.add(confirmation())
        assert tx.confirmations.use("n1")
        for state in ("open", "used", "void"):
            with pytest.raises(StoreError):
                tx._try(sa.update(schema.confirmations).values(state=state))


def test_a_session_cannot_have_two_open_confirmations(store: Store) -> None:
    values = {c.name: getattr(confirmation("n2"), c.name) for c in schema.confirmations.columns}
    with store.write() as tx:
        tx.confirmations.add(confirmation("n1"))
        with pytest.raises(DuplicateKey):
            tx._try(sa.insert(schema.confirmations).values(values))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("products", "stock", -1), ("variants", "stock", -1), ("products", "kind", "animal"),
        ("orders", "paid", -1), ("orders", "paid", 10**9), ("order_lines", "quantity", 0),
        ("entitlements", "progress_percent", 101), ("coupons", "value", 0), ("refunds", "state", "lost"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(store: Store, table: str, column: str, value: Any) -> None:
    with store.write() as tx, pytest.raises(StoreError):
        tx._try(sa.update(schema.metadata.tables[table]).values({column: value}))


# -- two at once ------------------------------------------------------------------------


def at_once(store: Store, act: Callable[[Transaction, int], Any], *, threads: int = 6) -> list[Any]:
    """What each of several simultaneous write transactions got: a value or a StoreError."""
    barrier = Barrier(threads)

    def run(number: int) -> Any:
        barrier.wait()
        try:
            with store.write() as tx:
                return act(tx, number)
        except StoreError as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


@BLOCKING
def test_simultaneous_refunds_stay_within_what_was_paid(store: Store) -> None:
    at_once(store, lambda tx, n: tx.refunds.add(refund(f"k{n}", amount=6000, line=n)))
    with store.read() as tx:
        assert tx.refunds.sum_of_order("KF10000003") == 12000


@BLOCKING
def test_simultaneous_refunds_under_one_key_are_one(store: Store) -> None:
    results = at_once(store, lambda tx, n: tx.refunds.add(refund("same", refund_id=f"RF-{n}", line=n)))
    assert sum(isinstance(result, DuplicateKey) for result in results) == 5
    with store.read() as tx:
        assert len(tx.refunds.of_order("KF10000003")) == 1


@BLOCKING
def test_simultaneous_returns_stay_within_the_line(store: Store) -> None:
    at_once(store, lambda tx, n: tx.returns.add(goods_return(f"RT{n}")))
    with store.read() as tx:
        assert tx.returns.open_pieces("KF10000019", 1) == 2


@BLOCKING
def test_one_of_many_uses_a_confirmation(store: Store) -> None:
    with store.write() as tx:
        tx.confirmations.add(confirmation())
    assert sorted(at_once(store, lambda tx, n: tx.confirmations.use("n1"))) == [False] * 5 + [True]


@BLOCKING
def test_the_last_piece_is_sold_once(store: Store) -> None:
    with store.write() as tx:
        tx.products.take_stock("P108", "black", 11)
    assert sum(at_once(store, lambda tx, n: tx.products.take_stock("P108", "black", 1))) == 1


@BLOCKING
def test_one_of_many_cancels_an_order(store: Store) -> None:
    def cancel(tx: Transaction, number: int) -> bool:
        order = tx.orders.lock("KF10000001")
        if order is None or order.status != "processing":
            return False
        tx.orders.set_status("KF10000001", "cancelled")
        return True

    assert sorted(at_once(store, cancel)) == [False] * 5 + [True]


@BLOCKING
def test_locking_an_order_makes_a_customers_refunds_wait_for_each_other(store: Store) -> None:
    numbers = ("KF10000003", "KF10000004", "KF10000002", "KF10000001", "KF10000005", "KF10000006")

    def refund_up_to_two(tx: Transaction, number: int) -> None:
        tx.orders.lock(numbers[number])
        before = tx.refunds.automatic_of_customer("C1001", refund().created_at.replace(year=2000))
        order = tx.orders.get(numbers[number])
        paid = {"order_number": numbers[number], "method": order.payment_method if order else ""}
        tx.refunds.add(refund(f"k{number}", automatic=before < 2, **paid))

    at_once(store, refund_up_to_two)
    with store.read() as tx:
        rows = [row for number in numbers for row in tx.refunds.of_order(number)]
    assert len(rows) == 6 and sum(row.automatic for row in rows) == 2
