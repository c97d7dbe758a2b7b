"""Joins the chat to the store and the shop's identities; no other file of this room knows them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from kefu.channels.history import History
from kefu.channels.inbox import Inbox
from kefu.channels.living import new_process_id
from kefu.channels.records import Answered, DemoCustomer, Press, Visitor
from kefu.errors import StoreError, TokenError
from kefu.settings import Settings
from kefu.shop import chats, identity, inbox, keys
from kefu.shop.inbox import Claim, Due
from kefu.store import Transaction
from kefu.store.base import utc_now
from kefu.store.chat_records import Button, Session
from kefu.store.serving import LazyServing

DEMO_CUSTOMERS = 12
DEMO_TOKEN_MINUTES = 10
STORE_SECONDS = 12.0  # longer than SQLite's lock is waited for
T = TypeVar("T")


def connect(settings: Settings | None = None) -> StoreRecords:
    """The chat's memory as the settings say; the store is opened when it is first asked."""
    return StoreRecords(settings or Settings.load())


class StoreRecords:
    """ChatRecords over the store; see there for what each method promises."""

    def __init__(self, settings: Settings, *, seconds: float = STORE_SECONDS) -> None:
        self.settings = settings
        self.history = History(self.run)
        self.inbox = Inbox(self.run, new_process_id())
        self._seconds = seconds
        self._store = LazyServing(settings.database_url, migrate=True)

    async def open_session(self, *, customer_token: str | None, language: str | None) -> tuple[Visitor, str]:
        """Mint a session with its token."""
        now = utc_now()
        customer_id = None
        if customer_token is not None:
            ring, rules = keys.customer_keys(self.settings), keys.token_rules(self.settings)
            customer_id = identity.read_customer_token(customer_token, keys=ring, now=now, rules=rules)
        hours = self.settings.session_hours

        def mint(tx: Transaction) -> tuple[Visitor, Session]:
            session = identity.open_session(
                tx, customer_id=customer_id, language=language, now=now, hours=hours
            )
            return _visitor(tx, session, named=True), session

        visitor, session = await self.run(mint, write=True)
        return visitor, identity.session_token(session, keys=keys.session_keys(self.settings))

    async def visitor(self, token: str, *, named: bool = False) -> Visitor:
        """Whose token this is, and that their session still runs."""
        session_id = identity.read_session_token(token, keys=keys.session_keys(self.settings), now=utc_now())
        visitor = await self._running(session_id, named=named)
        if visitor is None:
            raise TokenError("found a token of no running session; wanted one; open a new session")
        return visitor

    async def visitor_of(self, session_id: str) -> Visitor | None:
        """Whose running session this is."""
        return await self._running(session_id, named=False)

    async def _running(self, session_id: str, *, named: bool) -> Visitor | None:
        def look(tx: Transaction) -> Visitor | None:
            session = tx.sessions.get(session_id)
            running = session is not None and session.expires_at > utc_now()
            return _visitor(tx, session, named=named) if session is not None and running else None

        return await self.run(look)

    async def answered(self, session_id: str, message_id: str) -> Answered | None:
        """The answer kept for a message id."""
        turn = await self.run(lambda tx: tx.turns.get(session_id, message_id))
        return Answered(turn.content_hash, json.loads(turn.answer_json)) if turn else None

    async def keep(
        self, message_id: str, *, answered: Answered, presses: Sequence[Press], claim: Claim
    ) -> Due | None:
        """Keep an answer and its buttons in one transaction, and see what is due next."""
        words = json.dumps(list(answered.messages), ensure_ascii=False)
        session_id = claim.session_id

        def write(tx: Transaction) -> Due | None:
            inbox.require(tx, claim)
            for press in presses:
                tx.buttons.add(Button(press.nonce, session_id, press.title, press.intent, press.entities))
            tx.turns.add(session_id, message_id, answered.content_hash, words)
            chats.answer(tx, session_id, message_id, answered.messages)
            return inbox.next_under(tx, claim, now=utc_now())

        return await self.run(write, write=True)

    async def take_press(self, session_id: str, nonce: str, message_id: str) -> Press | None:
        """What a button stands for, for one message."""

        def take(tx: Transaction) -> Button | None:
            return tx.buttons.take(nonce, session_id, message_id=message_id)

        button = await self.run(take, write=True)
        return Press(button.nonce, button.title, button.intent, button.entities) if button else None

    async def demo_customers(self) -> list[DemoCustomer] | None:
        """Whom a visitor of the demo may be."""
        if not self.settings.demo:
            return None
        rows = await self.run(lambda tx: tx.customers.first(DEMO_CUSTOMERS))
        return [DemoCustomer(row.customer_id, row.name) for row in rows]

    async def demo_token(self, customer_id: str) -> str | None:
        """A token as the shop would sign it."""
        if not self.settings.demo:
            return None
        if await self.run(lambda tx: tx.customers.get(customer_id)) is None:
            return None
        ring, rules = keys.customer_keys(self.settings), keys.token_rules(self.settings)
        return identity.customer_token(
            customer_id, keys=ring, now=utc_now(), minutes=DEMO_TOKEN_MINUTES, rules=rules
        )

    async def check(self) -> None:
        """Read something, however little."""
        await self.run(lambda tx: tx.counter("catalogue"))

    async def close(self) -> None:
        """Close the store, if it was ever opened."""
        await self._store.close()

    async def run(self, function: Callable[[Transaction], T], *, write: bool = False) -> T:
        """What ``function`` gives; StoreError where that takes too long, and it is undone."""
        try:
            return await asyncio.wait_for(self._store.run(function, write=write), self._seconds)
        except asyncio.TimeoutError as error:
            raise StoreError(
                f"the store gave no answer within {self._seconds} s; see what holds its locks, and try again"
            ) from error


def _visitor(tx: Transaction, session: Session, *, named: bool) -> Visitor:
    customer = tx.customers.get(session.customer_id) if named and session.customer_id else None
    return Visitor(
        session_id=session.session_id,
        language=session.language,
        customer_name=customer.name if customer else None,
        expires_at=session.expires_at,
        customer_id=session.customer_id,
    )
