"""Cases for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Ticket

_TABLE = schema.tickets
_FIELDS = tuple(column.name for column in _TABLE.columns)


class Tickets(Repository):
    """Tickets by session and by customer."""

    def add(self, ticket: Ticket) -> None:
        """Open a ticket; DuplicateKey where its id is taken."""
        self._try(sa.insert(_TABLE).values({name: getattr(ticket, name) for name in _FIELDS}))

    def get(self, ticket_id: str) -> Ticket | None:
        """The ticket with this id, None where there is none."""
        return next(iter(self._records(_TABLE.c.ticket_id == ticket_id)), None)

    def of_session(self, session_id: str) -> list[Ticket]:
        """A session's tickets, newest first."""
        return self._records(_TABLE.c.session_id == session_id)

    def of_customer(self, customer_id: str) -> list[Ticket]:
        """A customer's tickets, newest first."""
        return self._records(_TABLE.c.customer_id == customer_id)

    def of_order(self, order_number: str) -> list[Ticket]:
        """The tickets about an order, newest first."""
        return self._records(_TABLE.c.order_number == order_number)

    def set_state(self, ticket_id: str, state: str) -> None:
        """Mark a ticket as open, waiting or closed."""
        changed = sa.update(_TABLE).where(_TABLE.c.ticket_id == ticket_id).values(state=state)
        self._must_change(changed, f"there is no ticket {ticket_id!r}")

    def close_of_orders(self, order_numbers: Sequence[str]) -> None:
        """Close every ticket about these orders: they begin anew."""
        about = _TABLE.c.order_number.in_(list(order_numbers))
        self._run(sa.update(_TABLE).where(about).values(state="closed"))

    def _records(self, where: Any) -> list[Ticket]:
        newest_first = (_TABLE.c.created_at.desc(), _TABLE.c.ticket_id.desc())
        rows = self._all(sa.select(_TABLE).where(where, self._begun(_TABLE)).order_by(*newest_first))
        return [Ticket(**row) for row in rows]
