"""Why an operation comes to what it does: watched, not decided a second time."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from kefu.errors import KefuError
from kefu.shop.explanation import Explanation, explain
from kefu.shop.operation import KINDS, REASONS, Item, Operation
from kefu.shop.operations import assess
from kefu.shop.policy import Policy
from tests.support.demo_shop import NOW, DemoShop, later


def told(shop: DemoShop, kind: str, number: str, **fields: Any) -> Explanation:
    with shop.read() as tx:
        return explain(tx, Operation(kind, number, **fields), now=shop.now)


def evidence(found: Explanation, clause: str) -> list[tuple[bool, dict[str, Any]]]:
    return [(step.holds, dict(step.evidence)) for step in found.steps if step.clause == clause]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reason", [None, *REASONS])
def test_every_order_is_explained_by_known_clauses_and_as_it_is_decided(
    shop: DemoShop, kind: str, reason: str | None
) -> None:
    with shop.read() as tx:
        known = Policy.load(tx, now=NOW).clauses
        orders = list(tx.orders.each())
        assert len(orders) == 29
        for order in orders:
            wish = Operation(kind, order.order_number, reason=reason)
            found = explain(tx, wish, now=NOW)
            decided = assess(tx, shop.owner(order.order_number), wish, now=NOW)
            assert found.outcome == decided
            assert found.outcome.clause in known
            assert found.steps and {step.clause for step in found.steps} <= set(known)
            assert json.loads(json.dumps(found.as_dict()))["code"] == decided.code


@pytest.mark.parametrize(
    ("kind", "number", "clause", "wanted"),
    [
        ("cancel", "KF10000002", "cancel.1", {"status": "shipped"}),
        ("refund", "KF10000006", "refund.course", {"progress_percent": 60, "percent": 20}),
        ("refund", "KF10000007", "refund.ebook", {"downloaded": True}),
        ("return", "KF10000004", "return.1", {"days": 30, "days_left": -15}),
        ("invoice", "KF10000014", "invoice.1", {"paid": "0.00 USD"}),
        ("stop_renewal", "KF10000001", "refund.membership", {"membership": False}),
        ("lost_parcel", "KF10000022", "delivery.1", {"parcel": "late"}),
        ("exchange", "KF10000005", "exchange.1", {"goods": False}),
    ],
)
def test_what_is_refused_shows_the_evidence_against_it(
    shop: DemoShop, kind: str, number: str, clause: str, wanted: dict[str, Any]
) -> None:
    steps = told(shop, kind, number, reason="unwanted" if kind == "return" else None).as_dict()["steps"]
    against = [step["evidence"] for step in steps if step["clause"] == clause and not step["holds"]]
    assert any(wanted.items() <= found.items() for found in against)


def test_a_window_says_its_last_day_and_how_many_are_left(shop: DemoShop) -> None:
    found = told(shop, "return", "KF10000003", reason="unwanted")
    ((holds, seen),) = evidence(found, "return.1")
    assert holds and seen["days_left"] == 27
    assert seen["last_day"] == date(2026, 12, 15) and seen["since"] == shop.order("KF10000003").delivered_at
    on_the_last_day = told(later(shop, days=27), "return", "KF10000003", reason="unwanted")
    assert evidence(on_the_last_day, "return.1")[0][1]["days_left"] == 0
    assert on_the_last_day.outcome.kind == "offered"
    assert told(later(shop, days=28), "return", "KF10000003", reason="unwanted").outcome.kind == "refused"


def test_limits_show_the_sums_that_they_were_held_against(shop: DemoShop) -> None:
    found = told(shop, "cancel", "KF10000015").as_dict()
    (step,) = (step for step in found["steps"] if step["clause"] == "limit.amount")
    assert not step["holds"] and found["waits"]
    assert step["evidence"] == {"refunds_of_order": "650.00 USD", "limit": "200.00 USD"}
    counted = told(shop, "return", "KF10000026", reason="unwanted").as_dict()["steps"]
    (step,) = (step for step in counted if step["clause"] == "limit.count")
    assert (step["holds"], step["evidence"]["automatic"], step["evidence"]["count"]) == (False, 3, 3)


def test_the_way_that_remains_is_tried_under_its_own_name(shop: DemoShop) -> None:
    found = told(shop, "cancel", "KF10000003").as_dict()
    assert found["way"] == "return"
    assert {step["operation"] for step in found["steps"]} == {"cancel", "return"}


def test_one_line_and_so_many_pieces_are_explained(shop: DemoShop) -> None:
    found = told(shop, "return", "KF10000019", items=(Item(1, 1),), reason="unwanted").as_dict()
    assert (found["items"], found["amount"]) == ([[1, 1]], "45.00 USD")


def test_what_is_not_there_says_so(shop: DemoShop) -> None:
    with pytest.raises(KefuError, match="KF00000000"):
        told(shop, "cancel", "KF00000000")
    assert told(shop, "cancel", "KF10000001", items=(Item(9),)).outcome.code == "refused_line_unknown"


def test_nothing_is_noted_where_nobody_watches(shop: DemoShop) -> None:
    with shop.write() as tx:
        before = tx.audit.head()
        explain(tx, Operation("cancel", "KF10000001"), now=NOW)
        assert tx.audit.head() == before
    assert shop.order("KF10000001").status == "processing"
