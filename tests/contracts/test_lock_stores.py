"""What a lock store promises: one turn of a conversation at a time, in the order of arrival.

The stock in-memory store runs beside ours where it promises the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from rasa.core.lock_store import InMemoryLockStore, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig

from kefu.components.fencing import current_fence
from kefu.components.lock_store import QueueLockStore
from kefu.components.redis_line import Forever
from kefu.components.redis_lock_store import RedisQueueLockStore
from tests.services import Service

LEASE = 0.6


def redis_store(service: Service, *, lease: float = LEASE) -> RedisQueueLockStore:
    config = EndpointConfig(
        service.host, port=service.port, password=service.password, lease=lease, key_prefix="test"
    )
    return RedisQueueLockStore(config)


@pytest.fixture(params=["stock", "queue", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[LockStore]:
    """Each kind of store. ``redis`` needs redis-server and is skipped without it."""
    if request.param == "redis":
        made = redis_store(request.getfixturevalue("redis_service"))
        yield made
        await made.close()
    else:
        yield InMemoryLockStore() if request.param == "stock" else QueueLockStore()


@pytest.fixture(params=["queue", "redis"])
async def ours(request: pytest.FixtureRequest) -> AsyncIterator[LockStore]:
    """Our stores alone."""
    if request.param == "redis":
        made = redis_store(request.getfixturevalue("redis_service"))
        yield made
        await made.close()
    else:
        yield QueueLockStore()


@pytest.fixture
async def two(redis_service: Service) -> AsyncIterator[tuple[RedisQueueLockStore, RedisQueueLockStore]]:
    """Two processes' stores over one Redis."""
    stores = redis_store(redis_service), redis_store(redis_service)
    yield stores
    for store in stores:
        await store.close()


async def test_one_turn_at_a_time_in_the_order_of_arrival(store: LockStore) -> None:
    order: list[str] = []

    async def turn(name: str) -> None:
        async with store.lock("order", wait_time_in_seconds=0.01):
            order.append(f"{name} begins")
            await asyncio.sleep(0.02)
            order.append(f"{name} ends")

    turns = []
    for name in "abcde":
        turns.append(asyncio.create_task(turn(name)))
        await asyncio.sleep(0.01)
    await asyncio.gather(*turns)
    assert order == [f"{name} {what}" for name in "abcde" for what in ("begins", "ends")]


async def test_conversations_do_not_wait_for_each_other(store: LockStore) -> None:
    async with store.lock("one"), store.lock("other"):
        pass


async def test_a_turn_that_fails_gives_its_lock_back(store: LockStore) -> None:
    with pytest.raises(RuntimeError, match="broken"):
        async with store.lock("failing"):
            raise RuntimeError("broken")
    async with store.lock("failing", lock_lifetime=1, wait_time_in_seconds=0.01):
        pass


async def test_a_cancelled_turn_gives_its_lock_back(store: LockStore) -> None:
    entered = asyncio.Event()

    async def turn() -> None:
        async with store.lock("cancelled"):
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(turn())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.lock("cancelled", lock_lifetime=2, wait_time_in_seconds=0.01):
        pass


async def test_who_gave_up_waiting_holds_nobody_up(store: LockStore) -> None:
    async def turn() -> None:
        async with store.lock("impatient", wait_time_in_seconds=0.01):
            raise AssertionError("it was not this one's turn")

    async with store.lock("impatient"):
        waiting = asyncio.create_task(turn())
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with store.lock("impatient", lock_lifetime=2, wait_time_in_seconds=0.01):
        pass


async def test_waiting_ends_with_an_error(ours: LockStore) -> None:
    async with ours.lock("long"):
        with pytest.raises(LockError, match="not done in time"):
            async with ours.lock("long", lock_lifetime=0.1):
                pass


async def test_a_long_turn_keeps_its_lock(ours: LockStore) -> None:
    """Rasa's own lock passes on when its lifetime ends, whether the turn has ended or not."""
    over: list[float] = []

    async def next_turn() -> None:
        async with ours.lock("slow", lock_lifetime=10):
            over.append(time.monotonic())

    async with ours.lock("slow", lock_lifetime=0.1):
        waiting = asyncio.create_task(next_turn())
        await asyncio.sleep(3 * LEASE)
        assert not over
    await waiting


