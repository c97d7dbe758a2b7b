"""Who waits here for an answer, whichever process gives it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from kefu.channels.records import ChatRecords, Message
from kefu.errors import StoreError

LOOK_SECONDS = 1.0  # how soon an answer is found that nobody announced


@dataclass(eq=False)
class Promise:
    """An answer that somebody waits for."""

    session_id: str
    message_id: str
    answer: Sequence[Message] | None = None
    error: StoreError | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Promises:
    """The answers that are waited for; found in the store, or given at once where made here."""

    def __init__(self, records: ChatRecords) -> None:
        self._records = records
        self._open: WeakValueDictionary[tuple[str, str], Promise] = WeakValueDictionary()

    def of(self, session_id: str, message_id: str) -> Promise:
        """The promise of a message's answer; it lasts as long as somebody holds it."""
        found = self._open.get((session_id, message_id))
        if found is None:
            found = self._open[(session_id, message_id)] = Promise(session_id, message_id)
        return found

    def give(self, session_id: str, message_id: str, answer: Sequence[Message] | StoreError) -> None:
        """The answer was kept, or the store failed for too long."""
        promise = self._open.get((session_id, message_id))
        if promise is not None:
            if isinstance(answer, StoreError):
                promise.error = answer
            else:
                promise.answer = answer
            promise.news.set()

    def nudge(self, session_id: str) -> None:
        """Another process said something in a conversation: whoever waits looks now."""
        for promise in list(self._open.values()):
            if promise.session_id == session_id:
                promise.news.set()

    async def kept(self, promise: Promise, *, look: bool) -> list[Message]:
        """Wait for the answer; ``look``: it may be there already. Raises StoreError."""
        while promise.answer is None and promise.error is None:
            promise.news.clear()
            if look:
                found = await self._records.answered(promise.session_id, promise.message_id)
                if found is not None:
                    return list(found.messages)
            look = True
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(promise.news.wait(), LOOK_SECONDS)
        if promise.answer is None:
            raise promise.error or StoreError("found no answer; wanted one; send the message again")
        return list(promise.answer)
