"""Every test of a store here runs on SQLite and on PostgreSQL; those of some files with all drivers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy.util import greenlet_spawn

from kefu.components.tracker_store import SqlTrackerStore
from kefu.store import Store
from kefu.store.aio import AsyncStore
from tests.support.databases import NOW, PostgresDatabases, SqliteDatabases
from tests.support.drivers import BLOCKING
from tests.support.tracker_domain import DOMAIN

# what these ask of a Store they ask of an AsyncStore too
OVER_BOTH = ("test_store", "test_store_outbox", "test_store_rules", "test_money_rules")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of some files a second time, over the drivers of asyncio."""
    chosen = any(mark == BLOCKING.mark for mark in metafunc.definition.iter_markers("parametrize"))
    both = metafunc.module.__name__.rpartition(".")[2] in OVER_BOTH
    if "drivers" in metafunc.fixturenames and both and not chosen:
        metafunc.parametrize("drivers", ["blocking", "asyncio"])


@pytest.fixture
def drivers() -> str:
    """``blocking`` (sqlite3, psycopg2) or ``asyncio`` (aiosqlite, asyncpg)."""
    return "blocking"


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest) -> SqliteDatabases | PostgresDatabases:
    """The databases of one kind."""
    return request.getfixturevalue(f"{request.param}_databases")


@pytest.fixture
def store(databases: Any, drivers: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store of its own with the demo shop; its clock stands at NOW."""
    if drivers == "asyncio":
        with awaited_store(databases.shop(), request.node) as store:
            yield store
        return
    store = Store.open(databases.shop(), clock=lambda: NOW)
    yield store
    store.close()


@pytest.fixture
def url(databases: Any) -> str:
    """A database with the demo shop, made already by all migrations."""
    return str(databases.shop())


@pytest.fixture
async def ours(url: str) -> AsyncIterator[SqlTrackerStore]:
    """A tracker store as a server has it."""
    made = SqlTrackerStore(DOMAIN, url)
    yield made
    made.close()


@pytest.fixture
async def reading(url: str) -> AsyncIterator[SqlTrackerStore]:
    """One that keeps nothing in mind: another process, or one that has just started."""
    made = SqlTrackerStore(DOMAIN, url, remembered=0)
    yield made
    made.close()


@contextmanager
def awaited_store(url: str, test: pytest.Function) -> Iterator[Store]:
    """The Store within an AsyncStore; ``test`` runs in a greenlet, as what AsyncStore.run is given does."""
    loop = asyncio.new_event_loop()
    opened = loop.run_until_complete(AsyncStore.open(url, clock=lambda: NOW))
    body = test.obj

    def in_greenlet(**named: Any) -> None:
        loop.run_until_complete(greenlet_spawn(partial(body, **named)))

    test.obj = in_greenlet
    yield opened._store
    loop.run_until_complete(opened.close())
    loop.close()
