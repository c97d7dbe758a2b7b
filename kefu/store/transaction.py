"""A transaction: every repository over one connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

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
Kind = TypeVar("Kind", bound=Repository)

_KEPT_BY_EMPTYING = ("counters", "legal_moves", "switches", "audit", "passages_gone")


class _Made(Generic[Kind]):
    """A repository of a transaction, made when it is first asked for: a turn needs a few of them."""

    def __init__(self, kind: Callable[[Connection, Clock], Kind]) -> None:
        self._kind = kind

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tx: Transaction, _owner: type | None = None) -> Kind:
        made = self._kind(tx._connection, tx._clock)
        vars(tx)[self._name] = made  # found before this from now on
        return made


class Transaction(Repository):
    """What ``Store.read()`` and ``Store.write()`` yield: one attribute a table family."""

    audit = _Made(Audit)
    books = _Made(Books)
    customers = _Made(Customers)
    products = _Made(Products)
    relations = _Made(Relations)
    orders = _Made(Orders)
    shipments = _Made(Shipments)
    returns = _Made(Returns)
    payments = _Made(Payments)
    claims = _Made(Claims)
    switches = _Made(Switches)
    invoices = _Made(Invoices)
    coupons = _Made(Coupons)
    policy = _Made(Policy)
    passages = _Made(Passages)
    passage_sources = _Made(PassageSources)
    sessions = _Made(Sessions)
    codes = _Made(Codes)
    confirmations = _Made(Confirmations)
    buttons = _Made(Buttons)
    tickets = _Made(Tickets)
    outbox = _Made(Outbox)
    turns = _Made(Turns)
    conversations = _Made(Conversations)
    messages = _Made(Messages)
    inboxes = _Made(Inboxes)
    attachments = _Made(Attachments)
    feedback = _Made(FeedbackRows)

    def __init__(self, connection: Connection, clock: Clock, kept: Kept | None = None) -> None:
        super().__init__(connection, clock)
        self._kept = kept or Kept()

    @cached_property
    def refunds(self) -> Refunds:
        """Refunds, each of whose moves is told to the audit."""
        return Refunds(self._connection, self._clock, self.audit)

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
