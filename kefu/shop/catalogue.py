"""Questions about products, answered from the catalogue alone; what it does not say is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kefu.shop.case import GOODS
from kefu.shop.digital import CLAUSES
from kefu.shop.money import Money
from kefu.shop.returns import OWN_WISH
from kefu.store.records import Product

if TYPE_CHECKING:
    from kefu.store import Transaction

# keys that hold the ids of other products: they are told as products, not as values
LINKS = ("compatible_with", "fits", "alternative", "next", "requires", "upgrade")
COLOURS = ("color", "colour", "variant", "variants")

Value = str | int | Money | tuple[str, ...]


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
class Fit:
    """Whether two products go together.

    ``yes``; ``not_listed``: the catalogue lists what goes with one of them, without the other;
    ``unknown``: it lists nothing. ``listed`` is what it does list.
    """

    status: str
    listed: tuple[Product, ...] = ()


@dataclass(frozen=True)
class Path:
    """The courses that come before and after a course, nearest first."""

    before: tuple[Product, ...] = ()
    after: tuple[Product, ...] = ()


@dataclass(frozen=True)
class Wish:
    """What a customer looks for; everything not given is open. ``max_price`` in minor units."""

    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    max_price: int | None = None
    min_price: int | None = None
    in_stock: bool = True
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


def alternatives(tx: Transaction, product: Product, *, limit: int = 3) -> list[Product]:
    """What may be bought instead: what the catalogue names, then its category, nearest price first.

    Nothing that is out of stock.
    """
    everything = tx.products.all()
    named = set(_links(product, "alternative"))
    rest = [
        other
        for other in everything
        if other.product_id != product.product_id
        and (other.product_id in named or (other.kind, other.category) == (product.kind, product.category))
        and in_stock(other)
    ]
    rest.sort(key=lambda other: (other.product_id not in named, abs(other.price - product.price)))
    return rest[:limit]


def accessories(tx: Transaction, product: Product, *, available_only: bool = False) -> list[Product]:
    """What goes with a product, whichever of the two rows says so."""
    found = [other for other in tx.products.all() if _linked(product, other)]
    return [other for other in found if in_stock(other)] if available_only else found


def fits(tx: Transaction, left: Product, right: Product) -> Fit:
    """Whether two products go together."""
    if _linked(left, right):
        return Fit("yes", (right,))
    listed = accessories(tx, left) or accessories(tx, right)
    return Fit("not_listed", tuple(listed)) if listed else Fit("unknown")


def _linked(left: Product, right: Product) -> bool:
    if left.product_id == right.product_id:
        return False
    pairs = ((left, right), (right, left))
    return any(b.product_id in _links(a, key) for a, b in pairs for key in ("fits", "compatible_with"))


def _links(product: Product, key: str) -> tuple[str, ...]:
    value = product.attributes.get(key, ())
    return (value,) if isinstance(value, str) else tuple(value)


def course_path(tx: Transaction, product: Product) -> Path:
    """What a course requires and what follows it, whichever of the two rows says so."""
    everything = tx.products.all()
    return Path(
        before=_walk(everything, product, forth="requires", back="next"),
        after=_walk(everything, product, forth="next", back="requires"),
    )


def _walk(everything: Sequence[Product], start: Product, *, forth: str, back: str) -> tuple[Product, ...]:
    found: dict[str, Product] = {}
    queue = [start]
    while queue:
        here = queue.pop(0)
        for other in everything:
            joined = other.product_id in _links(here, forth) or here.product_id in _links(other, back)
            if joined and other.product_id not in found and other.product_id != start.product_id:
                found[other.product_id] = other
                queue.append(other)
    return tuple(found.values())


def upgrade_of(tx: Transaction, product: Product) -> Product | None:
    """The membership that the catalogue names as the next larger one."""
    return next((found for id_ in _links(product, "upgrade") if (found := tx.products.get(id_))), None)


def by_ids(tx: Transaction, product_ids: Iterable[str]) -> list[Product]:
    """The products of these ids that there are, in the given order."""
    return [product for id_ in dict.fromkeys(product_ids) if (product := tx.products.get(id_)) is not None]


def search(tx: Transaction, wish: Wish, *, limit: int | None = None) -> list[Product]:
    """Products that meet every part of a wish, cheapest first."""
    found = [product for product in tx.products.all() if _meets(product, wish)]
    return sorted(found, key=lambda product: product.price)[:limit]


def _meets(product: Product, wish: Wish) -> bool:
    return all(
        (
            not wish.kinds or product.kind in wish.kinds,
            not wish.categories or product.category in wish.categories,
            wish.max_price is None or product.price <= wish.max_price,
            wish.min_price is None or product.price >= wish.min_price,
            not wish.in_stock or in_stock(product),
            all(word.casefold() in _searchable(product) for word in wish.words),
            all(_has(product, key, value) for key, value in wish.attributes.items()),
        )
    )


def _searchable(product: Product) -> str:
    return " ".join((product.name_en, product.name_zh, product.category)).casefold()


def _has(product: Product, key: str, value: str) -> bool:
    mine = _value(product, key)
    values = mine if isinstance(mine, tuple) else (str(mine),)
    return mine is not None and value.casefold() in {each.casefold() for each in values}


def returnable_clause(product: Product) -> str:
    """The clause under which a product can be given back."""
    return OWN_WISH if product.kind == GOODS else CLAUSES[product.kind]
