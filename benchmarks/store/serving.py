"""Which store serves an event loop best: `python -m benchmarks.store.serving`.

The action that says an order's status, asked by 1, 16 and 64 at once, as the action server runs it: over
threads of asyncio's own (as it was before), over ThreadedStore and over AsyncStore. The ways take turns,
round by round, so that others at work on the machine slow them all; what counts are the ratios.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from statistics import median
from typing import Annotated, Any, TypeVar
from unittest.mock import patch

import numpy as np
import typer
import uvloop
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import base
from actions.orders import ActionSubmitOrderStatus
from benchmarks.files import write_json
from benchmarks.nlu.provenance import provenance
from benchmarks.store.databases import DATABASES, Database, opened
from kefu.errors import KefuError
from kefu.settings import Settings
from kefu.store import Store, Transaction
from kefu.store.aio import AsyncStore
from kefu.store.chat_records import Session
from kefu.store.seed import packaged_data, seed
from kefu.store.serving import Serving
from kefu.store.threaded import ThreadedStore

T = TypeVar("T")
AT_ONCE = (1, 16, 64)
NAME, SENDER, ORDER = "serving", "s-serving", "KF10000001"
BEAT = 0.005  # seconds between two looks at whether the loop is free
PACKAGES = ("sqlalchemy", "psycopg2-binary", "asyncpg", "aiosqlite", "uvloop")
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class AsyncioThreads:
    """A Store in the threads that asyncio keeps for everybody; nothing is cut."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    async def open(cls, url: str) -> AsyncioThreads:
        """Connect to ``url``."""
        return cls(Store.open(url))

    async def run(self, function: Callable[[Transaction], T], *, write: bool = False) -> T:
        """What ``function`` gives, in a transaction of its own."""
        return await asyncio.to_thread(self._store.run, function, write=write)

    async def close(self) -> None:
        """Give every connection back."""
        self._store.close()


WAYS = {"before": AsyncioThreads, "threads": ThreadedStore, "asyncio": AsyncStore}


@app.command()
def main(
    rounds: Annotated[int, typer.Option(min=1, help="how often each way has its turn")] = 7,
    requests: Annotated[int, typer.Option(min=64, help="requests of one turn")] = 256,
) -> None:
    """Measure both databases and write results/serving/order-status.json."""
    settings = Settings.load()
    os.environ["KEFU_ACTION_SECONDS"] = "600"  # what is slow is timed, not cut
    uvloop.install()  # the loop of Sanic, and so of the action server
    figures = {kind: asyncio.run(_database(kind, settings, rounds, requests)) for kind in DATABASES}
    told = {"rounds": rounds, "requests": requests, "figures": figures, **provenance(PACKAGES)}
    write_json(settings.root / "results" / "serving" / "order-status.json", told)
    for line in lines(figures):
        print(line)


async def _database(kind: str, settings: Settings, rounds: int, requests: int) -> dict[str, Any]:
    with opened(kind, settings.home / "bench" / "store") as database, _filled(database) as url:
        stores: dict[str, Serving] = {name: await way.open(url) for name, way in WAYS.items()}
        found: dict[str, list[dict[str, float]]] = {}
        for turn in range(rounds + 1):
            for at_once in AT_ONCE:
                for name, store in stores.items():
                    one = await measured(store, at_once, requests)
                    if turn:  # the first fills caches and connects
                        found.setdefault(f"{name} {at_once}", []).append(one)
        for store in stores.values():
            await store.close()
    return {key: _middle(rows) for key, rows in found.items()}


async def measured(store: Serving, at_once: int, requests: int) -> dict[str, float]:
    """Milliseconds of ``requests`` requests, of which ``at_once`` wait at any time."""
    spent: list[float] = []
    late: list[float] = []
    waiting = iter(range(requests))

    async def customer() -> None:
        for _ in waiting:
            began = time.perf_counter()
            await ask()
            spent.append((time.perf_counter() - began) * 1000)

    with patch.object(base, "serving", lambda: store):
        beating = asyncio.create_task(_beat(late))
        began, worked = time.perf_counter(), time.process_time()
        await asyncio.gather(*(customer() for _ in range(at_once)))
        took, busy = time.perf_counter() - began, time.process_time() - worked
        beating.cancel()
    return {
        "a_second": requests / took,
        "p50_ms": float(np.percentile(spent, 50)),
        "p99_ms": float(np.percentile(spent, 99)),
        "cpu_ms": busy / requests * 1000,  # of this process, a request
        "loop_late_p99_ms": float(np.percentile(late, 99)) if late else 0.0,
    }


async def ask() -> None:
    """Ask for the status of one order; KefuError where another answer is given."""
    dispatcher = CollectingDispatcher()
    tracker = Tracker(SENDER, {"item": [[ORDER, None]]}, {}, [], False, None, {}, None)
    await ActionSubmitOrderStatus().run(dispatcher, tracker, {})
    said = [message["response"] for message in dispatcher.messages]
    if len(said) != 1 or not said[0].startswith("utter_status_"):
        raise KefuError(f"found the answers {said}; wanted the status of {ORDER}")


async def _beat(late: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(BEAT)
        late.append((time.perf_counter() - began - BEAT) * 1000)


@contextmanager
def _filled(database: Database) -> Iterator[str]:
    """The URL of a database with the demo shop and a session of its first customer."""
    database.drop(NAME)
    url, now = database.url(NAME), datetime.now(timezone.utc)
    store = Store.open(url, migrate=True)
    seed(store, packaged_data() / "shop", now=now, fresh=True)
    with store.write() as tx:
        tx.sessions.add(Session(SENDER, "C1001", None, now, now + timedelta(days=1)))
    store.close()
    yield url
    database.drop(NAME)


def _middle(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(median(row[name] for row in rows), 2) for name in rows[0]}


def lines(figures: dict[str, Any]) -> Iterator[str]:
    """A line a measurement, for people."""
    for kind, found in figures.items():
        for key, one in found.items():
            yield f"{kind:<11} {key:<11} " + "  ".join(f"{name} {value:8.2f}" for name, value in one.items())


if __name__ == "__main__":
    app()
