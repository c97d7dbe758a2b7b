"""Products: what the catalogue says, and that it is silent where it says nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kefu.shop.catalogue import (
    Wish,
    attribute,
    by_ids,
    compare,
    in_stock,
    one_of_each,
    returnable_clause,
    search,
    stock_of,
)
from kefu.shop.money import Money
from kefu.store import Transaction
from kefu.store.records import Product
from tests.support.demo_shop import DemoShop


@pytest.fixture
def tx(shop: DemoShop) -> Iterator[Transaction]:
    with shop.write() as transaction:
        yield transaction


def product(tx: Transaction, product_id: str) -> Product:
    found = tx.products.get(product_id)
    assert found is not None
    return found


def ids(products: list[Product] | tuple[Product, ...]) -> list[str]:
    return [each.product_id for each in products]


@pytest.mark.parametrize(
    ("product_id", "key", "value"),
    [
        ("P101", "price", Money(7900, "USD")),
        ("P101", "battery_hours", "28"),
        ("P101", "stock", 120),
        ("P106", "color", ("green", "blue")),
        ("P108", "ports", ("HDMI", "USB-C")),
        ("P101", "weight", None),
        ("P201", "stock", None),
        ("P301", "color", None),
    ],
)
def test_attributes(tx: Transaction, product_id: str, key: str, value: object) -> None:
    found = attribute(product(tx, product_id), key)
    assert (found.value, found.known) == (value, value is not None)


def test_a_comparison_has_every_key_of_either(tx: Transaction) -> None:
    rows = {row.key: row for row in compare(product(tx, "P101"), product(tx, "P102"))}
    assert list(rows)[0] == "price"
    assert (rows["noise_cancelling"].left, rows["noise_cancelling"].right) == (None, "yes")
    assert rows["battery_hours"].differs
    assert not {"alternative", "compatible_with"} & set(rows)


def test_stock_of_a_variant_and_when_it_is_back(tx: Transaction) -> None:
    assert stock_of(product(tx, "P106"), "Blue").pieces == 100
    assert not stock_of(product(tx, "P106"), "red").available
    case = stock_of(product(tx, "P103"))
    assert (case.available, case.restock_days) == (False, 10)
    assert stock_of(product(tx, "P201")).available


def test_search(tx: Transaction) -> None:
    assert ids(search(tx, Wish(words=("keyboard",), max_price=12000))) == ["P105"]
    assert ids(search(tx, Wish(words=("键盘",)))) == ["P105", "P104"]
    assert ids(search(tx, Wish(kinds=("ebook",)))) == ["P301", "P302"]
    assert ids(search(tx, Wish(categories=("accessory",)))) == []
    assert ids(search(tx, Wish(categories=("accessory",), in_stock=False))) == ["P103"]
    assert ids(search(tx, Wish(attributes={"wireless": "Yes"}))) == ["P104"]
    assert ids(search(tx, Wish(attributes={"ports": "usb-c"}))) == ["P108"]
    assert ids(search(tx, Wish(min_price=60000))) == ["P108"]
    assert len(search(tx, Wish(), limit=3)) == 3


def test_a_search_looks_at_the_stock_of_this_moment(tx: Transaction) -> None:
    assert "P108" in ids(search(tx, Wish()))
    tx.products.take_stock("P108", "black", 12)
    assert "P108" not in ids(search(tx, Wish()))
    assert ids(search(tx, Wish(categories=("computer",)), near=60000)) == ["P104", "P105"]


def test_a_search_among_some_and_nearest_in_price(tx: Transaction) -> None:
    assert ids(search(tx, Wish(), among={"P106", "P103", "P101"})) == ["P106", "P101"]
    assert ids(search(tx, Wish(), near=12000, limit=2)) == ["P104", "P105"]
    assert ids(search(tx, Wish(min_price=4000, max_price=6000))) == ["P107", "P201"]


def test_one_of_each_category(tx: Transaction) -> None:
    found = one_of_each(tx, limit=10)
    assert ids(found) == ["P401", "P301", "P106", "P203", "P101", "P105"]
    assert all(in_stock(each) for each in found)
    assert ids(one_of_each(tx, limit=2)) == ["P401", "P301"]


def test_products_by_id(tx: Transaction) -> None:
    assert ids(by_ids(tx, ("P102", "P999", "P101", "P102"))) == ["P102", "P101"]


@pytest.mark.parametrize(
    ("product_id", "clause"),
    [
        ("P101", "return.1"),
        ("P201", "refund.course"),
        ("P301", "refund.ebook"),
        ("P401", "refund.membership"),
    ],
)
def test_the_clause_under_which_a_product_goes_back(tx: Transaction, product_id: str, clause: str) -> None:
    assert returnable_clause(product(tx, product_id)) == clause
