"""The store for an event loop, over blocking drivers in threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

from kefu.errors import StoreError
from kefu.store.base import Clock, utc_now
from kefu.store.engines import CONNECTIONS
from kefu.store.store import Store
from kefu.store.transaction import Transaction

T = TypeVar("T")


class ThreadedStore:
    """One database; makes the same promises as Store, and is called as AsyncStore is.

    A task that is cancelled stops its statement in the database and commits nothing, unless it was
    committing: then nobody knows. At most ``CONNECTIONS`` transactions run at once, on SQLite one of those
    that write; the others wait in the order they came.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        writers = 1 if store.dialect == "sqlite" else CONNECTIONS
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="kefu-write")
        # together they are never more than the engine has connections
        self._readers = (
            ThreadPoolExecutor(CONNECTIONS - writers, thread_name_prefix="kefu-read")
            if writers < CONNECTIONS
            else self._writers
        )

    @classmethod
    async def open(cls, url: str, *, clock: Clock = utc_now) -> ThreadedStore:
        """Connect to ``url``, as Store.open takes it, and check the schema; raises what that raises."""
        return cls(await asyncio.to_thread(Store.open, url, clock=clock, serving=True))

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._store.dialect

    async def run(self, function: Callable[[Transaction], T], *, write: bool = False) -> T:
        """What ``function`` gives, in a transaction of its own; with ``write`` it is committed behind it."""
        work = _Work(self._store, function, write=write)
        running = (self._writers if write else self._readers).submit(work)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            work.cut()
            raise

    async def close(self) -> None:
        """Let what runs end, and give every connection back."""
        for threads in {self._writers, self._readers}:
            await asyncio.to_thread(threads.shutdown)
        self._store.close()


class _Work(Generic[T]):
    """One transaction in a thread, which may be cut from another one until it commits."""

    def __init__(self, store: Store, function: Callable[[Transaction], T], *, write: bool) -> None:
        self._store = store
        self._function = function
        self._write = write
        self._cut = False
        self._driver: Any = None
        self._changing = Lock()

    def __call__(self) -> T:
        store = self._store
        with store.write(alive=self._alive) if self._write else store.read() as tx:
            try:
                self._works_on(tx.driver_connection)
                return self._function(tx)
            finally:
                self._works_on(None)

    def cut(self) -> None:
        """Have the transaction undone; a thread stops its statement: psycopg2 connects for that."""
        self._cut = True
        Thread(target=self._stop, name="kefu-cut", daemon=True).start()

    def _stop(self) -> None:
        with self._changing:
            if self._driver is not None:
                # SQLite has the one, psycopg2 the other
                stop = getattr(self._driver, "interrupt", None) or self._driver.cancel
                stop()

    def _works_on(self, driver: Any) -> None:
        with self._changing:
            self._driver = driver
        if driver is not None:
            self._alive()

    def _alive(self) -> None:
        if self._cut:
            raise StoreError(
                "the transaction was cut: who had asked for it waits no longer; nothing was changed"
            )
