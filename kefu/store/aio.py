"""The store for an event loop, over the drivers of asyncio (asyncpg, aiosqlite).

The repositories are the synchronous ones: they run in a greenlet, which gives the loop back at every
statement. So a function must do nothing that blocks besides asking its transaction.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from sqlalchemy.engine import Engine
from sqlalchemy.util import greenlet_spawn

from kefu.store.base import Clock, utc_now
from kefu.store.engines import CONNECTIONS, async_engine, parsed, prepare_file
from kefu.store.store import Store
from kefu.store.transaction import Transaction

T = TypeVar("T")


class AsyncStore:
    """One database, served by the event loop in which it was opened; makes the same promises as Store.

    A task that is cancelled stops its statement in the database, rolls back and gives its place back; where
    it was committing, nobody knows. At most ``CONNECTIONS`` transactions run at once, on SQLite one of those
    that write; the others wait in the order they came.
    """

    def __init__(self, engine: Engine, *, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._store = Store(engine, clock=clock)
        self._places = Gate(CONNECTIONS)
        self._writers = Gate(1 if engine.dialect.name == "sqlite" else CONNECTIONS)

    @classmethod
    async def open(cls, url: str, *, clock: Clock = utc_now) -> AsyncStore:
        """Connect to ``url``, as Store.open takes it, and check the schema; raises what that raises."""
        known = parsed(url)
        prepare_file(known, create=False)
        store = cls(async_engine(known), clock=clock)
        try:
            await greenlet_spawn(store._store.check_revision)
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._store.dialect

    async def run(self, function: Callable[[Transaction], T], *, write: bool = False) -> T:
        """What ``function`` gives, in a transaction of its own; with ``write`` it is committed behind it."""
        async with AsyncExitStack() as stack:
            for gate in (self._writers, self._places) if write else (self._places,):
                await stack.enter_async_context(gate)
            done: T = await greenlet_spawn(self._store.run, function, write=write)
        return done

    async def close(self) -> None:
        """Give every connection back. Without it aiosqlite's threads keep the process from ending."""
        await greenlet_spawn(self._engine.dispose)


class Gate:
    """Lets so many in at a time, in the order they came (Semaphore of Python 3.10 lets late ones pass)."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._free:  # while there is one nobody waits: it is handed on, not put back
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            else:
                self._hand_on()
            raise

    async def __aexit__(self, *_error: object) -> None:
        self._hand_on()

    def _hand_on(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
