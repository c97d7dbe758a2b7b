"""A message's whole way: into the inbox, through its turn, to everybody who reads the conversation."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from kefu.channels.apology import apology, language_of
from kefu.channels.history import History
from kefu.channels.inbox import Accepted, Inbox
from kefu.channels.insisting import insist
from kefu.channels.promises import Promises
from kefu.channels.records import ChatRecords, Message, Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.turns import Turned, Turns
from kefu.errors import Overtaken, StoreError
from kefu.shop.chats import OtherContent, Said
from kefu.shop.inbox import Due

log = structlog.get_logger()


class Readers(Protocol):
    """Who is connected to conversations."""

    async def said(self, session_id: str) -> None:
        """Something new stands in a conversation."""

    async def writing(self, session_id: str, on: bool) -> None:
        """The assistant began, or ended, its work on a message."""


class Nobody:
    """Readers where nobody is connected."""

    async def said(self, session_id: str) -> None:
        """Nobody reads it."""

    async def writing(self, session_id: str, on: bool) -> None:
        """Nobody sees it."""


@dataclass
class _Serving:
    """A conversation that this process works on."""

    visitor: Visitor | None  # as the newest message here saw it; None: taken up
    more: bool = False  # something came in meanwhile
    told_to_wait: bool = False  # once is enough, however many messages wait behind a slow one


class Conversations:
    """Accepts messages and sees to it that each is answered, in the order in which they were accepted.

    A conversation is claimed in the store by the process that works on it; messages that another one
    accepts meanwhile are that process's work too.
    """

    def __init__(
        self, records: ChatRecords, history: History, inbox: Inbox, turns: Turns, *, patience: float
    ) -> None:
        self.history = history
        self.readers: Readers = Nobody()
        self.promises = Promises(records)
        self._records = records
        self._inbox = inbox
        self._turns = turns
        self._patience = patience
        self._doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._serving: dict[str, _Serving] = {}
        self._works: set[asyncio.Task[None]] = set()
        self._fresh: set[tuple[str, str]] = set()  # accepted here and not answered yet: nobody began them
        self._closing = False

    async def answer(self, visitor: Visitor, said: Said) -> list[Message]:
        """The answer to a message; words that it takes longer, where it does. The late answer is kept.

        Raises Refusal 409, StoreError.
        """
        promise = self.promises.of(visitor.session_id, said.message_id)
        accepted = await self.accept(visitor, said)
        kept = self.promises.kept(promise, look=not accepted.new)
        try:
            return await asyncio.wait_for(kept, self._patience)
        except asyncio.TimeoutError:
            return [_slow(visitor, said.text)]

    async def accept(self, visitor: Visitor, said: Said) -> Accepted:
        """Commit a message and begin its turn; raises Refusal 409, StoreError where it was not committed."""
        if self._closing:
            raise Refusal(503, "unavailable", "The assistant is restarting. Try again in a moment.")
        door = self._doors.setdefault(visitor.session_id, asyncio.Lock())
        async with door:
            try:
                accepted = await self._inbox.accept(visitor.session_id, said)
            except OtherContent as error:
                words = "This message_id was used for another message. Choose a new one."
                raise Refusal(409, "conflict", words) from error
            if accepted.new and (accepted.due is not None or visitor.session_id in self._serving):
                self._fresh.add((visitor.session_id, said.message_id))
            if not accepted.message.answered:
                self._serve(visitor.session_id, visitor, accepted.due)
        if accepted.new:
            await self.readers.said(visitor.session_id)
        return accepted

    async def take_up(self, session_id: str | None = None) -> None:
        """Begin the turns of accepted messages that nobody works on: their process is gone."""
        for left in await self._inbox.left(session_id):
            if left not in self._serving and not self._closing:
                self._serve(left, None, await self._inbox.next(left))

    def works_on(self, session_id: str) -> bool:
        """Whether a turn of the conversation is under way here."""
        return session_id in self._serving

    async def drain(self, *, seconds: float) -> None:
        """Let running turns end and be told, for at most ``seconds``; begin no other one."""
        self._closing = True
        if self._works:
            await asyncio.wait(set(self._works), timeout=seconds)
        self._turns.ending = True

    def _serve(self, session_id: str, visitor: Visitor | None, due: Due | None) -> None:
        serving = self._serving.get(session_id)
        if serving is not None:
            serving.visitor = visitor or serving.visitor
            serving.more = True
        elif due is not None:
            serving = self._serving[session_id] = _Serving(visitor)
            # A task of its own: a client that goes away does not cancel a turn, whose tracker would be lost.
            work = asyncio.create_task(self._work_through(session_id, serving, due))
            self._works.add(work)
            work.add_done_callback(self._works.discard)

    async def _work_through(self, session_id: str, serving: _Serving, due: Due | None) -> None:
        """Answer one message after the other until none is left."""
        try:
            while (due is not None or serving.more) and not self._closing:
                if due is None:
                    serving.more = False
                    due = await self._inbox.next(session_id)
                else:
                    due = await self._answered(session_id, serving, due)
        except Overtaken:
            log.warning("chat.overtaken", session=session_id)  # whoever took over answers
        except StoreError as error:
            log.error("chat.not_answered", session=session_id)  # it stays in the inbox and is taken up
            if due is not None:
                self.promises.give(session_id, str(due.message.message_id), error)
        finally:
            # nothing is awaited between the last look at `more` and this
            del self._serving[session_id]

    async def _answered(self, session_id: str, serving: _Serving, due: Due) -> Due | None:
        visitor = serving.visitor or await self._records.visitor_of(session_id)
        if visitor is None:
            return None  # the session has ended: nobody may read an answer
        await self.readers.writing(session_id, True)
        try:
            turned = await self._patiently(visitor, serving, due)
            self.promises.give(session_id, str(due.message.message_id), turned.messages)
            return turned.due
        finally:
            await self.readers.writing(session_id, False)
            await self.readers.said(session_id)

    async def _patiently(self, visitor: Visitor, serving: _Serving, due: Due) -> Turned:
        turn = asyncio.create_task(self._turn(visitor, due))
        done, _ = await asyncio.wait({turn}, timeout=self._patience)
        if not done and not serving.told_to_wait:
            serving.told_to_wait = True
            await self._ask_patience(visitor, due.message.text)
        return await turn

    async def _turn(self, visitor: Visitor, due: Due) -> Turned:
        key = (visitor.session_id, str(due.message.message_id))
        again = key not in self._fresh
        try:
            # StoreError is raised before the assistant heard the message, so that it may be tried again.
            return await insist(lambda: self._turns.answer(visitor, due, again=again))
        finally:
            self._fresh.discard(key)

    async def _ask_patience(self, visitor: Visitor, text: str) -> None:
        try:
            await self.history.say(visitor.session_id, [_slow(visitor, text)])
        except StoreError:
            log.error("chat.patience_not_kept", session=visitor.session_id)
        await self.readers.said(visitor.session_id)


def new_message_id() -> str:
    """An id for a message whose client gave none."""
    return uuid.uuid4().hex


def _slow(visitor: Visitor, text: str) -> Message:
    """Words without a button: what it asks for would have to wait for the running turn, too."""
    language = language_of(text, session_language=visitor.language)
    words = apology("slow", language=language, recipient=visitor.session_id)
    return {name: part for name, part in words.items() if name != "buttons"}
