"""The demo shop in a store of its own, for tests: seeded once a run, copied for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.shop.operations import assess, perform
from kefu.shop.outcome import Outcome
from kefu.store import Store, Transaction
from kefu.store.records import Order
from kefu.store.seed import seed

DATA = Path(__file__).resolve().parents[2] / "data" / "shop"
NOW = datetime(2026, 11, 18, 4, 0, tzinfo=timezone.utc)  # a Wednesday, noon in the shop


@lru_cache(maxsize=1)
def _template() -> Path:
    file = Path(tempfile.mkdtemp(prefix="kefu-demo-")) / "shop.db"
    store = Store.open(f"sqlite:///{file}", migrate=True)
    seed(store, DATA, now=NOW, fresh=True)
    store.close()
    return file


@dataclass(frozen=True)
class DemoShop:
    """A store with the demo shop, as it stands at ``now``."""

    store: Store
    now: datetime = NOW

    def owner(self, order_number: str) -> Identity:
        """The signed-in owner of an order."""
        return Identity(f"s-{order_number}", customer_id=self.order(order_number).customer_id)

    def order(self, order_number: str) -> Order:
        """An order as it stands."""
        with self.store.read() as tx:
            order = tx.orders.get(order_number)
        assert order is not None
        return order

    def assess(self, kind: str, order_number: str, **fields: Any) -> Outcome:
        """What the owner's operation would come to."""
        wish = Operation(kind, order_number, **fields)
        with self.store.read() as tx:
            return assess(tx, self.owner(order_number), wish, now=self.now)

    def perform(self, kind: str, order_number: str, *, key: str | None = None, **fields: Any) -> Outcome:
        """Do the owner's operation, under a key of its own unless one is given."""
        wish = Operation(kind, order_number, **fields)
        with self.store.write() as tx:
            return perform(tx, self.owner(order_number), wish, now=self.now, key=key or token_hex(8))

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A reading transaction."""
        with self.store.read() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A writing transaction."""
        with self.store.write() as tx:
            yield tx


@contextmanager
def demo_shop(folder: Path, *, now: datetime = NOW) -> Iterator[DemoShop]:
    """The demo shop in a fresh database under ``folder``, seeded at NOW and looked at from ``now``."""
    file = folder / "shop.db"
    shutil.copy(_template(), file)
    store = Store.open(f"sqlite:///{file}", clock=lambda: now)
    try:
        yield DemoShop(store, now)
    finally:
        store.close()


def later(shop: DemoShop, **delta: float) -> DemoShop:
    """The same shop seen that much later (days=…, hours=…)."""
    return replace(shop, now=shop.now + timedelta(**delta))
