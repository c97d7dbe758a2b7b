"""What is said in conversations, as the channel reads and writes it; off the event loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Protocol, TypeVar

from kefu.shop import chats, photos
from kefu.shop.identity import identify
from kefu.shop.records import Attachment, ChatMessage, Transaction

T = TypeVar("T")


class Run(Protocol):
    """Runs a function in a transaction of the store, off the event loop."""

    async def __call__(self, function: Callable[[Transaction], T], *, write: bool = False) -> T:
        """What the function gives; raises StoreError when the store does not answer."""


class History:
    """Conversations in the store. Every method raises StoreError when the store does not answer."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def say(self, session_id: str, messages: Sequence[Mapping[str, Any]]) -> None:
        """The assistant says something that is no answer to a message."""
        await self._run(lambda tx: chats.answer(tx, session_id, None, messages), write=True)

    async def after(self, session_id: str, seq: int) -> list[ChatMessage]:
        """The messages behind ``seq``, at most one page of them."""
        return await self._run(lambda tx: tx.messages.after(session_id, seq, limit=chats.PAGE))

    async def last(self, session_id: str) -> int:
        """The number of a conversation's last message, 0 where there is none."""
        return await self._run(lambda tx: tx.messages.last(session_id))

    async def lasts(self, session_ids: Sequence[str]) -> dict[str, int]:
        """The same for several at once."""
        return await self._run(lambda tx: tx.messages.lasts(session_ids))

    async def set_language(self, session_id: str, language: str) -> None:
        """The customer chose a language."""
        await self._run(lambda tx: tx.sessions.set_language(session_id, language), write=True)

    async def keep_photo(self, session_id: str, photo: photos.Photo) -> Attachment:
        """Keep a picture that a customer sent."""

        def keep(tx: Transaction) -> Attachment:
            return photos.keep(tx, identify(tx, session_id, now=_now()), photo, now=_now())

        return await self._run(keep, write=True)

    async def photo(self, session_id: str, attachment_id: str) -> Attachment | None:
        """A picture of this conversation."""
        return await self._run(lambda tx: tx.attachments.get(attachment_id, session_id))

    async def rate(
        self, session_id: str, *, seq: int, rating: str | None, score: int | None, comment: str | None
    ) -> bool:
        """Keep an opinion; False where it is about nothing that the assistant said."""

        def put(tx: Transaction) -> bool:
            return chats.rate(
                tx, session_id, seq=seq, rating=rating, score=score, comment=comment, now=_now()
            )

        return await self._run(put, write=True)


def _now() -> datetime:
    return datetime.now(timezone.utc)
