"""The rows of the money, all at one moment, as the database has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from kefu.store import Store

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """Rows by their keys; ``audit`` counts the entries of each subject."""

    orders: Mapping[str, Row]
    lines: Mapping[tuple[str, int], Row]
    returns: Mapping[str, Row]
    refunds: Mapping[str, Row]
    open_nonces: Mapping[str, str]
    stock: Mapping[tuple[str, str], int]
    audit: Counter[str]

    def money(self) -> tuple[Any, ...]:
        """Everything that a refused request must leave as it was."""
        return self.orders, self.lines, self.returns, self.refunds, self.stock


# spelt out: building and compiling the statements would take longer than running them
_ORDERS = "SELECT order_number, customer_id, status, paid FROM orders"
_LINES = "SELECT order_number, line, product_id, variant, quantity, cancelled FROM order_lines"
_RETURNS = "SELECT return_id, order_number, line, quantity, kind, new_variant, state, reason FROM returns"
_REFUNDS = "SELECT * FROM refunds"
_OPEN = "SELECT session_id, nonce FROM confirmations WHERE state = 'open'"
_STOCK = "SELECT product_id, name, stock FROM variants"
_AUDIT = "SELECT subject, count(*) FROM audit GROUP BY subject"


def snapshot(store: Store) -> Snapshot:
    """Read it in one transaction."""
    with store.read() as tx:
        run = tx.orders._connection.exec_driver_sql
        return Snapshot(
            orders={row["order_number"]: dict(row) for row in run(_ORDERS).mappings()},
            lines={(row["order_number"], row["line"]): dict(row) for row in run(_LINES).mappings()},
            returns={row["return_id"]: dict(row) for row in run(_RETURNS).mappings()},
            refunds={row["refund_id"]: _with_time(row) for row in run(_REFUNDS).mappings()},
            open_nonces={row[0]: row[1] for row in run(_OPEN)},
            stock={(row[0], row[1]): row[2] for row in run(_STOCK)},
            audit=Counter({row[0]: row[1] for row in run(_AUDIT)}),
        )


def _with_time(row: Row) -> Row:
    """SQLite keeps the UTC time as text."""
    at = row["created_at"]
    told = datetime.fromisoformat(at).replace(tzinfo=timezone.utc) if isinstance(at, str) else at
    return {**row, "created_at": told}
