"""Questions about products, answered from the catalogue alone; what it does not say is unknown.

How products stand to each other is asked in ``kefu.shop.related``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from kefu.knowledge.graph import Graph
from kefu.shop.case import GOODS
from kefu.shop.digital import CLAUSES
from kefu.shop.money import Money
from kefu.shop.returns import OWN_WISH
from kefu.store.records import Product

if TYPE_CHECKING:
    from kefu.store import Transaction

# keys that hold the ids of other products: they are relations, told as products and not as values
LINKS = ("compatible_with", "fits", "alternative", "next", "requires", "upgrade", "variant_of")
# the clause by which a whole kind of products is covered, for the graph
COVERED: Mapping[str, tuple[str, ...]] = {GOODS: (OWN_WISH,), **{kind: (c,) for kind, c in CLAUSES.items()}}
_AT_ONCE = 50  # products whose stock is read at a time
COLOURS = ("color", "colour", "variant", "variants")

Value = str | int | Money | tuple[str, ...]


@dataclass(frozen=True)
class Shelf:
    """The catalogue as the store's counter ``catalogue`` stands; its stock may be older than the store's."""

    products: Mapping[str, Product]
    graph: Graph

    @cached_property
    def values(self) -> tuple[tuple[str, str], ...]:
        """Each key with each of its values, as far as any product has it."""
        told = (
            (key, each)
            for product in self.products.values()
            for key in keys_of(product)
            for each in _several(product.attributes[key])
        )
        return tuple(dict.fromkeys(told))


def shelf(tx: Transaction) -> Shelf:
    """The catalogue and its graph, read anew when the counter moved and not at every turn."""
    return tx.kept("catalogue", _read)


def _read(tx: Transaction) -> Shelf:
    products = {product.product_id: product for product in tx.products.all()}
    return Shelf(products, Graph.of(tx, clauses=COVERED))


@dataclass(frozen=True)
class Attribute:
    """What the catalogue says about one key of a product; ``value`` None: it does not say."""

    product: Product
    key: str
    value: Value | None

    @property
    def known(self) -> bool:
        """Whether the catalogue says it."""
        return self.value is not None


@dataclass(frozen=True)
class Stock:
    """What is there of a product or of one variant; ``pieces`` None where stock has no meaning."""

    product: Product
    variant: str | None
    pieces: int | None
    variants: Mapping[str, int]
    restock_days: int | None

    @property
    def available(self) -> bool:
        """Whether it can be bought now."""
        return self.pieces is None or self.pieces > 0


@dataclass(frozen=True)
class Row:
    """One key of a comparison with both values; None: the catalogue does not say."""

    key: str
    left: Value | None
    right: Value | None

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.left != self.right


@dataclass(frozen=True)
class Wish:
    """What a customer looks for; everything not given is open. Prices in minor units.

    ``having``: keys that a product must have, with any value but "no"; ``attributes``: values it must have.
    """

    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    max_price: int | None = None
    min_price: int | None = None
    in_stock: bool = True
    having: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


def attribute(product: Product, key: str) -> Attribute:
    """What the catalogue says about ``key`` (price, stock, variant or any attribute of the row)."""
    return Attribute(product, key, _value(product, key))


def _value(product: Product, key: str) -> Value | None:
    if key == "price":
        return Money(product.price, product.currency)
    if key == "stock":
        return product.stock
    if key in COLOURS and product.variants and key not in product.attributes:
        return tuple(variant.name for variant in product.variants)
    return product.attributes.get(key)


def keys_of(product: Product) -> tuple[str, ...]:
    """The keys that are told as values, in the catalogue's order."""
    return tuple(key for key in product.attributes if key not in LINKS)


def stock_of(product: Product, variant: str | None = None) -> Stock:
    """What is there, of one variant where one is named; an unknown variant has no pieces."""
    pieces = {item.name: item.stock for item in product.variants}
    days = product.attributes.get("restock_days")
    restock = int(days) if isinstance(days, str) and days.isdecimal() else None
    if variant is None or not pieces:
        return Stock(product, None, product.stock, pieces, restock)
    name = next((name for name in pieces if name.casefold() == variant.casefold()), variant)
    return Stock(product, name, pieces.get(name, 0), pieces, restock)


def in_stock(product: Product) -> bool:
    """Whether a product can be bought now."""
    return stock_of(product).available


def compare(left: Product, right: Product) -> list[Row]:
    """Every key that the catalogue knows of either of two products, price first."""
    keys = dict.fromkeys(("price", *keys_of(left), *keys_of(right)))
    return [Row(key, _value(left, key), _value(right, key)) for key in keys]


def by_ids(tx: Transaction, product_ids: Iterable[str]) -> list[Product]:
    """The products of these ids that there are, in the given order, with their stock of this moment."""
    wanted = list(dict.fromkeys(product_ids))
    found = tx.products.by_ids(wanted) if wanted else {}
    return [found[product_id] for product_id in wanted if product_id in found]


def search(
    tx: Transaction,
    wish: Wish,
    *,
    among: Collection[str] = (),
    near: int = 0,
    limit: int | None = None,
) -> list[Product]:
    """Products that meet every part of a wish, those first whose price is nearest to ``near``.

    ``among`` these ids, where some are given; prices in minor units.
    """
    every = shelf(tx).products.values()
    fitting = [p for p in every if _meets(p, wish) and (not among or p.product_id in among)]
    ids = [product.product_id for product in sorted(fitting, key=lambda product: abs(product.price - near))]
    return list(islice(_available(tx, ids, only=wish.in_stock), limit))


def _available(tx: Transaction, ids: Sequence[str], *, only: bool = True) -> Iterator[Product]:
    """The products of these ids with their stock of this moment; ``only`` those that can be bought."""
    for first in range(0, len(ids), _AT_ONCE):
        for product in by_ids(tx, ids[first : first + _AT_ONCE]):
            if not only or in_stock(product):
                yield product


def one_of_each(tx: Transaction, *, limit: int) -> list[Product]:
    """The cheapest product of each category that can be bought now, of up to ``limit`` categories."""
    by_category: dict[str, list[str]] = {}
    for product in sorted(shelf(tx).products.values(), key=lambda product: product.price):
        by_category.setdefault(product.category, []).append(product.product_id)
    there = (found for ids in by_category.values() if (found := next(_available(tx, ids), None)))
    return list(islice(there, limit))


def _meets(product: Product, wish: Wish) -> bool:
    return all(
        (
            not wish.kinds or product.kind in wish.kinds,
            not wish.categories or product.category in wish.categories,
            wish.max_price is None or product.price <= wish.max_price,
            wish.min_price is None or product.price >= wish.min_price,
            all(word.casefold() in _searchable(product) for word in wish.words),
            all(_value(product, key) not in (None, "no") for key in wish.having),
            all(_has(product, key, value) for key, value in wish.attributes.items()),
        )
    )


def _searchable(product: Product) -> str:
    return " ".join((product.name_en, product.name_zh, product.category)).casefold()


def _has(product: Product, key: str, value: str) -> bool:
    mine = _value(product, key)
    values = mine if isinstance(mine, tuple) else (str(mine),)
    return mine is not None and value.casefold() in {each.casefold() for each in values}


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def returnable_clause(product: Product) -> str:
    """The clause under which a product can be given back."""
    return OWN_WISH if product.kind == GOODS else CLAUSES[product.kind]
