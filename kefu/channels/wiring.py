"""Joins the chat to the store and the shop's identities; no other file of this room knows them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from kefu.channels.history import History
from kefu.channels.records import Answered, DemoCustomer, Press, Visitor
from kefu.errors import TokenError
from kefu.settings import Settings
from kefu.shop import chats, identity, keys
from kefu.store import Store, Transaction
from kefu.store.base import utc_now
from kefu.store.chat_records import Button, Session

DEMO_CUSTOMERS = 12
DEMO_TOKEN_MINUTES = 10
T = TypeVar("T")


def connect(settings: Settings | None = None) -> StoreRecords:
    """The chat's memory as the settings say; the store is opened when it is first asked."""
    return StoreRecords(settings or Settings.load())


class StoreRecords:
    """ChatRecords over the store; see there for what each method promises."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.history = History(self.run)
        self._opened: Store | None = None
        self._opening = threading.Lock()

    def open_session(self, *, customer_token: str | None, language: str | None) -> tuple[Visitor, str]:
        """Mint a session with its token."""
        now = utc_now()
        customer_id = None
        if customer_token is not None:
            ring, rules = keys.customer_keys(self.settings), keys.token_rules(self.settings)
            customer_id = identity.read_customer_token(customer_token, keys=ring, now=now, rules=rules)
        hours = self.settings.session_hours
        with self._store().write() as tx:
            session = identity.open_session(
                tx, customer_id=customer_id, language=language, now=now, hours=hours
            )
            visitor = _visitor(tx, session)
        return visitor, identity.session_token(session, keys=keys.session_keys(self.settings))

    def visitor(self, token: str) -> Visitor:
        """Whose token this is, and that their session still runs."""
        now = utc_now()
        session_id = identity.read_session_token(token, keys=keys.session_keys(self.settings), now=now)
        with self._store().read() as tx:
            session = tx.sessions.get(session_id)
            if session is None or session.expires_at <= now:
                raise TokenError("found a token of no running session; wanted one; open a new session")
            return _visitor(tx, session)

    def visitor_of(self, session_id: str) -> Visitor | None:
        """Whose running session this is."""
        with self._store().read() as tx:
            session = tx.sessions.get(session_id)
            running = session is not None and session.expires_at > utc_now()
            return _visitor(tx, session) if session is not None and running else None

    def answered(self, session_id: str, message_id: str) -> Answered | None:
        """The answer kept for a message id."""
        with self._store().read() as tx:
            turn = tx.turns.get(session_id, message_id)
        return Answered(turn.content_hash, json.loads(turn.answer_json)) if turn else None

    def keep(self, session_id: str, message_id: str, *, answered: Answered, presses: Sequence[Press]) -> None:
        """Keep an answer and its buttons in one transaction."""
        words = json.dumps(list(answered.messages), ensure_ascii=False)
        with self._store().write() as tx:
            for press in presses:
                tx.buttons.add(Button(press.nonce, session_id, press.title, press.intent, press.entities))
            tx.turns.add(session_id, message_id, answered.content_hash, words)
            chats.answer(tx, session_id, message_id, answered.messages)

    def take_press(self, session_id: str, nonce: str, message_id: str) -> Press | None:
        """What a button stands for, for one message."""
        with self._store().write() as tx:
            button = tx.buttons.take(nonce, session_id, message_id=message_id)
        return Press(button.nonce, button.title, button.intent, button.entities) if button else None

    def demo_customers(self) -> list[DemoCustomer] | None:
        """Whom a visitor of the demo may be."""
        if not self.settings.demo:
            return None
        with self._store().read() as tx:
            return [DemoCustomer(row.customer_id, row.name) for row in tx.customers.first(DEMO_CUSTOMERS)]

    def demo_token(self, customer_id: str) -> str | None:
        """A token as the shop would sign it."""
        if not self.settings.demo:
            return None
        with self._store().read() as tx:
            if tx.customers.get(customer_id) is None:
                return None
        ring, rules = keys.customer_keys(self.settings), keys.token_rules(self.settings)
        return identity.customer_token(
            customer_id, keys=ring, now=utc_now(), minutes=DEMO_TOKEN_MINUTES, rules=rules
        )

    def check(self) -> None:
        """Read something, however little."""
        self._store().change_counter("catalogue")

    def close(self) -> None:
        """Close the store, if it was ever opened."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    async def run(self, function: Callable[[Transaction], T], *, write: bool = False) -> T:
        """What ``function`` gives in a transaction."""
        return await asyncio.to_thread(self._in_transaction, function, write)

    def _in_transaction(self, function: Callable[[Transaction], T], write: bool) -> T:
        with self._store().write() if write else self._store().read() as tx:
            return function(tx)

    def _store(self) -> Store:
        with self._opening:
            if self._opened is None:
                self._opened = Store.open(self.settings.database_url, migrate=True)
            return self._opened


def _visitor(tx: Transaction, session: Session) -> Visitor:
    customer = tx.customers.get(session.customer_id) if session.customer_id else None
    return Visitor(
        session_id=session.session_id,
        language=session.language,
        customer_name=customer.name if customer else None,
        expires_at=session.expires_at,
        customer_id=session.customer_id,
    )
