"""The little shop: two customers, nine orders in every state, and databases that begin anew in an instant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol

from kefu.shop.identity import Identity
from kefu.store import Store, Transaction
from kefu.store.policy_file import read_policy
from kefu.store.records import Clause, Coupon, Customer, Order, OrderLine, Product, Variant
from tests.support.databases import SHOP, PostgresDatabases

START = datetime(2026, 3, 4, 4, 0, tzinfo=timezone.utc)  # a Wednesday, noon in the shop
ANN, BEN = "M1", "M2"
SESSIONS = {
    "ann": Identity("ann", customer_id=ANN),
    "ann on her phone": Identity("ann on her phone", customer_id=ANN),
    "ben": Identity("ben", customer_id=BEN),
}
CUP, LAMP, DESK = ("CUP", 2999), ("LAMP", 4500), ("DESK", 25000)
COURSE, BOOK, CLUB = ("COURSE", 4900), ("BOOK", 900), ("CLUB", 990)
Bought = tuple[tuple[str, int], int]  # (product and price, pieces)
ORDERS: dict[str, tuple[str, str, int, tuple[Bought, ...]]] = {  # owner, status, placed days ago, lines
    "N1": (ANN, "processing", 1, ((CUP, 3), (LAMP, 1))),
    "N2": (ANN, "delivered", 9, ((CUP, 2), (LAMP, 2))),
    "N3": (ANN, "delivered", 9, ((DESK, 1), (LAMP, 1))),
    "N4": (ANN, "completed", 2, ((COURSE, 1), (BOOK, 1))),
    "N5": (ANN, "active", 2, ((CLUB, 1),)),
    "N6": (ANN, "processing", 1, ((LAMP, 1),)),
    "N7": (ANN, "pending_payment", 0, ((CUP, 1), (LAMP, 1))),
    "N8": (BEN, "processing", 1, ((CUP, 1), (LAMP, 1))),
    "N9": (BEN, "delivered", 12, ((CUP, 1), (LAMP, 2))),
}
COUPON = Coupon("TEN", "percent", 10, 0, None, None, None)
WITH_COUPON = ("N1", "N9")


class Databases(Protocol):
    """Where a machine gets a store with the little shop as it was at START."""

    def fresh(self) -> Store:
        """The store, with nothing in it of what was done before."""


@contextmanager
def sqlite_shop(folder: Path) -> Iterator[Databases]:
    """One file, brought back to its beginning for each run."""
    store = Store.open(f"sqlite:///{folder / 'money.db'}", migrate=True, clock=lambda: START)
    _fill(store)
    try:
        yield _Rewound(store)
    finally:
        store.close()


class _Rewound:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._beginning = sqlite3.connect(":memory:")
        with self._raw() as connection:
            connection.backup(self._beginning)

    @contextmanager
    def _raw(self) -> Iterator[sqlite3.Connection]:
        raw: Any = self._store._engine.raw_connection()
        try:
            yield raw.driver_connection
        finally:
            raw.close()

    def fresh(self) -> Store:
        """The same store, every page as it was."""
        with self._raw() as connection:
            connection.execute("PRAGMA query_only=OFF")
            connection.execute("PRAGMA synchronous=OFF")  # no power fails here
            self._beginning.backup(connection)
        return self._store


class PostgresShop:
    """A database of its own for each run, copied inside the server."""

    def __init__(self, databases: PostgresDatabases) -> None:
        self._databases = databases
        self._template = databases.empty()
        store = Store.open(self._template, migrate=True, clock=lambda: START)
        _fill(store)
        store.close()
        self._store: Store | None = None

    def fresh(self) -> Store:
        """A copy; the one before is closed."""
        self.close()
        self._store = Store.open(self._databases.copy_of(self._template), clock=lambda: START)
        return self._store

    def close(self) -> None:
        """Close the last copy."""
        if self._store is not None:
            self._store.close()


def clauses() -> list[Clause]:
    """The policy that the shop begins with: the demo shop's."""
    return read_policy(SHOP / "policy.csv", now=START)


def _fill(store: Store) -> None:
    with store.write() as tx:
        tx.policy.replace_all(clauses())
        tx.customers.put([_customer(ANN, "Ann"), _customer(BEN, "Ben")])
        tx.products.put(_products())
        tx.coupons.put([COUPON])
        _put_orders(tx)


def _put_orders(tx: Transaction) -> None:
    products = {product.product_id: product for product in tx.products.all()}
    tx.orders.put([_order(number, products) for number in ORDERS])


def _customer(customer_id: str, name: str) -> Customer:
    email = f"{name.lower()}@example.com"
    return Customer(customer_id, name, email, "+1", "en", "none", "1 Market St", "94105", "US")


def _products() -> list[Product]:
    goods = [
        Product(
            name, "physical", name, name, "home", price, "USD", 8, (Variant("black", 4), Variant("white", 4))
        )
        for name, price in (CUP, LAMP, DESK)
    ]
    kinds = ("course", "ebook", "membership")
    digital = [
        Product(name, kind, name, name, kind, price, "USD", None)
        for kind, (name, price) in zip(kinds, (COURSE, BOOK, CLUB), strict=True)
    ]
    return goods + digital


def _order(number: str, products: dict[str, Product]) -> Order:
    owner, status, days, bought = ORDERS[number]
    placed = START - timedelta(days=days)
    subtotal = sum(price * pieces for (_, price), pieces in bought)
    discount = subtotal // 10 if number in WITH_COUPON else 0
    shipping = 500 if status in ("processing", "delivered") else 0
    total = subtotal + shipping - discount
    delivered = placed + timedelta(days=4) if status == "delivered" else None
    return Order(
        number, owner, status, placed, placed + timedelta(days=1) if delivered else None, delivered, None,
        True if status == "active" else None, "standard" if shipping else None, None, None, None,
        "visa-4242", subtotal, shipping, discount, COUPON.code if discount else None, total,
        0 if status == "pending_payment" else total, "USD", False if status == "active" else None, None,
        tuple(_line(number, at, one, products) for at, one in enumerate(bought, 1)),
        charged_at=placed if status == "active" else None,
        next_charge_at=placed + timedelta(days=30) if status == "active" else None,
    )  # fmt: skip


def _line(number: str, at: int, bought: Bought, products: dict[str, Product]) -> OrderLine:
    (name, price), pieces = bought
    kind = products[name].kind
    variant = "black" if kind == "physical" else None
    progress, loaded = 0 if kind == "course" else None, False if kind == "ebook" else None
    return OrderLine(number, at, products[name], pieces, price, variant, progress, loaded)
