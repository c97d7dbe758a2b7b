"""What serves requests in an event loop: which of the two stores, opened when it is first asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from kefu.store.aio import AsyncStore
from kefu.store.base import Clock, utc_now
from kefu.store.engines import parsed
from kefu.store.store import Store
from kefu.store.threaded import ThreadedStore
from kefu.store.transaction import Transaction

T = TypeVar("T")


class Serving(Protocol):
    """A store that an event loop asks without being blocked. See AsyncStore for what it promises."""

    async def run(self, function: Callable[[Transaction], T], *, write: bool = False) -> T:
        """What ``function`` gives, in a transaction of its own; with ``write`` it is committed behind it."""

    async def close(self) -> None:
        """Give every connection back."""


async def open_serving(url: str, *, clock: Clock = utc_now) -> Serving:
    """The store that answers fastest (docs/decisions.md): threads on SQLite, asyncpg on PostgreSQL.

    A URL that names psycopg2 (``postgresql+psycopg2://``) is served by threads.
    """
    known = parsed(url)
    kind = AsyncStore if known.drivername == "postgresql" else ThreadedStore
    return await kind.open(url, clock=clock)


class LazyServing:
    """A serving store that is opened at its first use; one that could not be opened is tried again then."""

    def __init__(self, url: str, *, migrate: bool = False) -> None:
        self._url = url
        self._migrate = migrate
        self._store: Serving | None = None
        self._opening: asyncio.Lock | None = None

    async def run(self, function: Callable[[Transaction], T], *, write: bool = False) -> T:
        """As Serving.run; StaleRevision or StoreError where the store cannot be opened."""
        store = self._store or await self._opened()
        return await store.run(function, write=write)

    async def close(self) -> None:
        """Give every connection back, if there are any."""
        store, self._store = self._store, None
        if store is not None:
            await store.close()

    async def _opened(self) -> Serving:
        # made here: until Python 3.10 knows the loop, there is none to belong to
        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._store is None:
                if self._migrate:
                    await asyncio.to_thread(_migrate, self._url)
                self._store = await open_serving(self._url)
            return self._store


def _migrate(url: str) -> None:
    Store.open(url, migrate=True).close()
