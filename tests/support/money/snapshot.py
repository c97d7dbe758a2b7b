"""The rows of the money, all at one moment, as the database has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from kefu.store import Store, schema

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


_S = schema


def _columns(table: sa.Table, *names: str) -> Any:
    return sa.select(*(table.c[name] for name in names))


_ORDERS = _columns(_S.orders, "order_number", "customer_id", "status", "paid")
_LINES = _columns(_S.order_lines, "order_number", "line", "product_id", "variant", "quantity", "cancelled")
_RETURNS = _columns(
    _S.returns, "return_id", "order_number", "line", "quantity", "kind", "new_variant", "state"
)
_REFUNDS = sa.select(_S.refunds)
_OPEN = sa.select(_S.confirmations.c.session_id, _S.confirmations.c.nonce).where(
    _S.confirmations.c.state == "open"
)
_STOCK = sa.select(_S.variants.c.product_id, _S.variants.c.name, _S.variants.c.stock)
_AUDIT = sa.select(_S.audit.c.subject, sa.func.count()).group_by(_S.audit.c.subject)


def snapshot(store: Store) -> Snapshot:
    """Read it in one transaction."""
    with store.read() as tx:
        run = tx.orders._run
        return Snapshot(
            orders={row["order_number"]: dict(row) for row in run(_ORDERS).mappings()},
            lines={(row["order_number"], row["line"]): dict(row) for row in run(_LINES).mappings()},
            returns={row["return_id"]: dict(row) for row in run(_RETURNS).mappings()},
            refunds={row["refund_id"]: dict(row) for row in run(_REFUNDS).mappings()},
            open_nonces={row[0]: row[1] for row in run(_OPEN)},
            stock={(row[0], row[1]): row[2] for row in run(_STOCK)},
            audit=Counter({row[0]: row[1] for row in run(_AUDIT)}),
        )
