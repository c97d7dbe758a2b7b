"""Token buckets, in this process and in Redis, promise the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from kefu.channels import shared_buckets
from kefu.channels.limits import MOST_BUCKETS, Buckets, LocalBuckets, Rule
from kefu.channels.shared_buckets import SharedBuckets
from tests.services import PASSWORD, Service, redis_running

SLOW, WIDE = Rule("slow", 3, 3600), Rule("wide", 100, 3600)


def url(service: Service) -> str:
    return f"redis://:{service.password}@{service.host}:{service.port}/3"


@pytest.fixture(params=["local", "redis"])
async def buckets(request: pytest.FixtureRequest) -> AsyncIterator[Buckets]:
    """Each kind; ``redis`` needs redis-server and is skipped without it."""
    local = request.param == "local"
    made = LocalBuckets() if local else SharedBuckets(url(request.getfixturevalue("redis_service")))
    yield made
    await made.close()


async def test_as_many_at_once_as_the_size_then_one_by_one(buckets: Buckets) -> None:
    assert [await buckets.take([(SLOW, "a")]) for _ in range(3)] == [0, 0, 0]
    assert 1100 < await buckets.take([(SLOW, "a")]) <= 1200
    assert await buckets.take([(SLOW, "b")]) == 0


async def test_who_waits_as_long_as_told_may_go_on(buckets: Buckets) -> None:
    quick = Rule("quick", 1, 0.4)
    while not (wait := await buckets.take([(quick, "c")])):
        pass  # on a slow machine a token may be back before the next one is asked for
    assert 0 < wait <= 0.4
    await asyncio.sleep(wait + 0.01)
    assert await buckets.take([(quick, "c")]) == 0


async def test_all_buckets_are_asked_or_none(buckets: Buckets) -> None:
    for _ in range(3):
        assert await buckets.take([(WIDE, "d"), (SLOW, "d")]) == 0
    for _ in range(200):
        assert await buckets.take([(WIDE, "d"), (SLOW, "d")]) > 0
    for _ in range(97):
        assert await buckets.take([(WIDE, "d")]) == 0
    assert await buckets.take([(WIDE, "d")]) > 0


async def test_many_at_once_get_no_more_than_there_is(buckets: Buckets) -> None:
    waits = await asyncio.gather(*(buckets.take([(SLOW, "e")]) for _ in range(40)))
    assert sum(wait == 0 for wait in waits) == 3


async def test_a_process_forgets_who_was_there_least_lately() -> None:
    buckets, once = LocalBuckets(clock=lambda: 0.0), Rule("once", 1, 60)
    for n in range(MOST_BUCKETS + 1):
        await buckets.take([(once, str(n))])
    assert await buckets.take([(once, "0")]) == 0
    assert await buckets.take([(once, str(MOST_BUCKETS))]) > 0


async def test_two_processes_count_together(redis_service: Service) -> None:
    one, other = SharedBuckets(url(redis_service)), SharedBuckets(url(redis_service))
    taken = [await each.take([(SLOW, "f")]) for each in (one, other, one, other)]
    assert [wait == 0 for wait in taken] == [True, True, True, False]
    await one.close()
    await other.close()


async def test_without_redis_each_counts_by_itself_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_buckets, "AWAY_SECONDS", 0.0)
    with redis_running(tmp_path) as service:
        buckets = SharedBuckets(url(service))
        assert [await buckets.take([(SLOW, "g")]) for _ in range(3)] == [0, 0, 0]
        assert await buckets.take([(SLOW, "g")]) > 0
    with structlog.testing.capture_logs() as logs:
        assert [await buckets.take([(SLOW, "g")]) for _ in range(3)] == [0, 0, 0]
        assert await buckets.take([(SLOW, "g")]) > 0, "there is a limit still"
    assert {(line["event"], line["log_level"]) for line in logs} == {("chat.limits_not_shared", "warning")}
    assert PASSWORD not in str(logs)
    with redis_running(tmp_path, port=service.port):
        assert [await buckets.take([(SLOW, "g")]) for _ in range(3)] == [0, 0, 0], "shared again"
        assert await buckets.take([(SLOW, "g")]) > 0
    await buckets.close()
