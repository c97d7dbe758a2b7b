"""Products: what the catalogue says, and that it is silent where it says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kefu.shop.catalogue import (
    Wish,
    accessories,
    alternatives,
    attribute,
    by_ids,
    compare,
    course_path,
    fits,
    in_stock,
    returnable_clause,
    search,
    stock_of,
    upgrade_of,
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


def test_what_is_recommended_can_be_bought(tx: Transaction) -> None:
    assert ids(alternatives(tx, product(tx, "P104"))) == ["P105", "P108"]
    compact = product(tx, "P105")
    tx.products.put([replace(compact, stock=0, variants=(replace(compact.variants[0], stock=0),))])
    assert ids(alternatives(tx, product(tx, "P104"))) == ["P108"]
    assert all(in_stock(found) for found in search(tx, Wish()))


def test_accessories_are_found_from_either_side(tx: Transaction) -> None:
    case, earbuds = product(tx, "P103"), product(tx, "P101")
    assert ids(accessories(tx, earbuds)) == ["P103"]
    assert ids(accessories(tx, case)) == ["P101"]
    assert accessories(tx, earbuds, available_only=True) == []
    tx.products.put([replace(earbuds, attributes={})])
    assert ids(accessories(tx, product(tx, "P101"))) == ["P103"]


def test_whether_two_products_fit(tx: Transaction) -> None:
    case, earbuds, headphones, lamp = (product(tx, f"P{n}") for n in (103, 101, 102, 107))
    assert fits(tx, case, earbuds).status == fits(tx, earbuds, case).status == "yes"
    beside = fits(tx, case, headphones)
    assert (beside.status, ids(beside.listed)) == ("not_listed", ["P101"])
    assert fits(tx, lamp, headphones).status == "unknown"


def test_the_path_of_courses_from_either_side(tx: Transaction) -> None:
    python, learning = product(tx, "P201"), product(tx, "P202")
    assert ids(course_path(tx, python).after) == ["P202"]
    assert ids(course_path(tx, learning).before) == ["P201"]
    tx.products.put([replace(python, attributes={})])  # only the other row says so now
    assert ids(course_path(tx, product(tx, "P201")).after) == ["P202"]
    tx.products.put([replace(product(tx, "P203"), attributes={"requires": "P202"})])
    assert ids(course_path(tx, python).after) == ["P202", "P203"]


def test_a_circle_of_courses_ends(tx: Transaction) -> None:
    tx.products.put([replace(product(tx, "P202"), attributes={"next": "P201", "requires": "P201"})])
    assert ids(course_path(tx, product(tx, "P201")).after) == ["P202"]


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


def test_the_larger_membership_and_products_by_id(tx: Transaction) -> None:
    larger = upgrade_of(tx, product(tx, "P401"))
    assert larger is not None and larger.product_id == "P402"
    assert upgrade_of(tx, product(tx, "P402")) is None
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
