"""Electronic invoices that customers asked for."""

from __future__ import annotations

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Invoice

_TABLE = schema.invoices
_FIELDS = tuple(column.name for column in _TABLE.columns)


class Invoices(Repository):
    """Invoices of orders."""

    def of_order(self, order_number: str) -> list[Invoice]:
        """The order's invoices, oldest first."""
        statement = sa.select(_TABLE).where(_TABLE.c.order_number == order_number, self._begun(_TABLE))
        rows = self._all(statement.order_by(_TABLE.c.created_at, _TABLE.c.invoice_id))
        return [Invoice(**row) for row in rows]

    def add(self, invoice: Invoice) -> None:
        """Record a request; DuplicateKey where its id is taken."""
        self._try(sa.insert(_TABLE).values({name: getattr(invoice, name) for name in _FIELDS}))

    def set_state(self, invoice_id: str, to: str) -> None:
        """Mark an invoice as requested, sent or reissued."""
        changed = sa.update(_TABLE).where(_TABLE.c.invoice_id == invoice_id).values(state=to)
        self._must_change(changed, f"there is no invoice {invoice_id!r}")
