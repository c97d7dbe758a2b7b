"""`kefu import products`: the catalogue from a table, through the checks of the seed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kefu.cli import console, imports_report
from kefu.cli.shop import open_store
from kefu.errors import ConfigError, SeedError
from kefu.knowledge.readers.files import TABLES, contents, form_of, read
from kefu.knowledge.readers.rows import Bad, Reading
from kefu.knowledge.readers.rows import Row as Read
from kefu.settings import Settings
from kefu.store import Transaction
from kefu.store.csv_tables import Row
from kefu.store.knowledge_records import Relation
from kefu.store.records import Product
from kefu.store.relations_file import LINKS, unknown_links
from kefu.store.shop_files import PRODUCTS, read_product

NOTE = "note"  # a column that the seed passes over too


def products(file: Path, *, dry_run: bool, keep_good: bool, as_json: bool, most_bytes: int) -> int:
    """Import the products of ``file`` and print what changed; 1 where nothing was for bad rows."""
    form = form_of(file.name)
    if form not in TABLES:
        raise ConfigError(f"{file}: wanted products as CSV, JSON or JSON Lines")
    found, bad = _products(read(contents(file, most_bytes=most_bytes), form, name=file.name), file)
    refused = bool(bad) and not keep_good
    write = not (dry_run or refused)
    with open_store(Settings.load()) as store, store.write() if write else store.read() as tx:
        standing = {product.product_id: product for product in tx.products.all()}
        told = {**_told(found, standing), "bad": [f"{file.name}, {one.place}: {one.reason}" for one in bad]}
        told["notes"] = unknown_links({**standing, **{product.product_id: product for product in found}})
        if write:
            _write(tx, found, standing)
            tx.audit.add("operator", "products_imported", "catalogue", _counts(told))
    _show(told, written=write, as_json=as_json)
    if refused:
        imports_report.refuse(len(bad))
    return 1 if refused else 0


def _products(reading: Reading, file: Path) -> tuple[list[Product], list[Bad]]:
    found: dict[str, Product] = {}
    bad = list(reading.bad)
    for number, row in enumerate(reading.rows, 1):
        try:
            product = _product(row, file, number)
        except SeedError as error:
            bad.append(Bad(row.place, str(error).removeprefix(f"{file}, line {number}, ")))
            continue
        if product.product_id in found:
            bad.append(Bad(row.place, f"{product.product_id} stands in the file twice; wanted it once"))
        found.setdefault(product.product_id, product)
    return list(found.values()), bad


def _product(row: Read, file: Path, number: int) -> Product:
    cells = {name.strip(): value.strip() or None for name, value in row.cells.items()}
    missing = [name for name in PRODUCTS if name not in cells]
    unknown = [name for name in cells if name not in (*PRODUCTS, NOTE)]
    if missing or unknown:
        wrong = f"lacks the columns {', '.join(missing)}" if missing else f"has the column {unknown[0]!r}"
        raise SeedError(f"the row {wrong}; wanted {', '.join(PRODUCTS)}")
    if any(not (c.isprintable() or c.isspace()) for value in cells.values() for c in value or ""):
        raise SeedError("a cell holds a character that cannot be shown; take it out")
    return read_product(Row(file, number, cells))


def _told(found: Sequence[Product], standing: Mapping[str, Product]) -> dict[str, Any]:
    changed = {
        product.product_id: [f"{name}: {getattr(standing[product.product_id], name)} → {value}"
                             for name, value in vars(product).items()
                             if getattr(standing[product.product_id], name) != value]
        for product in found if standing.get(product.product_id, product) != product
    }  # fmt: skip
    added = [product.product_id for product in found if product.product_id not in standing]
    return {"added": added, "changed": changed, "same": len(found) - len(added) - len(changed)}


def _write(tx: Transaction, found: Sequence[Product], standing: Mapping[str, Product]) -> None:
    new = [product for product in found if standing.get(product.product_id) != product]
    if not new:
        return
    tx.products.merge(new)
    known = {*standing, *(product.product_id for product in new)}
    relations: list[Relation] = []
    for product in new:
        before = standing.get(product.product_id)
        stated = _links(before, known) if before else []
        kept = [one for one in tx.relations.of_product(product.product_id) if one not in stated]
        relations += dict.fromkeys([*_links(product, known), *kept])
    tx.relations.replace_of([product.product_id for product in new], relations)


def _links(product: Product, known: set[str]) -> list[Relation]:
    """What the attributes of a product say of others; what relations.csv says stays as it is."""
    found = []
    for kind in LINKS:
        said = product.attributes.get(kind, ())
        others = [other for other in ((said,) if isinstance(said, str) else said) if other in known]
        found += [Relation(product.product_id, kind, other_id=other) for other in others
                  if other != product.product_id]  # fmt: skip
    return found


def _counts(told: Mapping[str, Any]) -> dict[str, int]:
    return {name: told[name] if name == "same" else len(told[name])
            for name in ("added", "changed", "same", "bad")}  # fmt: skip


def _show(told: Mapping[str, Any], *, written: bool, as_json: bool) -> None:
    if as_json:
        console.say(json.dumps({"written": written, "counts": _counts(told), **told}, ensure_ascii=False))
        return
    for product_id in told["added"]:
        console.say(f"+ {product_id}")
    for product_id, differs in told["changed"].items():
        console.say("\n    ".join([f"~ {product_id}", *differs]))
    for line in (*(f"bad: {one}" for one in told["bad"]), *(f"note: {one}" for one in told["notes"])):
        console.say(line)
    figures = ", ".join(f"{name} {number}" for name, number in _counts(told).items())
    console.say(f"{'imported' if written else 'would be'}: {figures}")
