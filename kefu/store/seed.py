"""Load a shop from a folder of tables into the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Protocol

from kefu.store.csv_tables import Moments
from kefu.store.policy_file import automatic_limit, check_complete, read_policy, shop_zone
from kefu.store.records import Clause
from kefu.store.shop_files import Shop, check_folder, read_shop
from kefu.store.store import Store
from kefu.store.transaction import Transaction


class ParsePassages(Protocol):
    """From a folder with *.md files to passages: records with the fields of records.Passage.

    The parser lives in kefu.knowledge, which this room may not import; the caller joins the two.
    """

    def __call__(self, folder: Path, *, zone: tzinfo) -> Sequence[Any]:
        """Days of force are of ``zone``."""


@dataclass(frozen=True)
class SeedReport:
    """What was loaded; ``str()`` says it in words, a line a fact."""

    folder: Path
    counts: Mapping[str, int]
    policy_from: Path
    passages_from: Path | None  # None: passages were left as they were
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        loaded = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return "\n".join((f"loaded from {self.folder}: {loaded}", *self.notes))


@dataclass(frozen=True)
class _Loaded:
    """Everything read, before the store is touched."""

    shop: Shop
    clauses: Sequence[Clause]
    passages: Sequence[Any] | None


def packaged_data() -> Path:
    """The folder with the demo shop (``shop/``) and its knowledge (``knowledge/``)."""
    return Path(__file__).resolve().parents[2] / "data"


def seed(
    store: Store,
    folder: Path,
    *,
    now: datetime,
    fresh: bool,
    parse_passages: ParsePassages | None = None,
    packaged: Path | None = None,
) -> SeedReport:
    """Load the shop in ``folder``, its days counted from ``now``, in one transaction.

    ``fresh`` empties the store first, conversations too. Without it customers, products and
    coupons are added or overwritten, orders of the tables begin anew (their returns, refunds and
    invoices with them, their tickets are closed), policy and passages are replaced, and conversations stay.
    ``policy.csv`` and ``knowledge/*.md`` are taken from ``packaged`` (the project's data/) where
    the folder has none; without ``parse_passages`` passages are left alone.

    Raises:
        SeedError: a table is wrong (file, line, column); nothing was changed then.
        StoreError: the database refused.
    """
    check_folder(folder)
    data = packaged or packaged_data()
    policy_file = _own(folder / "policy.csv", data / "shop" / "policy.csv")
    knowledge = _own(folder / "knowledge", data / "knowledge") if parse_passages else None
    shop, clauses = _read(folder, policy_file, data / "shop" / "policy.csv", now=now)
    zone = shop_zone(clauses, file=policy_file)
    passages = parse_passages(knowledge, zone=zone) if parse_passages and knowledge else None
    loaded = _Loaded(shop, clauses, passages)
    with store.write() as tx:
        if fresh:
            tx.empty()
        _write(tx, loaded)
        tx.audit.add("operator", "shop_loaded", "store", {"fresh": fresh, **_counts(loaded)})
    return SeedReport(
        folder=folder,
        counts=_counts(loaded),
        policy_from=policy_file,
        passages_from=knowledge,
        notes=(*_borrowed(folder, policy_file, knowledge), *loaded.shop.notes),
    )


def _own(own: Path, packaged: Path) -> Path:
    """The folder's own file (or folder with something in it), else the packaged one."""
    there = own.is_file() or (own.is_dir() and any(own.glob("*.md")))
    return own if there else packaged


def _read(folder: Path, policy_file: Path, model: Path, *, now: datetime) -> tuple[Shop, list[Clause]]:
    clauses = read_policy(policy_file, now=now)
    if policy_file != model:
        check_complete(clauses, read_policy(model, now=now), file=policy_file)
    moments = Moments(now, shop_zone(clauses, file=policy_file))
    limit = automatic_limit(clauses, file=policy_file)
    return read_shop(folder, moments, automatic_up_to=limit, clauses=[c.clause for c in clauses]), clauses


def _write(tx: Transaction, loaded: _Loaded) -> None:
    shop = loaded.shop
    tx.customers.put(shop.customers)
    tx.products.put(shop.products)
    tx.relations.replace_of([product.product_id for product in shop.products], shop.relations)
    numbers = [order.order_number for order in shop.orders]
    tx.tickets.close_of_orders(numbers)
    tx.refunds.note_dropped(numbers)
    tx.orders.put(shop.orders)
    tx.returns.put(shop.returns)
    tx.refunds.put(shop.refunds)
    tx.coupons.put(shop.coupons)
    tx.policy.replace_all(loaded.clauses)
    if loaded.passages is not None:
        tx.passages.replace_all(loaded.passages)


def _counts(loaded: _Loaded) -> dict[str, int]:
    shop = loaded.shop
    counts = {
        "customers": len(shop.customers),
        "products": len(shop.products),
        "relations": len(shop.relations),
        "orders": len(shop.orders),
        "returns": len(shop.returns),
        "refunds": len(shop.refunds),
        "coupons": len(shop.coupons),
        "clauses": len(loaded.clauses),
    }
    return counts | ({"passages": len(loaded.passages)} if loaded.passages is not None else {})


def _borrowed(folder: Path, policy_file: Path, knowledge: Path | None) -> list[str]:
    notes = []
    if folder not in policy_file.parents:
        notes.append(f"{folder} has no policy.csv: the demo shop's rules were loaded from {policy_file}")
    if knowledge is not None and folder not in knowledge.parents and folder.parent != knowledge.parent:
        notes.append(f"{folder} has no knowledge/*.md: the demo shop's were loaded from {knowledge}")
    return notes
