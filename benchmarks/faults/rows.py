"""What the store and the provider hold of some conversations, as plain rows."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from kefu.store import schema
from kefu.store.provider_ledger import ProviderLedger

# (key, order number, amount in minor units)
Paid = tuple[str, str, int]


@dataclass(frozen=True)
class Rows:
    """The rows of one conversation: what was said, the kept answers, and how often the tracker heard each
    message (by its id). ``broken``: a row of the tracker cannot be read, so some of that is not known."""

    session_id: str
    messages: Sequence[dict[str, Any]]
    turns: dict[str, list[dict[str, Any]]]
    heard: dict[str, int] = field(default_factory=dict)
    broken: bool = False


@dataclass(frozen=True)
class Money:
    """Refunds of the shop, and what the provider booked."""

    refunds: Sequence[Paid] = ()
    booked: Sequence[Paid] = ()


class Books:
    """Reads the rows of a running assistant's database and of its payment provider."""

    def __init__(self, url: str, ledger: ProviderLedger) -> None:
        self._engine = sa.create_engine(url, future=True, pool_pre_ping=True)
        self._ledger = ledger

    def conversations(self, session_ids: Sequence[str]) -> list[Rows]:
        """The rows of these conversations."""
        with self._engine.connect() as connection:
            return [_rows_of(connection, one) for one in session_ids]

    def money(self, orders: Sequence[str]) -> Money:
        """Refunds and bookings of these orders."""
        refunds = schema.refunds
        of_orders = sa.select(refunds).where(refunds.c.order_number.in_(list(orders)))
        with self._engine.connect() as connection:
            kept = [
                (row["key"], row["order_number"], int(row["amount"])) for row in _all(connection, of_orders)
            ]
        booked = [(row.key, row.order_number, row.amount) for row in self._ledger.rows()
                  if row.order_number in orders and row.state == "booked"]  # fmt: skip
        return Money(kept, booked)

    def status(self, order_number: str) -> str:
        """The state of an order."""
        with self._engine.connect() as connection:
            wanted = sa.select(schema.orders.c.status).where(schema.orders.c.order_number == order_number)
            return str(connection.execute(wanted).scalar_one())

    def saves(self, session_id: str) -> int:
        """How many saves the tracker of a conversation has."""
        table = schema.conversation_events
        with self._engine.connect() as connection:
            counted = sa.select(sa.func.count()).where(table.c.conversation_id == session_id)
            return int(connection.execute(counted).scalar_one())

    def spoil(self, session_id: str) -> None:
        """Break the newest save of a conversation, and its checkpoint."""
        table, heads = schema.conversation_events, schema.conversations
        newest = sa.select(sa.func.max(table.c.seq)).where(table.c.conversation_id == session_id)
        with self._engine.begin() as connection:
            last = connection.execute(newest).scalar_one()
            here = sa.and_(table.c.conversation_id == session_id, table.c.seq == last)
            connection.execute(sa.update(table).where(here).values(events='[{"event": "us'))
            mine = heads.c.conversation_id == session_id
            connection.execute(sa.update(heads).where(mine).values(checkpoint=None))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the tables of what is said, remembered and sold; of SQLite all, for whoever writes."""
        url = self._engine.url
        if url.get_backend_name() == "sqlite":
            with closing(sqlite3.connect(str(url.database), timeout=20, isolation_level=None)) as driver:
                driver.execute("BEGIN EXCLUSIVE")
                yield
                driver.execute("ROLLBACK")
            return
        with self._engine.connect() as connection:
            for table in (schema.messages, schema.conversation_events, schema.orders):
                connection.execute(sa.text(f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE"))
            yield
            connection.rollback()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _rows_of(connection: sa.engine.Connection, session_id: str) -> Rows:
    messages, turns, saves = schema.messages, schema.turns, schema.conversation_events
    said = sa.select(messages).where(messages.c.session_id == session_id).order_by(messages.c.seq)
    answered = sa.select(turns).where(turns.c.session_id == session_id)
    saved = sa.select(saves).where(saves.c.conversation_id == session_id)
    return Rows(
        session_id,
        _all(connection, said),
        {row["message_id"]: json.loads(row["answer_json"]) for row in _all(connection, answered)},
        *heard([row["events"] for row in _all(connection, saved)]),
    )


def heard(saves: Sequence[str]) -> tuple[dict[str, int], bool]:
    """How often saves of a tracker hold each message id, and whether one of them cannot be read."""
    counted: Counter[str] = Counter()
    broken = False
    for save in saves:
        try:
            events = json.loads(save)
        except ValueError:
            broken = True
            continue
        counted.update(
            one["message_id"] for one in events if one["event"] == "user" and one.get("message_id")
        )
    return dict(counted), broken


def _all(connection: sa.engine.Connection, statement: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(statement).mappings()]
