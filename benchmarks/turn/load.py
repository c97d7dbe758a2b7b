"""Messages a second with several conversations at once, one client process for both assistants alike."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import aiohttp

from benchmarks.turn.clients import WEBHOOK, Speaker, begin, words_of
from benchmarks.turn.figures import middle, ratio, spread
from benchmarks.turn.plan import LOAD, Plan
from benchmarks.turn.projects import OURS, STOCK, SYSTEMS
from benchmarks.turn.turns import Pair, alone
from kefu.errors import KefuError


def throughput(pair: Pair, plan: Plan) -> dict[str, Any]:
    """By number of conversations: messages a second (medians of rounds), CPU of a message, ratio."""
    return {str(count): _level(pair, plan, count, messages) for count, messages in plan.loads}


def _level(pair: Pair, plan: Plan, count: int, messages: int) -> dict[str, Any]:
    rates: dict[str, list[float]] = {system: [] for system in SYSTEMS}
    spent, seconds = dict.fromkeys(SYSTEMS, 0.0), {system: list[float]() for system in SYSTEMS}
    for _ in range(plan.load_rounds):
        for system in SYSTEMS:
            with alone(pair, system) as serving:
                speakers = [begin(serving) for _ in range(count)]
                before, began = serving.cpu_seconds(), perf_counter()
                seconds[system] += asyncio.run(_all(speakers, messages // count))
                rates[system].append(messages // count * count / (perf_counter() - began))
                spent[system] += serving.cpu_seconds() - before
    each = plan.load_rounds * (messages // count * count)
    found: dict[str, Any] = {
        system: {
            "messages_a_second": middle(rates[system], 1),
            "cpu_ms": round(1000 * spent[system] / each, 2),
            **spread(seconds[system]),
        }
        for system in SYSTEMS
    }
    rate = {system: found[system]["messages_a_second"] for system in SYSTEMS}
    return {**found, "ratio": ratio(rate[OURS], rate[STOCK])}


async def _all(speakers: Sequence[Speaker], each: int) -> list[float]:
    """Every speaker says ``each`` messages, one after the other; the seconds of each message."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        said = await asyncio.gather(*(_one(http, speaker, each) for speaker in speakers))
    return [seconds for of_one in said for seconds in of_one]


async def _one(http: aiohttp.ClientSession, speaker: Speaker, each: int) -> list[float]:
    found = []
    address = f"http://127.0.0.1:{speaker.port}{WEBHOOK}"
    for place in range(each):
        began = perf_counter()
        body = speaker.body(LOAD[place % len(LOAD)])
        async with http.post(address, json=body, headers=dict(speaker.headers)) as answer:
            rows = await answer.json()
            if answer.status != 200 or not words_of(rows).strip():
                raise KefuError(f"under load the assistant answered {answer.status}: {rows}")
        found.append(perf_counter() - began)
    return found
