"""A transaction: every repository over one connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kefu.store import schema
from kefu.store.attachments import Attachments
from kefu.store.audit import EMPTIED, Audit
from kefu.store.base import Clock, Repository, Rows
from kefu.store.books import Books
from kefu.store.buttons import Buttons
from kefu.store.claims import Claims
from kefu.store.codes import Codes
from kefu.store.confirmations import Confirmations
from kefu.store.coupons import Coupons
from kefu.store.customers import Customers
from kefu.store.feedback import FeedbackRows
from kefu.store.inboxes import Inboxes
from kefu.store.invoices import Invoices
from kefu.store.kept import Kept
from kefu.store.messages import Messages
from kefu.store.orders import Orders
from kefu.store.outbox import Outbox
from kefu.store.passage_sources import PassageSources
from kefu.store.passages import Passages
from kefu.store.payments import Payments
from kefu.store.policy import Policy
from kefu.store.products import Products
from kefu.store.refunds import Refunds
from kefu.store.relations import Relations
from kefu.store.returns import Returns
from kefu.store.sessions import Sessions
from kefu.store.shipments import Shipments
from kefu.store.switches import Switches
from kefu.store.tickets import Tickets
from kefu.store.trackers import Conversations
from kefu.store.turns import Turns

Value = TypeVar("Value")

_KEPT_BY_EMPTYING = ("counters", "legal_moves", "switches", "audit", "passages_gone")


class Transaction(Repository):
    """What ``Store.read()`` and ``Store.write()`` yield: one attribute a table family."""

    def __init__(self, connection: Connection, clock: Clock, kept: Kept | None = None) -> None:
        super().__init__(connection, clock)
        self._kept = kept or Kept()
        self.audit = Audit(connection, clock)
        self.books = Books(connection, clock)
        self.customers = Customers(connection, clock)
        self.products = Products(connection, clock)
        self.relations = Relations(connection, clock)
        self.orders = Orders(connection, clock)
        self.shipments = Shipments(connection, clock)
        self.returns = Returns(connection, clock)
        self.payments = Payments(connection, clock)
        self.refunds = Refunds(connection, clock, self.audit)
        self.claims = Claims(connection, clock)
        self.switches = Switches(connection, clock)
        self.invoices = Invoices(connection, clock)
        self.coupons = Coupons(connection, clock)
        self.policy = Policy(connection, clock)
        self.passages = Passages(connection, clock)
        self.passage_sources = PassageSources(connection, clock)
        self.sessions = Sessions(connection, clock)
        self.codes = Codes(connection, clock)
        self.confirmations = Confirmations(connection, clock)
        self.buttons = Buttons(connection, clock)
        self.tickets = Tickets(connection, clock)
        self.outbox = Outbox(connection, clock)
        self.turns = Turns(connection, clock)
        self.conversations = Conversations(connection, clock)
        self.messages = Messages(connection, clock)
        self.inboxes = Inboxes(connection, clock)
        self.attachments = Attachments(connection, clock)
        self.feedback = FeedbackRows(connection, clock)

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection, for whoever has to stop what it runs."""
        return self._connection.connection.driver_connection

    def as_of(self, moment: datetime) -> Transaction:
        """The same transaction for reading, with the returns, refunds, invoices and tickets of before."""
        past = Transaction(self._connection, self._clock, self._kept)
        for repository in (past.returns, past.refunds, past.invoices, past.tickets):
            repository.only_before(moment)
        return past

    def counter(self, name: str) -> int:
        """The change counter ``name`` (``catalogue`` or ``passages``); 0 where it is unknown."""
        value = sa.select(schema.counters.c.value).where(schema.counters.c.name == name)
        return int(self._value(value) or 0)

    def kept(self, name: str, build: Callable[[Transaction], Value]) -> Value:
        """What ``build`` makes of this transaction, made once for each state of the change counter ``name``.

        Every transaction of a store shares it. One that moved the counter itself makes it for itself
        alone: it may be undone, and the same count may then stand for something else.
        """
        if any(name in each.moved for each in vars(self).values() if isinstance(each, Repository)):
            return build(self)
        counted = self.counter(name)
        found: Value | None = self._kept.get(name, counted)
        if found is None:
            found = build(self)
            self._kept.put(name, counted, found)
        return found

    def execute(self, statement: str) -> None:
        """Run SQL of the store's own; StoreError where the database refuses it."""
        self._run(sa.text(statement))

    def values(self, statement: str, values: Mapping[str, Any]) -> list[Any]:
        """The rows of SQL of the store's own, which takes these ``values``; none where it gives none."""
        result = self._run(sa.text(statement).bindparams(**values))
        return list(result) if result.returns_rows else []

    def run_each(self, statement: str, rows: Rows) -> None:
        """Run SQL of the store's own once for each of ``rows``."""
        self._run(sa.text(statement), rows)

    def empty(self) -> None:
        """Delete every row of the shop and of all conversations; the schema's own rows and switches stay.

        The audit stays too, and says that all else was deleted: a chain that could be begun anew
        would show nothing.
        """
        self.passages.replace_all([])  # what follows the changes must hear of it
        with self._loading():
            for table in reversed(schema.metadata.sorted_tables):
                if table.name not in _KEPT_BY_EMPTYING:
                    self._run(sa.delete(table))
        self.audit.add("operator", EMPTIED, "store", {})