async def test_the_next_one_is_told_at_once(ours: LockStore) -> None:
    """Rasa asks once a second."""
    gaps: list[float] = []
    ended = 0.0

    async def turn(_: int) -> None:
        nonlocal ended
        async with ours.lock("told"):
            if ended:
                gaps.append(time.monotonic() - ended)
            await asyncio.sleep(0.01)
            ended = time.monotonic()

    await asyncio.gather(*map(turn, range(20)))
    assert len(gaps) == 19
    assert sorted(gaps)[9] < 0.1


async def test_of_three_hundred_arrivals_no_two_draw_one_ticket(ours: LockStore) -> None:
    numbers: list[int] = []
    inside = 0

    async def turn() -> None:
        nonlocal inside
        async with ours.lock("crowd", lock_lifetime=60) as lock:
            inside += 1
            assert inside == 1
            numbers.append(lock.now_serving)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(turn() for _ in range(300)))
    assert len(set(numbers)) == 300
    assert numbers == sorted(numbers)


async def test_two_processes_share_one_line(two: tuple[RedisQueueLockStore, RedisQueueLockStore]) -> None:
    numbers: list[int] = []
    inside = 0

    async def turn(store: LockStore) -> None:
        nonlocal inside
        async with store.lock("shared", lock_lifetime=60) as lock:
            inside += 1
            assert inside == 1
            numbers.append(lock.now_serving)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(turn(two[place % 2]) for place in range(300)))
    assert len(set(numbers)) == 300 and numbers == sorted(numbers)


async def crashed(store: RedisQueueLockStore, conversation: str) -> int:
    """Take the lock as a process does that is then killed: its number, and nobody to renew or return it."""
    line = store._opened()
    number = await line.draw(conversation)
    assert (await line.step(conversation, number)).first
    await line.pulse.stop()
    return number


async def test_a_crashed_holder_is_passed_over_and_fenced_off(
    two: tuple[RedisQueueLockStore, RedisQueueLockStore],
) -> None:
    dead, alive = two
    late = await crashed(dead, "crash")
    began = time.monotonic()
    async with alive.lock("crash", lock_lifetime=10) as lock:
        fence = current_fence("crash")
        assert LEASE * 0.5 < time.monotonic() - began < LEASE * 3
        assert lock.now_serving > late
        assert fence is not None and fence.number == lock.now_serving
        assert fence.announced == fence.number, "the one before may still be at work"
    async with alive.lock("crash"):
        again = current_fence("crash")
        assert again is not None and again.announced == 0, "the one before gave its lock back"


async def test_a_crashed_waiter_holds_nobody_up(
    two: tuple[RedisQueueLockStore, RedisQueueLockStore],
) -> None:
    dead, alive = two
    async with alive.lock("queue"):
        await dead._opened().draw("queue")
        await dead._opened().pulse.stop()
    async with alive.lock("queue", lock_lifetime=5 * LEASE):
        pass


async def test_work_that_eats_a_cancellation_ends_all_the_same() -> None:
    eaten = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            eaten.append(1)
            if len(eaten) > 1:
                raise

    endless = Forever(work)
    endless.start()
    await asyncio.sleep(0)
    await asyncio.wait_for(endless.stop(), timeout=5)
    assert len(eaten) == 2


async def test_numbers_grow_behind_a_flush(
    two: tuple[RedisQueueLockStore, RedisQueueLockStore],
) -> None:
    one, other = two
    async with one.lock("flushed") as before:
        client = one._opened()._client
        await client.flushall()
        async with other.lock("flushed", lock_lifetime=5) as behind:
            fence = current_fence("flushed")
            assert behind.now_serving > before.now_serving
            assert fence is not None and fence.announced, "nobody knows who held it before the flush"


async def test_without_redis_there_is_an_error_and_no_lock() -> None:
    store = RedisQueueLockStore(EndpointConfig("127.0.0.1", port=1, socket_timeout=1.0))
    with pytest.raises(LockError, match="Redis gave no lock"):
        async with store.lock("nobody"):
            pass
    await store.close()


async def test_outside_of_a_lock_there_is_no_fence(ours: LockStore) -> None:
    async with ours.lock("fence"):
        assert current_fence("another") is None
    assert current_fence("fence") is None
