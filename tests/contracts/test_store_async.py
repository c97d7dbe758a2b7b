"""What serves requests in an event loop promises: AsyncStore and ThreadedStore, on SQLite and PostgreSQL.

What the repositories promise over asyncio's drivers stands in the tests of Store, which run over both
(tests/contracts/conftest.py).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from kefu.errors import DuplicateKey, StaleRevision, StoreError
from kefu.shop.confirmations import propose, redeem
from kefu.shop.identity import Identity
from kefu.shop.operation import Operation
from kefu.store import Store, Transaction
from kefu.store.aio import AsyncStore, Gate
from kefu.store.engines import CONNECTIONS
from kefu.store.serving import LazyServing, open_serving
from kefu.store.threaded import ThreadedStore
from tests.support.databases import NOW
from tests.support.rows import session

MANY = 40
ALICE = Identity("alice", "C1001")
ORDER = "KF10000001"
KINDS = {"asyncio": AsyncStore, "threads": ThreadedStore}
SOON = 1.5  # seconds within which something that is cut gives its place back on a busy machine


@pytest.fixture
def url(databases: Any) -> str:
    found: str = databases.shop()
    return found


@pytest.fixture(params=KINDS)
async def serving(url: str, request: pytest.FixtureRequest) -> AsyncIterator[AsyncStore | ThreadedStore]:
    """A store of each kind over a database of each kind."""
    store = await KINDS[request.param].open(url, clock=lambda: NOW)
    yield store
    await store.close()


def add(name: str) -> Any:
    """Work that writes the session ``name``."""
    return lambda tx: tx.sessions.add(session(name))


def named(name: str) -> Any:
    """Work that reads the session ``name``."""
    return lambda tx: tx.sessions.get(name)


@contextmanager
def held(url: str) -> Iterator[None]:
    """Another process writes: SQLite has one writer, on PostgreSQL the table of sessions is locked."""
    engine = sa.create_engine(url, future=True)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"))
        else:
            connection.connection.driver_connection.isolation_level = None
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
    engine.dispose()


# -- transactions -----------------------------------------------------------------------


async def test_what_is_written_is_committed_and_what_fails_is_undone(serving: Any) -> None:
    await serving.run(add("s1"), write=True)

    def fail(tx: Transaction) -> None:
        tx.sessions.add(session("s2"))
        raise RuntimeError("after the row")

    with pytest.raises(RuntimeError, match="after the row"):
        await serving.run(fail, write=True)
    assert await serving.run(named("s1")) == session("s1")
    assert await serving.run(named("s2")) is None


async def test_a_reader_cannot_write(serving: Any) -> None:
    with pytest.raises(StoreError):
        await serving.run(add("s1"))
    await serving.run(add("s1"), write=True)


async def test_the_clock_and_the_audit_are_those_of_a_store(serving: Any) -> None:
    await serving.run(lambda tx: tx.audit.add("test", "happened", "it", {}), write=True)
    last = await serving.run(lambda tx: tx.audit.of_subject("it")[-1])
    assert (last.action, last.at) == ("happened", NOW)


async def test_a_taken_key_and_a_rule_that_refuses_have_the_same_words(serving: Any, url: str) -> None:
    def twice(tx: Transaction) -> None:
        tx.sessions.add(session("s1"))
        tx.sessions.add(session("s1"))

    def illegal(tx: Transaction) -> None:
        tx.execute("UPDATE payments SET amount = amount + 1")

    plain = Store.open(url)
    for work, kind in ((twice, DuplicateKey), (illegal, StoreError)):
        with pytest.raises(StoreError) as expected:
            plain.run(work, write=True)
        with pytest.raises(kind) as found:
            await serving.run(work, write=True)
        assert str(found.value) == str(expected.value)
    plain.close()


async def test_a_database_without_schema_is_refused(databases: Any) -> None:
    url = databases.empty()
    for kind in KINDS.values():
        with pytest.raises(StaleRevision, match="kefu seed"):
            await kind.open(url)


async def test_a_server_that_is_not_there_is_a_store_error() -> None:
    for kind in KINDS.values():
        with pytest.raises(StoreError, match="cannot be used now"):
            await kind.open("postgresql://nobody@127.0.0.1:9/none")


async def test_each_database_is_served_by_its_own_kind(url: str) -> None:
    store = await open_serving(url)
    assert isinstance(store, AsyncStore if store.dialect == "postgresql" else ThreadedStore)
    await store.close()


async def test_a_lazy_store_is_opened_once_and_again_after_it_was_closed(url: str) -> None:
    store = LazyServing(url, migrate=True)
    found = await asyncio.gather(*(store.run(named("s1")) for _ in range(5)))
    assert found == [None] * 5
    await store.close()
    await store.run(add("s1"), write=True)
    await store.close()
    await store.close()


async def test_after_a_commit_that_failed_the_next_transaction_works(serving: Any) -> None:
    def fail(_: Any) -> None:
        if failing:
            raise sa.exc.OperationalError("COMMIT", {}, RuntimeError("disk I/O error"))

    failing = True
    sa.event.listen(serving._store._engine, "commit", fail)
    with pytest.raises(StoreError, match="disk I/O error"):
        await serving.run(add("s1"), write=True)
    failing = False
    assert await serving.run(named("s1")) is None
    await serving.run(add("s1"), write=True)


# -- being cut --------------------------------------------------------------------------


async def test_who_waits_for_a_lock_is_cut_and_gives_the_place_back(serving: Any, url: str) -> None:
    with held(url):
        for _ in range(CONNECTIONS + 2):  # more than there are places: none is lost
            began = time.monotonic()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(serving.run(add("s1"), write=True), 0.1)
            assert time.monotonic() - began < SOON
        assert await asyncio.wait_for(waiters(url), SOON) == 0
    await asyncio.wait_for(serving.run(add("s1"), write=True), 5)
    assert await serving.run(named("s1")) == session("s1")


async def waiters(url: str) -> int:
    """How many statements wait for a lock in PostgreSQL, once none does or after a while."""
    if url.startswith("sqlite"):
        return 0
    engine = sa.create_engine(url, future=True)
    words = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    found, until = -1, time.monotonic() + 1
    with engine.connect() as connection:
        while found != 0 and time.monotonic() < until:
            found = int(connection.execute(sa.text(words)).scalar() or 0)
            await asyncio.sleep(0.05)
    engine.dispose()
    return found


async def test_a_statement_that_takes_too_long_is_stopped_and_undone(serving: Any, url: str) -> None:
    slow = (
        "SELECT pg_sleep(30)"
        if serving.dialect == "postgresql"
        else "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    )

    def work(tx: Transaction) -> None:
        tx.sessions.add(session("s1"))
        tx.execute(slow)

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(serving.run(work, write=True), 0.5)
    await asyncio.wait_for(serving.run(add("s2"), write=True), 5)  # its lock is gone
    assert await serving.run(named("s1")) is None
    assert await serving.run(named("s2")) == session("s2")


async def test_one_that_waits_its_turn_is_cut_too(serving: Any, url: str) -> None:
    with held(url):
        waiting = [asyncio.create_task(serving.run(add(f"s{n}"), write=True)) for n in range(MANY)]
        await asyncio.sleep(0.2)
        for task in waiting:
            task.cancel()
        assert len(await asyncio.gather(*waiting, return_exceptions=True)) == MANY
    await asyncio.wait_for(serving.run(add("last"), write=True), 5)
    for n in range(MANY):
        assert await serving.run(named(f"s{n}")) is None


async def test_a_held_lock_does_not_hold_up_the_others(serving: Any, url: str) -> None:
    """One that waits for a lock keeps neither the loop nor those who do not need the lock."""
    with held(url):
        blocked = asyncio.create_task(serving.run(add("s1"), write=True))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        found = await asyncio.gather(*(serving.run(lambda tx: tx.orders.get(ORDER)) for _ in range(8)))
        assert time.monotonic() - began < SOON and None not in found and not blocked.done()
    await asyncio.wait_for(blocked, 5)


# -- forty at once ----------------------------------------------------------------------


async def test_forty_duplicates_are_one_refund(serving: Any) -> None:
    def ask(tx: Transaction) -> str:
        _, shown = propose(tx, ALICE, Operation("cancel", ORDER), now=NOW)
        assert shown is not None
        return shown.nonce

    nonce = await serving.run(ask, write=True)
    yes = [serving.run(lambda tx: redeem(tx, ALICE, nonce, now=NOW), write=True) for _ in range(MANY)]
    outcomes = await asyncio.gather(*yes)
    (refund,) = await serving.run(lambda tx: tx.refunds.of_order(ORDER))
    assert (refund.key, refund.state) == (nonce, "submitted")
    assert Counter("replayed" in outcome.facts for outcome in outcomes) == {False: 1, True: MANY - 1}
    assert {(o.code, o.facts["refund"].refund_id) for o in outcomes} == {("done_cancel", refund.refund_id)}


async def test_transactions_are_bounded(serving: Any) -> None:
    inside = most = 0

    def work(tx: Transaction) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        tx.orders.get(ORDER)
        inside -= 1

    await asyncio.gather(*(serving.run(work) for _ in range(3 * CONNECTIONS)))
    assert 1 <= most <= CONNECTIONS


async def test_a_gate_lets_them_in_as_they_came_and_loses_no_place() -> None:
    gate, came = Gate(2), []

    async def enter(number: int) -> None:
        async with gate:
            came.append(number)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(enter(number)) for number in range(20)]
    await asyncio.sleep(0)
    for task in tasks[5:9]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert came == [0, 1, 2, 3, 4, *range(9, 20)]
    await asyncio.wait_for(asyncio.gather(enter(20), enter(21)), 1)
