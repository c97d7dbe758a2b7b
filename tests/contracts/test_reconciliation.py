"""Refunds, audit, orders and the provider's books: they agree, and where they do not it is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from kefu.shop.identity import Identity
from kefu.shop.operation import Item, Operation
from kefu.shop.operations import perform
from kefu.shop.payments import Booking
from kefu.shop.reconciliation import ACCOUNT_CHECKS, CHECKS, Finding, reconcile
from kefu.store import Store
from kefu.store.seed import seed
from tests.support.databases import NOW, SHOP
from tests.support.rows import goods_return, refund
from tests.support.tamper import unguarded

WISHES = (
    Operation("cancel", "KF10000001"),
    Operation("cancel", "KF10000014"),
    Operation("cancel", "KF10000015"),
    Operation("cancel", "KF10000018", (Item(1),)),
    Operation("return", "KF10000019", (Item(1, 1),), reason="unwanted"),
    Operation("refund", "KF10000017"),
    Operation("refund", "KF10000005"),
    Operation("exchange", "KF10000021"),
)


@dataclass(frozen=True)
class Entry(Booking):
    """A line of a provider's books, most of it as a refund of the tests has it."""

    order_number: str = "KF10000003"
    amount: int = 1000
    currency: str = "USD"
    state: str = "paid"


def do(store: Store, wish: Operation) -> str:
    with store.write() as tx:
        order = tx.orders.get(wish.order_number)
        assert order is not None
        owner = Identity("s", customer_id=order.customer_id)
        return perform(tx, owner, wish, now=NOW, key=f"{wish.kind}-{wish.order_number}").kind


def found(store: Store, entries: Any = None) -> list[Finding]:
    with store.read() as tx:
        return list(reconcile(tx, entries))


def test_a_shop_and_what_is_done_in_it_agree(store: Store) -> None:
    assert found(store) == []
    assert {do(store, wish) for wish in WISHES} == {"done"}
    assert found(store) == []


def test_loading_again_and_afresh_agrees_too(store: Store) -> None:
    for fresh in (False, True, False):
        assert do(store, WISHES[0]) == "done"
        seed(store, SHOP, now=NOW, fresh=fresh)
        assert found(store) == []


BROKEN = {
    "UPDATE refunds SET amount = 4999 WHERE refund_id = 'RF-KF10000008'": (
        "refunds_in_audit",
        "RF-KF10000008",
    ),
    "UPDATE refunds SET state = 'succeeded' WHERE refund_id = 'RF-KF10000008'": (
        "refunds_in_audit",
        "RF-KF10000008",
    ),
    "UPDATE refunds SET line = 7 WHERE refund_id = 'RF-KF10000009'": ("refunds_of_lines", "RF-KF10000009"),
    "DELETE FROM refunds WHERE refund_id = 'RF-KF10000009'": ("audit_in_refunds", "RF-KF10000009"),
    "DELETE FROM audit WHERE subject = 'RF-KF10000009'": ("refunds_in_audit", "RF-KF10000009"),
    "UPDATE orders SET paid = 100 WHERE order_number = 'KF10000009'": ("within_paid", "KF10000009"),
    "UPDATE refunds SET currency = 'EUR' WHERE refund_id = 'RF-KF10000009'": ("within_paid", "KF10000009"),
    "UPDATE orders SET paid = 1 WHERE order_number = 'KF10000014'": ("unpaid_is_unpaid", "KF10000014"),
    "UPDATE refunds SET state = 'rejected' WHERE refund_id = 'RF-KF10000009'": (
        "cancelled_is_refunded",
        "KF10000009",
    ),
    "UPDATE orders SET status = 'cancelled' WHERE order_number = 'KF10000001'": (
        "cancelled_is_refunded",
        "KF10000001",
    ),
    "UPDATE orders SET status = 'returned' WHERE order_number = 'KF10000003'": (
        "returned_came_back",
        "KF10000003",
    ),
    "UPDATE refunds SET state = 'failed' WHERE refund_id = 'RF-KF10000008'": (
        "received_is_refunded",
        "KF10000008",
    ),
    "UPDATE order_lines SET cancelled = quantity WHERE order_number = 'KF10000003'": (
        "cancelled_is_whole",
        "KF10000003",
    ),
}


@pytest.mark.parametrize("statement", BROKEN)
def test_what_was_broken_is_found(store: Store, statement: str) -> None:
    with unguarded(store) as tx:
        tx.execute(statement)
        findings = list(reconcile(tx))
    check, subject = BROKEN[statement]
    assert (check, subject) in {(finding.check, finding.subject) for finding in findings}
    order = subject.removeprefix("RF-")
    assert all(order in finding.subject for finding in findings)


def test_every_check_can_find_something() -> None:
    assert {check for check, _ in BROKEN.values()} | {"refunded_membership_ended"} == {
        *CHECKS,
        *ACCOUNT_CHECKS,
    }


def test_goods_of_a_cancelled_order_do_not_travel(store: Store) -> None:
    with unguarded(store) as tx:
        tx.refunds.add(refund(line=None, amount=9000, order_number="KF10000019"))
        tx.returns.add(goods_return())
        tx.execute("UPDATE orders SET status = 'cancelled' WHERE order_number = 'KF10000019'")
        (finding,) = reconcile(tx)
    assert (finding.check, finding.subject) == ("cancelled_is_whole", "KF10000019")


def test_a_refunded_membership_that_runs_on_is_found(store: Store) -> None:
    assert do(store, Operation("refund", "KF10000017")) == "done"
    with unguarded(store) as tx:
        tx.execute("UPDATE orders SET status = 'active' WHERE order_number = 'KF10000017'")
        (finding,) = reconcile(tx)
    assert (finding.check, finding.subject) == ("refunded_membership_ended", "KF10000017")


# -- the provider's books ---------------------------------------------------------------


def refunded(store: Store, *states: str) -> None:
    with store.write() as tx:
        tx.refunds.add(refund("k", state="approved"))
        for state in states:
            tx.refunds.set_state("RF-k", state)


def test_the_providers_books_agree(store: Store) -> None:
    refunded(store, "submitted")
    for state in ("accepted", "paid", "refused"):
        assert found(store, [Entry("k", state=state)]) == []
    assert found(store, []) == []  # not asked yet
    with store.write() as tx:
        tx.refunds.set_state("RF-k", "succeeded")
    assert found(store, [Entry("k")]) == []


@pytest.mark.parametrize(
    ("states", "entries", "words"),
    [
        (("submitted", "succeeded"), [], "do not have it"),
        (("submitted", "succeeded"), [Entry("k", state="refused")], "books say refused"),
        (("submitted", "failed"), [Entry("k")], "books say paid"),
        ((), [Entry("k")], "the refund is approved"),
        (("submitted",), [Entry("k", amount=1001)], "1001"),
        (("submitted",), [Entry("k", currency="EUR")], "EUR"),
        (("submitted",), [Entry("k", order_number="KF10000001")], "KF10000001"),
        (("submitted",), [Entry("k", state="lost")], "lost"),
        (("submitted",), [Entry("k"), Entry("another")], "no such refund"),
    ],
)
def test_where_the_provider_says_otherwise_it_is_found(
    store: Store, states: tuple[str, ...], entries: list[Entry], words: str
) -> None:
    refunded(store, *states)
    (finding,) = found(store, entries)
    assert finding.check == "provider" and words in finding.problem
    assert finding.subject == ("another" if "no such" in words else "RF-k")
