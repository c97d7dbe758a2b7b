"""How an order stands, as it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from kefu.shop.money import Money
from kefu.shop.orders import digital_access, parcel_case, refunds_of, returns_of, status_facts
from kefu.shop.policy import Policy
from tests.support.demo_shop import NOW, DemoShop


def policy_of(shop: DemoShop) -> Policy:
    with shop.read() as tx:
        return Policy.load(tx, now=NOW)


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("KF10000001", "not_shipped"),
        ("KF10000002", "on_time"),
        ("KF10000003", "delivered"),
        ("KF10000005", "digital"),
        ("KF10000008", "closed"),
        ("KF10000009", "closed"),
        ("KF10000014", "digital"),
        ("KF10000022", "late"),
    ],
)
def test_parcels(shop: DemoShop, number: str, state: str) -> None:
    assert parcel_case(shop.order(number), policy_of(shop), now=NOW).state == state


def test_a_shipped_order(shop: DemoShop) -> None:
    facts = status_facts(shop.order("KF10000002"), policy_of(shop), now=NOW)
    assert (facts["status"], facts["carrier"]) == ("shipped", "SF Express")
    assert (facts["tracking_number"], facts["eta"]) == ("SF1234567890", date(2026, 11, 20))
    assert (facts["total"], facts["late_days"]) == (Money(12900, "USD"), 0)


def test_two_days_late(shop: DemoShop) -> None:
    facts = status_facts(shop.order("KF10000022"), policy_of(shop), now=NOW)
    assert (facts["parcel"], facts["late_days"], facts["eta"]) == ("late", 2, date(2026, 11, 16))


def test_without_the_carriers_date_the_clauses_longest_time_counts(shop: DemoShop) -> None:
    order = replace(shop.order("KF10000002"), eta_at=None)  # shipped on Monday the 16th
    assert parcel_case(order, policy_of(shop), now=NOW).eta == date(2026, 11, 25)
    express = replace(order, shipping_method="express")
    assert parcel_case(express, policy_of(shop), now=NOW).eta == date(2026, 11, 18)
    unknown = replace(order, shipping_method="pigeon")
    assert parcel_case(unknown, policy_of(shop), now=NOW).eta is None


def test_an_unpaid_order_says_when_it_closes(shop: DemoShop) -> None:
    order = shop.order("KF10000014")
    facts = status_facts(order, policy_of(shop), now=NOW)
    assert facts["closes_at"] == order.placed_at + timedelta(hours=24)


def test_a_membership_says_when_it_is_charged_next(shop: DemoShop) -> None:
    facts = status_facts(shop.order("KF10000011"), policy_of(shop), now=NOW)
    assert facts["next_charge_at"] == NOW + timedelta(days=18)


def test_a_refund_on_its_way_and_one_that_is_overdue(shop: DemoShop) -> None:
    order = shop.order("KF10000008")
    with shop.read() as tx:
        (facts,) = refunds_of(tx, order, policy_of(shop), now=NOW)
        (late,) = refunds_of(tx, order, policy_of(shop), now=NOW + timedelta(days=10))
    assert (facts["refund_state"], facts["amount"]) == ("submitted", Money(5000, "USD"))
    assert (facts["expected_from"], facts["expected_by"]) == (date(2026, 11, 20), date(2026, 11, 24))
    assert (facts["overdue"], late["overdue"]) == (False, True)


def test_returns_tell_their_product(shop: DemoShop) -> None:
    shop.perform("return", "KF10000003", reason="damaged")
    with shop.read() as tx:
        (facts,) = returns_of(tx, shop.order("KF10000003"))
    assert (facts["return_state"], facts["shipping_paid_by"]) == ("approved", "shop")
    assert facts["product"].product_id == "P102"


def test_access_to_digital_goods(shop: DemoShop) -> None:
    (book,) = digital_access(shop.order("KF10000007"))
    assert (book["open"], book["downloaded"], book["format"]) == (True, True, ("EPUB", "PDF"))
    (unpaid,) = digital_access(shop.order("KF10000014"))
    assert (unpaid["open"], unpaid["unpaid"]) == (False, True)
    assert digital_access(shop.order("KF10000001")) == []
