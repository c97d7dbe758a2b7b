"""A small catalogue of a shop that is not the demo shop, and the demo shop's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from kefu.language.catalogue import Catalogue, Item, Shape
from kefu.language.entities import CatalogueMatcher
from kefu.language.lexicon import Lexicon
from kefu.language.weights import packaged_vocabulary

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    """Word frequencies as in production."""
    return Lexicon.read(packaged_vocabulary())


@pytest.fixture(scope="session")
def demo(lexicon: Lexicon) -> CatalogueMatcher:
    """A matcher over data/shop."""
    return CatalogueMatcher(Catalogue.from_folder(ROOT / "data" / "shop"), lexicon)


@pytest.fixture(scope="session")
def tea_shop(lexicon: Lexicon) -> CatalogueMatcher:
    """A matcher over another shop: other names, numbers and codes."""
    items = (
        Item("T1", "physical", "Yunwu Green Tea Tin", "云雾绿茶罐", ("100g", "250g")),
        Item("T2", "physical", "Yunwu Porcelain Teapot", "云雾白瓷茶壶", ("white", "celadon")),
        Item("T3", "course", "Brewing Tea at Home", "在家泡茶入门"),
    )
    shop = Catalogue(items, ("TEA5",), (Shape("TS", 6),), (Shape("YT", 12),))
    return CatalogueMatcher(shop, lexicon)
