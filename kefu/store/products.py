"""The catalogue and its stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Product, Variant

CATALOGUE = "catalogue"  # the change counter that `put` bumps; taking stock does not

_PRODUCTS, _VARIANTS = schema.products, schema.variants
FIELDS = ("product_id", "kind", "name_en", "name_zh", "category", "price", "currency", "stock")


def _attributes(kept: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in kept.items()}


def _row(product: Product, position: int) -> dict[str, Any]:
    attributes = {k: list(v) if isinstance(v, tuple) else v for k, v in product.attributes.items()}
    fields = {name: getattr(product, name) for name in FIELDS}
    return {**fields, "position": position, "attributes": attributes}


def product_of(row: Sequence[Any], variants: tuple[Variant, ...]) -> Product:
    """The product of a row of ``FIELDS`` and the attributes, with its variants."""
    *columns, attributes = row
    fields = dict(zip(FIELDS, columns, strict=True))
    if variants:
        fields["stock"] = sum(variant.stock for variant in variants)
    return Product(**fields, variants=variants, attributes=_attributes(attributes))


@dataclass(frozen=True)
class _Reading:
    """The statements that read some products, built once."""

    products: Any
    variants: Any

    @classmethod
    def of(cls, within: Callable[[Any], Any]) -> _Reading:
        columns = [*(_PRODUCTS.c[name] for name in FIELDS), _PRODUCTS.c.attributes]
        products = sa.select(*columns).where(within(_PRODUCTS.c.product_id))
        variants = sa.select(_VARIANTS).where(within(_VARIANTS.c.product_id))
        return cls(
            products.order_by(_PRODUCTS.c.position, _PRODUCTS.c.product_id),
            variants.order_by(_VARIANTS.c.position, _VARIANTS.c.name),
        )


@lru_cache(maxsize=1)
def _one_product() -> _Reading:
    return _Reading.of(lambda column: column == sa.bindparam("product"))


@lru_cache(maxsize=1)
def _some_products() -> _Reading:
    return _Reading.of(lambda column: column.in_(sa.bindparam("products", expanding=True)))


@lru_cache(maxsize=1)
def _all_products() -> _Reading:
    return _Reading.of(lambda column: sa.true())


class Products(Repository):
    """Read products, take pieces from stock and put them back."""

    def get(self, product_id: str) -> Product | None:
        """The product with this id, None where there is none."""
        return next(iter(self._records(_one_product(), {"product": product_id})), None)

    def all(self) -> list[Product]:
        """Every product, in the catalogue's own order."""
        return self._records(_all_products(), {})

    def by_ids(self, product_ids: Iterable[str]) -> dict[str, Product]:
        """The products of these ids, by id."""
        found = self._records(_some_products(), {"products": sorted(set(product_ids))})
        return {product.product_id: product for product in found}

    def take_stock(self, product_id: str, variant: str | None, pieces: int) -> bool:
        """Take ``pieces`` from stock; False (and nothing taken) where there are not so many.

        Where the product has variants one must be named unless there is only one. What has
        no stock (digital goods) can always be taken.
        """
        return self._change_stock(product_id, variant, -pieces)

    def put_back(self, product_id: str, variant: str | None, pieces: int) -> bool:
        """Put ``pieces`` back on stock; False where product or variant are unknown."""
        return self._change_stock(product_id, variant, pieces)

    def put(self, products: Sequence[Product]) -> None:
        """Insert products, or overwrite those that are there; bumps the counter ``catalogue``."""
        self._write([(product, position) for position, product in enumerate(products)])

    def merge(self, products: Sequence[Product]) -> None:
        """The same; those that are there keep their place, new ones come behind all others."""
        rows = self._all(sa.select(_PRODUCTS.c.product_id, _PRODUCTS.c.position))
        places = {str(row["product_id"]): int(row["position"]) for row in rows}
        behind = count(max(places.values(), default=-1) + 1)
        self._write([(p, places[p.product_id] if p.product_id in places else next(behind)) for p in products])

    def _write(self, placed: Sequence[tuple[Product, int]]) -> None:
        products = [product for product, _ in placed]
        if products:
            gone = sa.delete(_VARIANTS).where(_VARIANTS.c.product_id == sa.bindparam("of_product"))
            self._run(gone, [{"of_product": product.product_id} for product in products])
        self._put(_PRODUCTS, [_row(product, position) for product, position in placed])
        pieces = [
            {"product_id": p.product_id, "name": v.name, "position": position, "stock": v.stock}
            for p in products
            for position, v in enumerate(p.variants)
        ]
        self._put(_VARIANTS, pieces)
        self._bump(schema.counters, CATALOGUE)

    def _records(self, reading: _Reading, values: Mapping[str, Any]) -> list[Product]:
        rows = self._run(reading.products, values).all()
        variants = self._variants(reading, values) if rows else {}
        return [product_of(row, variants.get(row[0], ())) for row in rows]

    def _variants(self, reading: _Reading, values: Mapping[str, Any]) -> dict[str, tuple[Variant, ...]]:
        found: dict[str, tuple[Variant, ...]] = {}
        for row in self._all(reading.variants, values):
            before = found.get(row["product_id"], ())
            found[row["product_id"]] = (*before, Variant(row["name"], row["stock"]))
        return found

    def _change_stock(self, product_id: str, variant: str | None, change: int) -> bool:
        product = self.get(product_id)
        if product is None:
            return False
        if not product.variants:
            return product.stock is None or self._guarded(_PRODUCTS, change, product_id=product_id)
        if variant is None and len(product.variants) == 1:
            variant = product.variants[0].name
        return variant is not None and self._guarded(_VARIANTS, change, product_id=product_id, name=variant)

    def _guarded(self, table: sa.Table, change: int, **key: str) -> bool:
        # the condition and the change are one statement: two buyers cannot take the last piece
        statement = sa.update(table).where(*(table.c[name] == value for name, value in key.items()))
        statement = statement.where(table.c.stock + change >= 0).values(stock=table.c.stock + change)
        return bool(self._run(statement).rowcount)
