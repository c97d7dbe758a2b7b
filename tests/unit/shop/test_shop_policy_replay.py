"""Another policy over the same orders: what differs, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kefu.shop.operation import Item, Operation
from kefu.shop.policy import Policy
from kefu.shop.policy_replay import Replayed, as_of, decisions, replay
from tests.support.demo_shop import NOW, DemoShop, later

MADE = (
    ("cancel", "KF10000001", {}),
    ("return", "KF10000003", {"reason": "unwanted"}),
    ("return", "KF10000019", {"reason": "unwanted", "items": (Item(1, 1),)}),
    ("refund", "KF10000005", {}),
    ("refund", "KF10000017", {}),
    ("exchange", "KF10000021", {}),
    ("stop_renewal", "KF10000011", {}),
)


def changed(policy: Policy, clause: str, **params: str) -> Policy:
    old = policy.clauses[clause]
    return Policy({**policy.clauses, clause: replace(old, params={**old.params, **params})})


def replayed(shop: DemoShop, clause: str, **params: str) -> Replayed:
    with shop.read() as tx:
        policy = Policy.load(tx, now=shop.now)
        return replay(tx, policy, changed(policy, clause, **params), now=shop.now)


def differing(found: Replayed) -> set[tuple[str, str, str | None, bool]]:
    wishes = ((one.operation, one.decided) for one in found.differences)
    return {(wish.order_number, wish.kind, wish.reason, decided) for wish, decided in wishes}


def act(shop: DemoShop) -> None:
    for kind, number, fields in MADE:
        assert shop.perform(kind, number, key=f"{kind}-{number}", **fields).kind == "done"


@pytest.mark.parametrize("days", [0, 10, 40])
def test_an_unchanged_policy_differs_nowhere(shop: DemoShop, days: int) -> None:
    act(shop)
    found = replayed(later(shop, days=days), "return.1", days="30")
    assert found.differences == [] and found.totals() == {}
    assert found.orders == 29 and found.tried > 290


def test_fourteen_days_for_thirty_differ_just_where_fifteen_to_thirty_have_passed(shop: DemoShop) -> None:
    seen = later(shop, days=10)
    found = replayed(seen, "return.1", days="14")
    with shop.read() as tx:
        delivered = [order for order in tx.orders.each() if order.status == "delivered"]
    passed = {order.order_number: (seen.now - (order.delivered_at or NOW)).days for order in delivered}
    between = {number for number, days in passed.items() if 14 < days <= 30}
    assert between == {"KF10000010", "KF10000016", "KF10000019"}
    assert differing(found) == {
        (number, kind, reason, False)
        for number in between
        for kind, reason in (("return", "unwanted"), ("refund", None))
    }
    returns = [one for one in found.differences if one.operation.kind == "return"]
    assert {(one.old.code, one.new.code) for one in returns} == {("confirm_return", "refused_return_window")}
    assert found.totals() == {("return", "USD"): (65000 + 12900 + 9000, 0)}


def test_what_was_decided_is_decided_again_as_of_then(shop: DemoShop) -> None:
    act(shop)
    seen = later(shop, days=60)  # by then every window is closed: only the past can differ
    found = replayed(seen, "return.1", days="2")
    decided = {("KF10000003", "return", "unwanted", True), ("KF10000019", "return", "unwanted", True)}
    loaded = {
        (number, "return", "unwanted", True)
        for number in ("KF10000008", "KF10000023", "KF10000024", "KF10000025")
    }
    assert differing(found) == decided | loaded
    amounts = {one.operation.order_number: one.old.facts["amount"].amount for one in found.differences}
    assert amounts["KF10000003"] == 14900 and amounts["KF10000019"] == 4500
    assert {one.new.code for one in found.differences} == {"refused_return_window"}


@pytest.mark.parametrize(
    ("clause", "params", "number", "kind"),
    [
        ("cancel.1", {"states": "pending_payment"}, "KF10000001", "cancel"),
        ("refund.course", {"percent": "5"}, "KF10000005", "refund"),
        ("refund.membership", {"first_days": "1"}, "KF10000017", "refund"),
        ("exchange.1", {"days": "2"}, "KF10000021", "exchange"),
    ],
)
def test_each_kind_of_decision_is_found_again(
    shop: DemoShop, clause: str, params: dict[str, str], number: str, kind: str
) -> None:
    act(shop)
    found = replayed(later(shop, days=60), clause, **params)
    again = [one for one in found.differences if one.decided and one.operation.order_number == number]
    assert [(one.operation.kind, one.old.kind, one.new.kind) for one in again] == [
        (kind, "offered", "refused")
    ]


def test_a_limit_changes_who_decides(shop: DemoShop) -> None:
    found = replayed(shop, "limit.amount", amount="100.00")
    assert found.differences
    for one in found.differences:
        assert one.old.facts["waits"] is False and one.new.facts["waits"] is True
        assert one.old.facts["amount"] == one.new.facts["amount"]
        assert one.old.facts["amount"].amount > 10000


def test_orders_and_operations_can_be_chosen(shop: DemoShop) -> None:
    with shop.read() as tx:
        policy = Policy.load(tx, now=NOW)
        new = changed(policy, "cancel.1", states="pending_payment")
        since = NOW - timedelta(hours=36)
        found = replay(tx, policy, new, now=NOW, since=since, kinds=("cancel",))
    placed = {one.operation.order_number for one in found.differences}
    assert placed == {"KF10000001", "KF10000015", "KF10000018", "KF10000027"}
    assert (found.orders, found.tried) == (6, 6)


def test_decisions_come_from_the_audit_and_from_rows_without_an_entry(shop: DemoShop) -> None:
    act(shop)
    with shop.read() as tx:
        orders = {order.order_number: order for order in tx.orders.each()}
        found = {number: decisions(tx, order) for number, order in orders.items()}
    assert found["KF10000019"] == [(NOW, Operation("return", "KF10000019", (Item(1, 1),), reason="unwanted"))]
    assert [(wish.kind, wish.items) for _, wish in found["KF10000009"]] == [("cancel", ())]
    assert [(wish.kind, wish.items) for _, wish in found["KF10000008"]] == [("return", (Item(1, 2),))]
    assert found["KF10000002"] == []


def test_an_order_is_seen_as_it_stood(shop: DemoShop) -> None:
    act(shop)
    cancelled, sent = shop.order("KF10000001"), shop.order("KF10000002")
    before = as_of(cancelled, Operation("cancel", "KF10000001"), NOW)
    assert (before.status, [line.cancelled for line in before.lines]) == ("processing", [0])
    placed = as_of(sent, Operation("cancel", "KF10000002"), sent.placed_at)
    assert placed.status == "processing"
    assert as_of(shop.order("KF10000017"), Operation("refund", "KF10000017"), NOW).status == "active"
    assert as_of(shop.order("KF10000014"), Operation("cancel", "KF10000014"), NOW).status == "pending_payment"
