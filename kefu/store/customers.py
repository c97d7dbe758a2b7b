"""Customers of the shop."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.base import Repository
from kefu.store.records import Customer

_TABLE = schema.customers
_FIELDS = tuple(column.name for column in _TABLE.columns if column.name != "email_key")
_SELECT = sa.select(*(_TABLE.c[name] for name in _FIELDS))
_GET = _SELECT.where(_TABLE.c.customer_id == sa.bindparam("customer"))


class Customers(Repository):
    """Read customers; only the seed writes them."""

    def get(self, customer_id: str) -> Customer | None:
        """The customer with this id, None where there is none."""
        row = self._one(_GET, {"customer": customer_id})
        return Customer(**row) if row else None

    def by_email(self, email: str) -> Customer | None:
        """The customer with this e-mail, upper and lower case alike."""
        found = _SELECT.where(_TABLE.c.email_key == email.strip().casefold())
        row = self._one(found.order_by(_TABLE.c.customer_id))
        return Customer(**row) if row else None

    def first(self, limit: int) -> list[Customer]:
        """At most ``limit`` customers in the order of their ids, for the demo's choice of who to be."""
        return [Customer(**row) for row in self._all(_SELECT.order_by(_TABLE.c.customer_id).limit(limit))]

    def put(self, customers: Sequence[Customer]) -> None:
        """Insert customers, or overwrite those that are there."""
        rows = [{name: getattr(customer, name) for name in _FIELDS} for customer in customers]
        self._put(_TABLE, [{**row, "email_key": row["email"].casefold()} for row in rows])
