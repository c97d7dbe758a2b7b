"""Looking at all orders, and at rows as they were: the same on every database."""

from __future__ import annotations

from datetime import timedelta

from kefu.shop.policy import Policy
from kefu.shop.policy_replay import replay
from kefu.store import Store
from tests.support.databases import NOW
from tests.support.rows import goods_return, refund, ticket


def test_rows_of_later_are_not_there_as_of_before(store: Store) -> None:
    later = NOW + timedelta(hours=1)
    with store.write() as tx:
        tx.refunds.add(refund("a"))
        tx.refunds.add(refund("b", line=None, created_at=later))
        tx.returns.add(goods_return(created_at=later))
        tx.tickets.add(ticket(order_number="KF10000003", created_at=later))
    with store.read() as tx:
        past = tx.as_of(later)
        assert [row.key for row in past.refunds.of_order("KF10000003")] == ["a"]
        assert (past.refunds.sum_of_order("KF10000003"), tx.refunds.sum_of_order("KF10000003")) == (
            1000,
            2000,
        )
        assert past.refunds.automatic_of_customer("C1001", NOW - timedelta(days=1)) == 1
        assert past.returns.of_order("KF10000019") == past.tickets.of_order("KF10000003") == []
        assert (past.returns.open_pieces("KF10000019", 1), tx.returns.open_pieces("KF10000019", 1)) == (0, 1)
        assert len(tx.tickets.of_order("KF10000003")) == 1


def test_each_order_comes_once_and_by_number(store: Store) -> None:
    with store.read() as tx:
        numbers = [order.order_number for order in tx.orders.each()]
        recent = [order.order_number for order in tx.orders.each(since=NOW - timedelta(hours=36))]
    assert len(numbers) == 29 and numbers == sorted(set(numbers))
    assert "KF10000001" in recent and "KF10000004" not in recent


def test_the_policy_that_is_in_force_changes_nothing_when_replayed(store: Store) -> None:
    with store.read() as tx:
        policy = Policy.load(tx, now=NOW)
        found = replay(tx, policy, policy, now=NOW)
    assert (found.orders, found.tried, found.differences) == (29, 324, [])
