"""``relations.csv``: how the shop's products stand to each other, and the clauses that cover them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kefu.store.csv_tables import Row, read_table
from kefu.store.knowledge_records import Relation
from kefu.store.records import Product

FILE = "relations.csv"
COLUMNS = ("product_id", "kind", "target")
COVERED = "covered_by"
LINKS = ("compatible_with", "alternative", "requires", "next", "fits", "variant_of", "upgrade")


def read_relations(
    folder: Path, products: Mapping[str, Product], clauses: Sequence[str]
) -> tuple[Relation, ...]:
    """The links among the products' attributes and the rows of the folder's file, each once.

    Raises:
        SeedError: a product or a clause that is in no table, or one that is related to itself.
    """
    file = folder / FILE
    rows = read_table(file, COLUMNS, key=_key, optional=("note",)) if file.is_file() else []
    told = [_relation(row, products, clauses) for row in rows]
    return tuple(dict.fromkeys([*_links(products), *told]))


def unknown_links(products: Mapping[str, Product]) -> list[str]:
    """In words, the products that attributes name and that are in no table."""
    return [
        f"products.csv: {product.product_id} has {kind}={other}, which is no product; the link is left out"
        for product, kind, other in _said(products)
        if other not in products
    ]


def _key(row: Row) -> object:
    return tuple(row.cells[name] for name in COLUMNS)


def _said(products: Mapping[str, Product]) -> Iterator[tuple[Product, str, str]]:
    for product in products.values():
        for kind in LINKS:
            said = product.attributes.get(kind, ())
            for other in (said,) if isinstance(said, str) else said:
                yield product, kind, other


def _links(products: Mapping[str, Product]) -> list[Relation]:
    return [
        Relation(product.product_id, kind, other_id=other)
        for product, kind, other in _said(products)
        if other in products and other != product.product_id
    ]


def _relation(row: Row, products: Mapping[str, Product], clauses: Sequence[str]) -> Relation:
    kind = row.choice("kind", (*LINKS, COVERED))
    product_id, target = row.text("product_id"), row.text("target")
    if product_id not in products:
        row.refuse("product_id", "a product_id that stands in products.csv")
    if kind == COVERED:
        return Relation(product_id, kind, clause=target) if target in clauses else row.refuse(
            "target", "a clause of the policy"
        )  # fmt: skip
    if target not in products or target == product_id:
        row.refuse("target", "another product_id that stands in products.csv")
    return Relation(product_id, kind, other_id=target)
