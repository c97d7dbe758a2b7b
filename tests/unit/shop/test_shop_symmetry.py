"""However an order is taken apart, the parts come to the whole: to the cent, and to the piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kefu.shop.coupons import split_discount
from kefu.shop.money import Money, part, split
from kefu.shop.operation import Item, Operation
from kefu.shop.operations import perform
from kefu.shop.outcome import Outcome
from kefu.shop.policy import Policy
from kefu.shop.receipt import receive
from kefu.shop.settlement import owed, settle
from kefu.store import Store
from kefu.store.records import Order, Refund
from tests.support.money.provider import MoodyProvider
from tests.support.money.shop import COUPON, SESSIONS, START, Databases, clauses, sqlite_shop

ANN = SESSIONS["ann"]
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
# a line's pieces in steps, lines mixed: (line, pieces) in any order
Steps = list[tuple[int, int]]


@st.composite
def steps(draw: st.DrawFn, *pieces: int) -> Steps:
    """All pieces of lines 1, 2, …, cut into steps and shuffled."""
    cut: Steps = []
    for line, count in enumerate(pieces, 1):
        while count:
            taken = draw(st.integers(1, count))
            cut.append((line, taken))
            count -= taken
    return draw(st.permutations(cut))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with sqlite_shop(tmp_path_factory.mktemp("symmetry")) as databases:
        yield databases


def do(store: Store, kind: str, number: str, key: str, items: tuple[Item, ...]) -> Outcome:
    """Do it, and have it paid at once."""
    wish = Operation(kind, number, items=items, reason="unwanted")
    with store.write() as tx:
        outcome = perform(tx, ANN, wish, now=START, key=key)
    assert outcome.kind == "done", outcome
    paid(owed(outcome), store)
    return outcome


def paid(refunds: list[Refund], store: Store) -> None:
    """Have them paid at once."""
    provider = MoodyProvider(lambda: START)
    provider.mood = "pays"
    for refund in refunds:
        assert settle(store, provider, refund.refund_id, now=START, seconds=0).state == "succeeded"


def priced(store: Store, number: str, price: int, *, shipping: int, discount: int = 0) -> Order:
    """The order again with another price on its first line."""
    with store.write() as tx:
        before = tx.orders.get(number)
        assert before is not None
        first, *others = before.lines
        lines = (replace(first, unit_price=price), *others)
        subtotal = sum(line.unit_price * line.quantity for line in lines)
        total = subtotal + shipping - discount
        coupon = COUPON.code if discount else None
        order = replace(before, lines=lines, subtotal=subtotal, shipping_fee=shipping, discount=discount,
                        total=total, paid=total, coupon=coupon)  # fmt: skip
        tx.policy.replace_all([
            replace(one, params={**one.params, "amount": "100000.00", "count": "99"})
            if one.clause.startswith("limit") else one
            for one in clauses()
        ])  # fmt: skip
        tx.orders.put([order])
    return order


@few
@given(way=steps(3, 1), price=st.integers(1, 9_999), discount=st.integers(0, 400))
def test_cancelling_piece_by_piece_is_cancelling_the_whole(
    shop: Databases, way: Steps, price: int, discount: int
) -> None:
    store = shop.fresh()
    order = priced(store, "N1", price, shipping=500, discount=min(discount, price))
    whole = do(store, "cancel", "N1", "whole", ())
    with store.read() as tx:
        stock = [(one.product_id, one.variants) for one in tx.products.all()]
    assert whole.facts["amount"] == Money(order.paid, "USD")

    store = shop.fresh()
    priced(store, "N1", price, shipping=500, discount=min(discount, price))
    parts = [
        do(store, "cancel", "N1", f"k{at}", (Item(line, pieces),)).facts["amount"].amount
        for at, (line, pieces) in enumerate(way)
    ]
    with store.read() as tx:
        after = tx.orders.get("N1")
        assert tx.refunds.sum_of_order("N1") == sum(parts) == order.paid
        assert after is not None and after.status == "cancelled"
        assert stock == [(one.product_id, one.variants) for one in tx.products.all()]


@few
@given(way=steps(3, 1), price=st.integers(1, 9_999), discount=st.integers(0, 400), shipping=st.booleans())
@example(way=[(2, 1), (1, 1), (1, 1), (1, 1)], price=35, discount=35, shipping=False)  # 35, 34, 35 cents
def test_goods_sent_back_piece_by_piece_are_worth_what_they_cost(
    shop: Databases, way: Steps, price: int, discount: int, shipping: bool
) -> None:
    store = shop.fresh()
    order = priced(store, "N1", price, shipping=500 if shipping else 0, discount=min(discount, price))
    with store.write() as tx:
        for status in ("shipped", "delivered"):
            tx.orders.set_status("N1", status)
    parts = [
        do(store, "return", "N1", f"k{at}", (Item(line, pieces),)).facts["amount"].amount
        for at, (line, pieces) in enumerate(way)
    ]
    assert sum(parts) == order.subtotal - order.discount
    with store.read() as tx:
        rows = tx.returns.of_order("N1")
    for row in reversed(rows) if shipping else rows:
        come(store, row.return_id)
    with store.read() as tx:
        refunds, after = tx.refunds.of_order("N1"), tx.orders.get("N1")
    assert sorted(refund.amount for refund in refunds) == sorted(part for part in parts if part)
    assert after is not None and after.status == "returned"


def come(store: Store, return_id: str) -> None:
    """The goods arrive and are paid for."""
    with store.write() as tx:
        outcome = receive(tx, return_id, by="Wei", now=START)
    assert outcome.code == "receipt_paid_back"
    paid(owed(outcome), store)


@given(st.integers(0, 10**9), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_pieces_after_each_other_are_pieces_together(amount: int, before: int, one: int, two: int) -> None:
    of = before + one + two + 1
    apart = part(amount, pieces=one, before=before, of=of) + part(
        amount, pieces=two, before=before + one, of=of
    )
    assert apart == part(amount, pieces=one + two, before=before, of=of)


@given(st.lists(st.integers(1, 50_000), min_size=2, max_size=6), st.randoms(), st.data())
def test_shares_hardly_depend_on_the_order_of_the_lines(
    weights: list[int], chance: object, data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    order = data.draw(st.permutations(range(len(weights))))
    shares = split(amount, weights)
    mixed = split(amount, [weights[at] for at in order])
    assert sum(shares) == sum(mixed) == amount
    # all but the last are rounded in themselves; what is left over is less than a cent a line
    for place, at in enumerate(order):
        assert abs(mixed[place] - shares[at]) <= len(weights)


@few
@given(discount=st.integers(0, 13_497))
def test_the_shares_of_a_coupon_come_to_the_discount(shop: Databases, discount: int) -> None:
    store = shop.fresh()
    with store.read() as tx:
        order, policy = tx.orders.get("N1"), Policy.load(tx, now=START)
    assert order is not None
    shares = split_discount(replace(order, discount=discount), COUPON, policy)
    assert sum(shares.values()) == discount
    for line in order.lines:
        assert 0 <= shares[line.line] <= line.unit_price * line.quantity


@given(st.integers(-(10**12), 10**12))
def test_an_amount_is_read_as_it_is_written(amount: int) -> None:
    assert Money.parse(str(Money(amount, "USD").decimal), "USD") == Money(amount, "USD")
