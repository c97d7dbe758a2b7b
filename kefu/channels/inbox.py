"""The inbox of all processes: who works on which conversation, and who is there to work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from kefu.channels.history import Run
from kefu.shop import chats, inbox
from kefu.shop.chats import Said
from kefu.shop.inbox import Due
from kefu.shop.records import ChatMessage, Transaction


@dataclass(frozen=True)
class Accepted:
    """A committed message; whether it is ``new``; what is ``due`` where this process has the conversation."""

    message: ChatMessage
    new: bool
    due: Due | None


class Inbox:
    """The inbox as one process sees it. Every method raises StoreError when the store does not answer."""

    def __init__(self, run: Run, process_id: str) -> None:
        self.process_id = process_id
        self._run = run

    async def accept(self, session_id: str, said: Said) -> Accepted:
        """Commit a customer's message and claim its conversation; raises OtherContent."""

        def write(tx: Transaction) -> Accepted:
            message, new = chats.accept(tx, session_id, said)
            return Accepted(message, new, None if message.answered else self._due(tx, session_id))

        return await self._run(write, write=True)

    async def next(self, session_id: str) -> Due | None:
        """What is to be answered next; None where nothing is, or another process has the conversation."""
        return await self._run(lambda tx: self._due(tx, session_id), write=True)

    async def left(self, session_id: str | None = None) -> list[str]:
        """Conversations, or whether it is one, with a message to be answered that nobody else works on."""
        me = self.process_id
        return await self._run(lambda tx: inbox.left(tx, process_id=me, now=_now(), session_id=session_id))

    async def beat(self) -> dict[str, int]:
        """Say that this process is there; how far every process has counted."""

        def write(tx: Transaction) -> dict[str, int]:
            tx.inboxes.beat(self.process_id)
            return tx.inboxes.beats()

        return await self._run(write, write=True)

    async def bury(self, process_id: str, beats: int | None = None) -> bool:
        """Take a process away; with ``beats`` only if it has not counted on."""
        return await self._run(lambda tx: tx.inboxes.bury(process_id, beats), write=True)

    def _due(self, tx: Transaction, session_id: str) -> Due | None:
        return inbox.next_due(tx, session_id, process_id=self.process_id, now=_now())


def _now() -> datetime:
    return datetime.now(timezone.utc)
