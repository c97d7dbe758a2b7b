"""Coupons: does a code work, and for what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kefu.shop.coupons import check_coupon, check_for_order, split_discount
from kefu.shop.policy import Policy
from kefu.store.records import Product
from tests.support.demo_shop import NOW, DemoShop


def products(shop: DemoShop, *product_ids: str) -> list[tuple[Product, int]]:
    with shop.read() as tx:
        found = tx.products.by_ids(product_ids)
    return [(found[id_], 1) for id_ in product_ids]


@pytest.mark.parametrize(
    ("code", "basket", "expected", "saving"),
    [
        ("welcome10", (), "coupon_valid", None),
        ("WELCOME10", ("P101",), "coupon_valid", 790),
        ("WELCOME10", ("P106",), "refused_coupon_minimum", None),
        ("WELCOME10", ("P402",), "refused_coupon_category", None),
        ("WELCOME10", ("P402", "P106"), "refused_coupon_minimum", None),
        ("SAVE20", (), "refused_coupon_expired", None),
        ("READ5", ("P301",), "coupon_valid", 500),
        ("READ5", ("P101",), "refused_coupon_category", None),
        ("NOPE", (), "refused_coupon_unknown", None),
    ],
)
def test_codes(shop: DemoShop, code: str, basket: tuple[str, ...], expected: str, saving: int | None) -> None:
    bought = products(shop, *basket)
    with shop.read() as tx:
        outcome = check_coupon(tx, code, now=NOW, basket=bought)
    assert (outcome.code, outcome.clause) == (expected, "coupon.1")
    assert (outcome.facts["saving"].amount if saving else None) == saving


def test_a_coupon_that_is_not_valid_yet(shop: DemoShop) -> None:
    with shop.read() as tx:
        outcome = check_coupon(tx, "READ5", now=NOW - timedelta(days=11))
    assert outcome.code == "refused_coupon_early"


def test_a_coupon_for_what_an_order_holds(shop: DemoShop) -> None:
    order = shop.order("KF10000018")
    with shop.read() as tx:
        outcome = check_for_order(tx, "WELCOME10", order, now=NOW)
    assert outcome.facts["saving"].amount == 1040


def test_a_discount_beyond_its_coupons_lines_is_shared_by_all(shop: DemoShop) -> None:
    order = replace(shop.order("KF10000018"), discount=3000)
    with shop.read() as tx:
        coupon, policy = tx.coupons.get("READ5"), Policy.load(tx, now=NOW)
    assert sum(split_discount(order, coupon, policy).values()) == 3000
