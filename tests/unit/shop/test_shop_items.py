"""Changing what is in an order that has not left: variants, pieces, lines; stock and money with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kefu.shop.confirmations import propose, redeem
from kefu.shop.operation import Item, Operation
from tests.support.demo_shop import DemoShop


def stock(shop: DemoShop, product_id: str) -> dict[str, int]:
    with shop.read() as tx:
        product = tx.products.get(product_id)
    assert product is not None
    return {variant.name: variant.stock for variant in product.variants}


def lines(shop: DemoShop, number: str) -> list[tuple[int, str | None, int, int]]:
    return [(row.line, row.variant, row.quantity, row.cancelled) for row in shop.order(number).lines]


def test_the_whole_line_becomes_the_other_variant(shop: DemoShop) -> None:
    done = shop.perform("change_items", "KF10000027", variant="Blue")
    assert (done.code, done.facts["quantity"], done.facts["new_variant"]) == ("done_items", 2, "blue")
    assert lines(shop, "KF10000027") == [(1, "blue", 2, 0)]
    assert stock(shop, "P106") == {"green": 202, "blue": 98}
    with shop.read() as tx:
        (entry,) = tx.audit.of_subject("KF10000027")
    assert (entry.action, entry.detail["code"]) == ("change_items", "done_items")


def test_some_pieces_become_a_line_of_their_own_and_the_money_stays(shop: DemoShop) -> None:
    shop.perform("change_items", "KF10000027", items=(Item(1, 1),), variant="blue")
    assert lines(shop, "KF10000027") == [(1, "green", 1, 0), (2, "blue", 1, 0)]
    assert stock(shop, "P106") == {"green": 201, "blue": 99}
    whole = shop.assess("cancel", "KF10000027")
    one = shop.assess("cancel", "KF10000027", items=(Item(2),))
    assert (whole.facts["amount"].amount, one.facts["amount"].amount) == (5000, 2500)


def test_what_was_cancelled_stays_cancelled(shop: DemoShop) -> None:
    shop.perform("cancel", "KF10000027", items=(Item(1, 1),))
    assert (
        shop.assess("change_items", "KF10000027", items=(Item(1, 2),), variant="blue").code == "ask_quantity"
    )
    shop.perform("change_items", "KF10000027", variant="blue", key="b")
    assert lines(shop, "KF10000027") == [(1, "blue", 2, 1)]
    assert stock(shop, "P106") == {"green": 202, "blue": 99}


@pytest.mark.parametrize(
    ("pieces", "code", "left"), [(1, "done_cancel_line", [1]), (0, "done_cancel", [0])]
)  # fmt: skip
def test_fewer_pieces_are_a_cancellation_of_the_rest(
    shop: DemoShop, pieces: int, code: str, left: list[int]
) -> None:
    done = shop.perform("change_items", "KF10000027", items=(Item(1, pieces),))
    assert (done.code, done.clause, done.facts["amount"].amount) == (code, "cancel.1", 2500 * (2 - pieces))
    assert [row.quantity - row.cancelled for row in shop.order("KF10000027").lines] == left
    assert stock(shop, "P106") == {"green": 202 - pieces, "blue": 100}
    with shop.read() as tx:
        assert [row.amount for row in tx.refunds.of_order("KF10000027")] == [2500 * (2 - pieces)]


def test_a_line_of_an_order_not_paid_yet_goes_without_a_refund(shop: DemoShop) -> None:
    done = shop.perform("change_items", "KF10000014", items=(Item(1, 0),))
    assert done.code == "done_cancel_unpaid"


@pytest.mark.parametrize("pieces", [3, 10**9, 10**30])
def test_more_pieces_are_for_a_person(shop: DemoShop, pieces: int) -> None:
    outcome = shop.assess("change_items", "KF10000027", items=(Item(1, pieces),))
    assert (outcome.code, outcome.clause, outcome.facts["way"]) == ("refused_items_more", "change.1", None)
    assert outcome.facts["available"] == 2


@pytest.mark.parametrize("pieces", [2, -1])
def test_as_many_as_there_are_is_no_change_and_is_asked_again(shop: DemoShop, pieces: int) -> None:
    assert shop.assess("change_items", "KF10000027", items=(Item(1, pieces),)).code == "ask_quantity"


def with_product(shop: DemoShop, product_id: str, **fields: Any) -> None:
    with shop.write() as tx:
        product = tx.products.get(product_id)
        assert product is not None
        tx.products.put([replace(product, **fields)])


def test_another_price_or_an_empty_shelf_is_refused_with_what_remains(shop: DemoShop) -> None:
    with_product(shop, "P106", price=2600)
    dearer = shop.assess("change_items", "KF10000027", variant="blue")
    assert (dearer.code, dearer.clause, dearer.facts["way"]) == (
        "refused_items_price",
        "exchange.1",
        "cancel",
    )
    with_product(shop, "P106", price=2500)
    with shop.write() as tx:
        assert tx.products.take_stock("P106", "blue", 99)
    short = shop.assess("change_items", "KF10000027", variant="blue")
    assert (short.code, short.facts["way"]) == ("refused_items_stock", "cancel")
    enough = shop.assess("change_items", "KF10000027", variant="blue", items=(Item(1, 1),))
    assert enough.kind == "offered"


def test_the_variant_is_asked_where_the_words_name_none_that_there_is(shop: DemoShop) -> None:
    for said in ("pink", "green", "bl\u200bue", "ｂｌｕｅ？"):
        assert shop.assess("change_items", "KF10000027", variant=said).code == "ask_variant"


def test_of_several_lines_the_one_with_that_variant_is_meant(shop: DemoShop) -> None:
    outcome = shop.assess("change_items", "KF10000018", variant="green")
    assert (outcome.facts["product"].product_id, outcome.facts["new_variant"]) == ("P106", "green")


def test_a_delivered_order_is_exchanged_and_one_not_sent_is_changed(shop: DemoShop) -> None:
    assert shop.assess("change_items", "KF10000021", variant="green").code == "confirm_exchange"
    assert shop.assess("exchange", "KF10000001", variant="black").code == "confirm_items"


def test_an_exchange_wish_is_done_after_a_yes_unless_the_parcel_left_meanwhile(shop: DemoShop) -> None:
    wish, owner = Operation("exchange", "KF10000001", variant="black"), shop.owner("KF10000001")
    with shop.write() as tx:
        _, shown = propose(tx, owner, wish, now=shop.now)
        assert shown is not None
        assert redeem(tx, owner, shown.nonce, now=shop.now).code == "done_items"
    assert shop.order("KF10000001").lines[0].variant == "black"
    with shop.write() as tx:
        _, back = propose(tx, owner, replace(wish, variant="white"), now=shop.now)
        assert back is not None
        tx.orders.set_status("KF10000001", "shipped")
        assert redeem(tx, owner, back.nonce, now=shop.now).code == "refused_return_not_delivered"
    assert shop.order("KF10000001").lines[0].variant == "black"
    assert stock(shop, "P101") == {"white": 81, "black": 39}
