"""A message's whole way: into the inbox, through its turn, to everybody who reads the conversation."""

from __future__ import annotations

import asyncio
import uuid
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from kefu.channels.apology import apology, language_of
from kefu.channels.history import History
from kefu.channels.insisting import insist
from kefu.channels.records import ChatRecords, Message, Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.turns import Turns
from kefu.errors import StoreError
from kefu.shop.chats import OtherContent, Said, payload_of
from kefu.shop.records import ChatMessage

log = structlog.get_logger()
Work = asyncio.Task[list[Message]]


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


class Conversations:
    """Accepts messages and sees to it that each is answered, in the order in which they were accepted."""

    def __init__(self, records: ChatRecords, history: History, turns: Turns, *, patience: float) -> None:
        self.history = history
        self.readers: Readers = Nobody()
        self._records = records
        self._turns = turns
        self._patience = patience
        self._doors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._works: dict[tuple[str, str], Work] = {}
        self._ending = False
        self._told_to_wait: set[str] = set()  # once is enough, however many messages wait behind a slow one

    async def answer(self, visitor: Visitor, said: Said) -> list[Message]:
        """The answer to a message; words that it takes longer, where it does. The late answer is kept.

        Raises Refusal 409, StoreError.
        """
        _, work = await self.accept(visitor, said)
        done, _ = await asyncio.wait({work}, timeout=self._patience)
        return work.result() if done else [_slow(visitor, said.text)]

    async def accept(self, visitor: Visitor, said: Said) -> tuple[ChatMessage, Work]:
        """Commit a message and begin its turn.

        Raises Refusal 409, 503 where this process ends, StoreError where it was not committed.
        """
        if self._ending:
            raise Refusal(503, "unavailable", "The assistant is restarting. Try again in a moment.")
        door = self._doors.setdefault(visitor.session_id, asyncio.Lock())
        async with door:
            try:
                kept, new = await self.history.accept(visitor.session_id, said)
            except OtherContent as error:
                words = "This message_id was used for another message. Choose a new one."
                raise Refusal(409, "conflict", words) from error
            work = self._begin(visitor, said, again=not new)
        if new:
            await self.readers.said(visitor.session_id)
        return kept, work

    async def take_up(self, session_id: str | None = None) -> None:
        """Begin the turns of accepted messages that nobody works on: their process is gone."""
        for message in await self.history.unanswered(session_id):
            visitor = await self._records.visitor_of(message.session_id)
            if visitor is not None and message.message_id is not None:
                attachments = tuple(message.parts.get("attachments") or ())
                said = Said(payload_of(message), message.message_id, attachments)
                self._begin(visitor, said, again=True)

    def works_on(self, session_id: str) -> bool:
        """Whether a turn of the conversation is under way or waits."""
        return any(working == session_id for working, _ in self._works)

    async def drain(self, *, seconds: float) -> None:
        """Accept nothing more, and let running turns end and be told, for at most ``seconds``.

        What is not answered by then waits in the inbox for the next process.
        """
        self._ending = True
        if self._works:
            await asyncio.wait(set(self._works.values()), timeout=seconds)

    def _begin(self, visitor: Visitor, said: Said, *, again: bool) -> Work:
        key = (visitor.session_id, said.message_id)
        work = self._works.get(key)
        if work is None:
            work = self._works[key] = asyncio.create_task(self._work(visitor, said, again=again))
            work.add_done_callback(lambda done: self._end(key, done))
        return work

    def _end(self, key: tuple[str, str], work: Work) -> None:
        self._works.pop(key, None)
        if not self.works_on(key[0]):
            self._told_to_wait.discard(key[0])
        if not work.cancelled() and isinstance(work.exception(), StoreError):
            log.error("chat.not_answered", session=key[0])  # it stays in the inbox, for the next connection

    async def _work(self, visitor: Visitor, said: Said, *, again: bool) -> list[Message]:
        await self.readers.writing(visitor.session_id, True)
        turn = asyncio.create_task(self._turn(visitor, said, again=again))
        try:
            done, _ = await asyncio.wait({turn}, timeout=self._patience)
            if not done:
                await self._ask_patience(visitor, said)
            return await turn
        finally:
            await self.readers.writing(visitor.session_id, False)
            await self.readers.said(visitor.session_id)

    async def _turn(self, visitor: Visitor, said: Said, *, again: bool) -> list[Message]:
        # StoreError is raised before the assistant heard the message, so that it may be tried again.
        return await insist(lambda: self._turns.answer(visitor, said.text, said.message_id, again=again))

    async def _ask_patience(self, visitor: Visitor, said: Said) -> None:
        if visitor.session_id in self._told_to_wait:
            return
        self._told_to_wait.add(visitor.session_id)
        try:
            await self.history.say(visitor.session_id, [_slow(visitor, said.text)])
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
