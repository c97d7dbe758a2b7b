"""Recommendations: from what a customer has and a relation, explained; nothing owned, nothing unavailable."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from kefu.knowledge.graph import product as node
from kefu.shop.catalogue import in_stock, shelf
from kefu.shop.identity import Identity
from kefu.shop.purchases import purchases_of
from kefu.shop.recommend import Recommended, recommend
from kefu.store import Transaction
from kefu.store.knowledge_records import Relation
from tests.support.demo_shop import DemoShop

CUSTOMERS = tuple(f"C100{n}" for n in range(1, 10))
GUEST = Identity("guest")


def who(customer_id: str) -> Identity:
    return Identity(f"s-{customer_id}", customer_id=customer_id)


def told(found: Recommended) -> list[tuple[str, str | None, str | None]]:
    """Each recommendation as (product, relation, purchase)."""
    return [
        (each.product.product_id, each.fact and each.fact.relation, each.owned and each.owned.product_id)
        for each in found.found
    ]


def restock(tx: Transaction, product_id: str) -> None:
    product = tx.products.get(product_id)
    assert product is not None
    tx.products.put([replace(product, variants=tuple(replace(v, stock=5) for v in product.variants))])


def says(tx: Transaction, product_id: str, *relations: tuple[str, str]) -> None:
    tx.relations.replace_of([product_id], [Relation(product_id, k, other_id=o) for k, o in relations])


@pytest.mark.parametrize(
    ("customer", "kept"),
    [
        ("C1001", {"P101", "P102", "P104", "P107", "P201", "P202"}),
        ("C1002", {"P108", "P301"}),  # P105 was cancelled, P106 went back
        ("C1003", {"P101", "P105", "P106", "P401"}),
        ("C1004", {"P108"}),  # P203 is not paid
        ("C1008", {"P101"}),  # three bottles went back
    ],
)
def test_what_is_kept_is_paid_and_did_not_go_back(shop: DemoShop, customer: str, kept: set[str]) -> None:
    with shop.read() as tx:
        assert purchases_of(tx, who(customer)).owned == kept


def test_what_goes_back_is_kept_no_longer(shop: DemoShop) -> None:
    shop.perform("refund", "KF10000005")
    shop.perform("cancel", "KF10000001")
    with shop.read() as tx:
        assert purchases_of(tx, who("C1001")).owned == {"P102", "P104", "P107", "P202"}


def test_a_guest_has_the_order_that_they_proved(shop: DemoShop) -> None:
    with shop.read() as tx:
        assert purchases_of(tx, GUEST).kept == ()
        assert purchases_of(tx, Identity("guest", verified_order="KF10000029")).owned == {"P101"}


def test_a_larger_membership_follows_from_the_smaller_one(shop: DemoShop) -> None:
    with shop.read() as tx:
        found = recommend(tx, who("C1003"))
        assert (told(found), found.personal) == ([("P402", "upgrade", "P401")], True)


def test_an_accessory_is_recommended_when_it_can_be_bought(shop: DemoShop) -> None:
    with shop.write() as tx:
        assert "P103" not in [id_ for id_, _, _ in told(recommend(tx, who("C1001")))]
        restock(tx, "P103")
        assert told(recommend(tx, who("C1001"))) == [("P103", "fits", "P101")]


def test_the_next_course_and_what_a_course_requires(shop: DemoShop) -> None:
    with shop.write() as tx:
        says(tx, "P203", ("requires", "P202"))
        assert told(recommend(tx, who("C1001"))) == [("P203", "requires", "P202")]
        says(tx, "P107", ("requires", "P203"))  # the lamp that she has needs it even more
        assert told(recommend(tx, who("C1001"))) == [("P203", "requires", "P107")]


def test_no_course_before_what_it_requires(shop: DemoShop) -> None:
    with shop.write() as tx:
        says(tx, "P301", ("next", "P202"))
        assert "P202" not in [id_ for id_, _, _ in told(recommend(tx, who("C1002")))]
        says(tx, "P301", ("next", "P201"))
        assert told(recommend(tx, who("C1002"))) == [("P201", "next", "P301")]


def test_a_cancelled_or_returned_purchase_is_no_reason(shop: DemoShop) -> None:
    with shop.write() as tx:
        says(tx, "P105", ("compatible_with", "P107"))
        says(tx, "P106", ("compatible_with", "P102"))
        found = recommend(tx, who("C1002"))
        assert not found.personal
        assert set(told(recommend(tx, who("C1007")))) == {  # who has both
            ("P107", "compatible_with", "P105"),
            ("P102", "compatible_with", "P106"),
        }


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_nothing_that_was_ordered_and_nothing_that_is_gone(shop: DemoShop, customer: str) -> None:
    with shop.write() as tx:
        restock(tx, "P103")
        ordered = {
            line.product.product_id for order in tx.orders.of_customer(customer) for line in order.lines
        }
        found = recommend(tx, who(customer), limit=20)
        assert found.found
        for each in found.found:
            assert each.product.product_id not in ordered and in_stock(each.product)
            assert (each.fact is None) == (each.owned is None)


def test_without_a_reason_it_is_what_sells_and_called_so(shop: DemoShop) -> None:
    with shop.read() as tx:
        found = recommend(tx, who("C1001"))
        assert (found.personal, found.bought) == (False, True)
        sold = tx.orders.sold_lately(most=1000)
        assert told(found) == [(id_, None, None) for id_ in sold if id_ in ("P106", "P108", "P105")][:3]
        guest = recommend(tx, GUEST)
        assert (guest.personal, guest.bought, len(guest.found)) == (False, False, 3)


def test_what_sells_counts_pieces_and_not_what_went_back(shop: DemoShop) -> None:
    with shop.read() as tx:
        sold = tx.orders.sold_lately(most=1000)
        assert sold["P106"] == 5  # KF12, 18, 21 and two in KF27; KF8 and Grace's three went back
        assert sold["P107"] == 5 and sold["P105"] == 2
        assert list(sold.values()) == sorted(sold.values(), reverse=True)
        assert "P203" not in sold  # not paid
        assert tx.orders.sold_lately(most=2) == {"P106": 2}  # the two of today, one of them not paid


@pytest.mark.parametrize("seed", range(12))
def test_each_reason_is_a_fact_about_a_purchase_whatever_the_catalogue_says(
    shop: DemoShop, seed: int
) -> None:
    draw = Random(seed)
    kinds = ("requires", "next", "fits", "compatible_with", "alternative", "upgrade", "variant_of")
    with shop.write() as tx:
        every = [product.product_id for product in tx.products.all()]
        for product_id in every:
            others = draw.sample([other for other in every if other != product_id], 3)
            says(tx, product_id, *((draw.choice(kinds), other) for other in others))
        for customer in CUSTOMERS:
            bought, graph = purchases_of(tx, who(customer)), shelf(tx).graph
            for each in recommend(tx, who(customer), limit=20).found:
                assert each.product.product_id not in bought.ordered and in_stock(each.product)
                if each.fact is not None and each.owned is not None:
                    ends = {each.fact.subject.name, each.fact.object.name}
                    assert each.fact in graph.facts and each.fact.relation != "alternative"
                    assert ends == {each.owned.product_id, each.product.product_id}
                    assert each.owned.product_id in bought.owned
                    required = graph.about(node(each.product.product_id), "requires")
                    assert {fact.object.name for fact in required} <= bought.owned


def test_only_a_kind_or_only_one_purchase(shop: DemoShop) -> None:
    with shop.write() as tx:
        restock(tx, "P103")
        says(tx, "P203", ("requires", "P202"))
        assert told(recommend(tx, who("C1001"), kinds=("course",))) == [("P203", "requires", "P202")]
        assert told(recommend(tx, who("C1001"), about=("P101",))) == [("P103", "fits", "P101")]
        assert told(recommend(tx, who("C1001"), about=("P107",))) == []
