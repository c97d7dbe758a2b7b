"""A run: a steady crowd with a burst in its middle, then turn after turn until enough have been taken."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.customers import SLOW
from benchmarks.faults.checks import problems
from benchmarks.faults.rows import Books, Money
from benchmarks.faults.run import PACKAGES
from benchmarks.faults.world import World, built
from benchmarks.load.talking import Crowd, Heard
from benchmarks.nlu.provenance import provenance

BURST = 4  # times as many messages
SAMPLE_SECONDS = 5.0
AT_ONCE = 8  # who talk without a pause while memory is watched
WARM = 0.1  # the share of turns before memory counts
Say = Callable[[str], None]


@dataclass(frozen=True)
class Load:
    """How much: conversations open at once, minutes, seconds of burst, turns in all, seconds of thinking."""

    conversations: int = 300
    minutes: float = 10.0
    burst_seconds: float = 60.0
    turns: int = 20_000
    think: float = 60.0
    seed: int = 0


@dataclass(frozen=True)
class Sample:
    """Resident memory in MB at a moment, and how many turns had been taken by then."""

    turns: int
    rasa: float
    actions: float


async def run(load: Load, folder: Path, *, model: Path, database: str, say: Say) -> dict[str, Any]:
    """Start an assistant, load it, and give the figures."""
    async with (
        built(database, folder, model=model, scale=1.0) as world,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        crowd = Crowd(http, world.assistant.url, world.token, load.seed, think=load.think)
        samples: list[Sample] = []
        watching = asyncio.create_task(_watch(world, crowd.heard, samples))
        try:
            await _steady(crowd, load, say=say)
            await _on_and_on(crowd, load, say=say)
        finally:
            watching.cancel()
        broken, slow = await asyncio.to_thread(_looked, world.books, crowd)
    figures = {**_figures(crowd.heard, samples, broken), "announced_as_slow": slow}
    return {**asdict(load), "database": database, "model": model.name, **figures, **provenance(PACKAGES)}


async def _steady(crowd: Crowd, load: Load, *, say: Say) -> None:
    until = time.monotonic() + load.minutes * 60
    talkers = [
        asyncio.create_task(crowd.talk(number, lambda: time.monotonic() < until))
        for number in range(load.conversations)
    ]
    await asyncio.sleep(max(0.0, load.minutes * 30 - load.burst_seconds / 2))
    crowd.phase, crowd.think = "burst", load.think / BURST
    say(f"burst, behind {crowd.heard.turns} turns")
    await asyncio.sleep(load.burst_seconds)
    crowd.phase, crowd.think = "steady", load.think
    await asyncio.gather(*talkers)
    say(f"steady: {crowd.heard.turns} turns, {len(crowd.heard.lost)} lost")


async def _on_and_on(crowd: Crowd, load: Load, *, say: Say) -> None:
    """Without a pause, a few at a time, until as many turns were taken as are wanted."""
    crowd.phase, crowd.think = "without a pause", 0.0
    talkers = [
        asyncio.create_task(crowd.talk(load.conversations + number, lambda: crowd.heard.turns < load.turns))
        for number in range(AT_ONCE)
    ]
    await asyncio.gather(*talkers)
    say(f"without a pause: {crowd.heard.turns} turns, {len(crowd.heard.lost)} lost")


async def _watch(world: World, heard: Heard, samples: list[Sample]) -> None:
    servers = (world.assistant.rasa, world.assistant.actions)
    while True:
        memory = [resident(server.process.pid) for server in servers if server.process is not None]
        samples.append(Sample(heard.turns, *memory))
        await asyncio.sleep(SAMPLE_SECONDS)


def resident(pid: int) -> float:
    """The resident memory of a process, MB."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1000
    return 0.0


def _looked(books: Books, crowd: Crowd) -> tuple[list[str], int]:
    """What is wrong with the rows, and how many messages were announced to take longer."""
    rows = {one.session_id: one for one in books.conversations([each.session_id for each in crowd.done])}
    slow = sum(row["text"] in SLOW for one in rows.values() for row in one.messages)
    return problems(crowd.done, rows, Money()), slow


def _figures(heard: Heard, samples: Sequence[Sample], broken: Sequence[str]) -> dict[str, Any]:
    everything = [second for seconds in heard.seconds.values() for second in seconds]
    phases = {**heard.seconds, "all": everything}
    return {
        "taken": heard.turns, "lost": len(heard.lost) + len(broken), "empty": heard.empty,
        "what_was_lost": [*heard.lost, *broken][:20], "tries": heard.tries,
        "latency": {name: latencies(seconds) for name, seconds in phases.items()},
        "memory": dict(_memory(samples)), "samples": [asdict(one) for one in samples],
    }  # fmt: skip


def latencies(seconds: Sequence[float]) -> dict[str, float]:
    """The median, 95 and 99 of 100, the slowest, and how many; seconds."""
    ordered = sorted(seconds)
    if not ordered:
        return {"count": 0}
    places = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "slowest": 1.0}
    last = len(ordered) - 1
    found = {name: round(ordered[round(place * last)], 3) for name, place in places.items()}
    return {"count": len(ordered), **found}


def _memory(samples: Sequence[Sample]) -> Iterator[tuple[str, dict[str, float]]]:
    for name in ("rasa", "actions"):
        yield name, growth([(one.turns, getattr(one, name)) for one in samples])


def growth(samples: Sequence[tuple[int, float]]) -> dict[str, float]:
    """Memory behind the warm turns, at the end (medians of a tenth of the turns each), and the ratio.

    >>> growth([(0, 1.0), (10, 100.0), (50, 101.0), (100, 105.0)])
    {'begin_mb': 100.0, 'end_mb': 105.0, 'grown': 0.05}
    """
    last = max((turns for turns, _ in samples), default=0)
    begin = [size for turns, size in samples if WARM * last <= turns <= 2 * WARM * last]
    end = [size for turns, size in samples if turns >= (1 - WARM) * last]
    if not begin or not end:
        return {}
    first, then = statistics.median(begin), statistics.median(end)
    return {"begin_mb": round(first, 1), "end_mb": round(then, 1), "grown": round(then / first - 1, 4)}
