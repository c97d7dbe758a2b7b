"""Money on its way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Refund

_TABLE, _ORDERS = schema.refunds, schema.orders
_FIELDS = tuple(column.name for column in _TABLE.columns)
OPEN = ("requested", "approved", "submitted")
_COUNTS = _TABLE.c.state.not_in(("rejected", "failed"))


class Refunds(Repository):
    """Refunds; the database holds the key unique and the sum at or below what was paid."""

    def of_order(self, order_number: str) -> list[Refund]:
        """The order's refunds, oldest first."""
        statement = sa.select(_TABLE).where(_TABLE.c.order_number == order_number)
        rows = self._all(statement.order_by(_TABLE.c.created_at, _TABLE.c.refund_id))
        return [Refund(**row) for row in rows]

    def get(self, refund_id: str) -> Refund | None:
        """The refund with this id, None where there is none."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.refund_id == refund_id))
        return Refund(**row) if row else None

    def by_key(self, key: str) -> Refund | None:
        """The refund recorded under this key, None where there is none."""
        row = self._one(sa.select(_TABLE).where(_TABLE.c.key == key))
        return Refund(**row) if row else None

    def add(self, refund: Refund) -> None:
        """Record a refund.

        DuplicateKey where its key was used before; StoreError where the order's refunds would
        exceed what was paid. The transaction stays usable after either.
        """
        self._try(sa.insert(_TABLE).values({name: getattr(refund, name) for name in _FIELDS}))

    def put(self, refunds: Sequence[Refund]) -> None:
        """Load refunds as they are (the seed)."""
        self._put(_TABLE, [{name: getattr(refund, name) for name in _FIELDS} for refund in refunds])

    def set_state(self, refund_id: str, to: str, **marks: Any) -> None:
        """Move a refund to another state; StoreError where that is no legal move.

        ``marks`` are written with it: ``decided_by`` and ``decided_at`` (a person's decision needs them),
        ``reference``, ``settled_at``, ``note``.
        """
        self._move(_TABLE, "refund_id", refund_id, column="state", to=to, **marks)

    def set_reference(self, refund_id: str, reference: str) -> None:
        """Note what the payment provider calls the refund; it is written once."""
        changed = sa.update(_TABLE).where(_TABLE.c.refund_id == refund_id).values(reference=reference)
        self._must_change(changed, f"there is no refund {refund_id!r}")

    def lock(self, refund_id: str) -> Refund | None:
        """The refund as it stands, held until the end of the write transaction."""
        row = self._one(self._held(sa.select(_TABLE).where(_TABLE.c.refund_id == refund_id)))
        return Refund(**row) if row else None

    def in_state(self, *states: str) -> list[Refund]:
        """Every refund in one of ``states``, oldest first."""
        statement = sa.select(_TABLE).where(_TABLE.c.state.in_(states))
        rows = self._all(statement.order_by(_TABLE.c.created_at, _TABLE.c.refund_id))
        return [Refund(**row) for row in rows]

    def open_on_line(self, order_number: str, line: int | None) -> Refund | None:
        """The line's (None: the order's) refund that is neither settled nor rejected, None without one."""
        here = sa.and_(_TABLE.c.order_number == order_number, _TABLE.c.line.is_not_distinct_from(line))
        row = self._one(sa.select(_TABLE).where(here, _TABLE.c.state.in_(OPEN)))
        return Refund(**row) if row else None

    def sum_of_order(self, order_number: str) -> int:
        """Minor units refunded or about to be; rejected and failed refunds do not count."""
        total = sa.select(sa.func.coalesce(sa.func.sum(_TABLE.c.amount), 0))
        return int(self._value(total.where(_TABLE.c.order_number == order_number, _COUNTS)))

    def automatic_of_customer(self, customer_id: str, since: datetime) -> int:
        """How many automatic refunds the customer got after ``since``, over all orders."""
        joined = _TABLE.join(_ORDERS, _ORDERS.c.order_number == _TABLE.c.order_number)
        count = sa.select(sa.func.count()).select_from(joined)
        mine = sa.and_(_ORDERS.c.customer_id == customer_id, _TABLE.c.created_at > since)
        return int(self._value(count.where(mine, _TABLE.c.automatic.is_(True), _COUNTS)))
