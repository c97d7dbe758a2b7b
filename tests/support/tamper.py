"""What somebody with the database in hand could do: write past the triggers. For tests; always undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from kefu.store import Store, Transaction

TABLES = ("audit", "refunds", "returns", "orders")


@contextmanager
def unguarded(store: Store) -> Iterator[Transaction]:
    """A write transaction without the triggers; everything is undone at its end."""
    try:
        with store.write() as tx:
            _without_triggers(store, tx)
            yield tx
            raise InterruptedError
    except InterruptedError:
        pass


def _without_triggers(store: Store, tx: Transaction) -> None:
    if store.dialect == "sqlite":
        names = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for row in tx._all(names):
            tx.execute(f"DROP TRIGGER {row['name']}")
        return
    for table in TABLES:
        tx.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    tx.execute("ALTER TABLE audit DROP CONSTRAINT uq_audit_previous")
