"""A catalogue read from a folder, and its way through JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kefu.errors import SeedError
from kefu.language.catalogue import Catalogue, Shape, shapes

SHOP = Path(__file__).parents[3] / "data" / "shop"


def test_the_demo_shop_is_read() -> None:
    shop = Catalogue.from_folder(SHOP)
    assert shop.items[0].variants == ("white", "black")
    assert shop.orders == (Shape("KF", 8),)
    assert "WELCOME10" in shop.coupons


def test_json_gives_the_same_catalogue_back() -> None:
    shop = Catalogue.from_folder(SHOP)
    again = Catalogue.from_dict(json.loads(json.dumps(shop.as_dict())))
    assert (again, again.digest()) == (shop, shop.digest())


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match=r"orders\.csv is missing"):
        Catalogue.from_folder(tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("number\n1\n", encoding="utf-8")
    with pytest.raises(SeedError, match="no column 'order_number'"):
        Catalogue.from_folder(tmp_path)


def test_numbers_built_otherwise_have_no_shape() -> None:
    assert shapes(["KF10000001", None, "", "A-17", "2024-01-5"]) == (Shape("KF", 8),)
