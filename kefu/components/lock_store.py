"""Rasa's lock store, in this process: one turn of a conversation at a time, in the order of arrival.

Rasa's own stores read, change and write a lock in three steps and ask once a second whether it is free.
Here a ticket is drawn in one step, and whose turn it is gets told. For several processes:
``kefu.components.redis_lock_store``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time

from rasa.core.lock import Ticket, TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig


@dataclass(eq=False)
class _Place:
    """A place in a conversation's line; the first one holds the lock."""

    ticket: Ticket
    called: asyncio.Event


class QueueLockStore(LockStore):
    """Locks of one event loop.

    A holder keeps its lock until it is done, however long that takes: it cannot crash without its process.
    Who waits longer than ``lock_lifetime`` gets a LockError.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
        self._lines: dict[str, deque[_Place]] = {}
        self._drawn = 0

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 1,
    ) -> AsyncIterator[TicketLock]:
        """Hold the conversation; ``wait_time_in_seconds`` is Rasa's and means nothing here."""
        place = self._draw(conversation_id, lock_lifetime)
        try:
            await asyncio.wait_for(place.called.wait(), timeout=lock_lifetime)
            yield held(conversation_id, place.ticket.number, lifetime=lock_lifetime)
        except asyncio.TimeoutError as error:
            if place.called.is_set():
                raise  # the turn's own
            raise waited_too_long(conversation_id) from error
        finally:
            self._leave(conversation_id, place)

    def get_lock(self, conversation_id: str) -> TicketLock | None:
        """The line before the conversation, None where nobody stands in it."""
        line = self._lines.get(conversation_id)
        return TicketLock(conversation_id, deque(place.ticket for place in line)) if line else None

    def _draw(self, conversation_id: str, lifetime: float) -> _Place:
        # no await in here: nothing comes between reading and writing
        self._drawn += 1
        place = _Place(Ticket(self._drawn, time() + lifetime), asyncio.Event())
        line = self._lines.setdefault(conversation_id, deque())
        line.append(place)
        line[0].called.set()
        return place

    def _leave(self, conversation_id: str, place: _Place) -> None:
        line = self._lines[conversation_id]
        line.remove(place)
        if line:
            line[0].called.set()
        else:
            del self._lines[conversation_id]


def held(conversation_id: str, number: int, *, lifetime: float) -> TicketLock:
    """Rasa's picture of a held lock: one ticket, whose number tells it from every other."""
    return TicketLock(conversation_id, deque([Ticket(number, time() + lifetime)]))


def waited_too_long(conversation_id: str) -> LockError:
    """The error of who stood in line until the end."""
    return LockError(f"the turns before this one in conversation {conversation_id} are not done in time")
