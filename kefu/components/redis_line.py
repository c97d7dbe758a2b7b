"""The line before a conversation in Redis, changed by scripts, with one channel on which tickets are called.

``PREFIX:line:ID`` (a sorted set) holds the tickets that wait and the one that is called, each with its
process; ``PREFIX:last:ID`` (a hash) the greatest number given out, and the ticket that was called last and is
not back. ``PREFIX:alive:PROCESS`` lives while its process says so.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
KEPT_SECONDS = 24 * 3600  # a conversation's numbers are remembered so long behind its last turn

# Numbers begin at Redis's clock, so that they grow behind a flush too. A hash that is new may be one that
# was flushed under a holder: whoever comes first is told of a takeover.
DRAW = """
local time = redis.call('TIME')
local last = redis.call('HGET', KEYS[2], 'last')
if not last then redis.call('HSET', KEYS[2], 'holder', '?') end
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine = string.format('%.0f', math.max(tonumber(last or '0') + 1, now))
redis.call('SET', ARGV[1] .. ARGV[2], 1, 'PX', ARGV[3])
redis.call('HSET', KEYS[2], 'last', mine)
redis.call('ZADD', KEYS[1], mine, mine .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return mine
"""
# Passes over tickets whose process is dead. 1: called, 0: waiting, -1: not in the line; then: a takeover.
STEP = """
local mine = ARGV[3] .. ' ' .. ARGV[2]
if not redis.call('ZSCORE', KEYS[1], mine) then return {-1, 0} end
local first = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
while first ~= mine and redis.call('EXISTS', ARGV[1] .. string.match(first, ' (.+)$')) == 0 do
  redis.call('ZREM', KEYS[1], first)
  first = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
end
if first ~= mine then return {0, 0} end
local holder = redis.call('HGET', KEYS[2], 'holder')
redis.call('HSET', KEYS[2], 'holder', ARGV[3])
return {1, (holder and holder ~= ARGV[3]) and 1 or 0}
"""
LEAVE = """
redis.call('ZREM', KEYS[1], ARGV[3] .. ' ' .. ARGV[2])
if redis.call('HGET', KEYS[2], 'holder') == ARGV[3] then redis.call('HDEL', KEYS[2], 'holder') end
local first = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
if first then redis.call('PUBLISH', ARGV[4], string.match(first, '^%d+') .. ' ' .. ARGV[5]) end
return 1
"""


@dataclass(frozen=True)
class Place:
    """Where a ticket stands: called (``first``), no more in the line (``lost``), or waiting."""

    first: bool
    took_over: bool
    lost: bool


class Line:
    """The lines of all conversations over one client. Every call may raise RedisError."""

    def __init__(self, client: Redis[bytes], *, prefix: str, lease: float) -> None:
        self._client = client
        self._prefix = prefix
        self._lease = lease
        self._process = secrets.token_hex(8)
        self._draw, self._step, self._leave = (client.register_script(code) for code in (DRAW, STEP, LEAVE))
        self._drawing = asyncio.Lock()
        self.wakes = Wakes(client, channel=f"{prefix}:called")
        self.pulse = Forever(self._live)

    async def draw(self, conversation_id: str) -> int:
        """Take the next number. One at a time: two connections would not keep the order of arrival."""
        self.pulse.start()
        times = [int(self._lease * 1000), KEPT_SECONDS * 1000]
        async with self._drawing:
            number: Any = await self._draw(keys=self._keys(conversation_id), args=[*self._who(), *times])
        return int(number)

    async def step(self, conversation_id: str, number: int) -> Place:
        """Look whose turn it is, past whoever has crashed."""
        answer: Any = await self._step(keys=self._keys(conversation_id), args=[*self._who(), number])
        return Place(first=answer[0] == 1, took_over=bool(answer[1]), lost=answer[0] == -1)

    async def leave(self, conversation_id: str, number: int) -> None:
        """Give the ticket back and call the next one."""
        args = [*self._who(), number, self.wakes.channel, conversation_id]
        await self._leave(keys=self._keys(conversation_id), args=args)

    async def close(self) -> None:
        """Give the connections back."""
        await self.pulse.stop()
        await self.wakes.listener.stop()
        await self._client.close()
        await self._client.connection_pool.disconnect()

    def _keys(self, conversation_id: str) -> list[str]:
        return [f"{self._prefix}:line:{conversation_id}", f"{self._prefix}:last:{conversation_id}"]

    def _who(self) -> list[str]:
        return [f"{self._prefix}:alive:", self._process]

    async def _live(self) -> None:
        """Say that this process is alive, thrice in a lease, and let it look who else is not."""
        await self._client.set("".join(self._who()), 1, px=int(self._lease * 1000))
        self.wakes.nudge()
        await asyncio.sleep(self._lease / 3)


class Forever:
    """Work that is done again and again until stopped; Redis may go away meanwhile."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it was begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """End. Asked again and again: a timeout that runs out in the same moment eats a cancellation."""
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=0.2)

    async def _go_on(self) -> None:
        while True:
            try:
                await self._work()
            except (RedisError, OSError, asyncio.TimeoutError) as error:
                log.warning("Redis does not answer: %s", type(error).__name__)
                await asyncio.sleep(0.5)


class Wakes:
    """Who waits in this process, and one subscription that calls them.

    A call that gets lost, and a crash of who was called, are found by whom ``nudge`` lets look.
    """

    def __init__(self, client: Redis[bytes], *, channel: str) -> None:
        self.channel = channel
        self.listener = Forever(self._listen)
        self._client = client
        self._waiting: dict[tuple[int, str], asyncio.Event] = {}
        self._subscribed = asyncio.Event()

    @asynccontextmanager
    async def awaited(self, conversation_id: str, number: int) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the ticket is called, from before it is asked whether it already was."""
        self.listener.start()
        await self.within(self._subscribed, 1.0)
        called = self._waiting[(number, conversation_id)] = asyncio.Event()
        try:
            yield called
        finally:
            del self._waiting[(number, conversation_id)]

    def nudge(self) -> None:
        """Let the first one of each conversation's waiters here look for itself."""
        firsts: dict[str, int] = {}
        for number, conversation_id in self._waiting:
            firsts[conversation_id] = min(number, firsts.get(conversation_id, number))
        for conversation_id, number in firsts.items():
            self._waiting[(number, conversation_id)].set()

    @staticmethod
    async def within(event: asyncio.Event, seconds: float) -> None:
        """Wait for an event, but not longer."""
        if not event.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(event.wait(), timeout=seconds)

    async def _listen(self) -> None:
        self._subscribed.clear()
        async with self._client.pubsub() as subscription:
            await subscription.subscribe(self.channel)
            while True:
                self._hear(await subscription.get_message(timeout=5.0))

    def _hear(self, message: dict[str, Any] | None) -> None:
        if message is None:
            return
        if message["type"] == "subscribe":
            self._subscribed.set()
            for called in self._waiting.values():
                called.set()  # calls may have been missed: all look for themselves
            return
        number, _, conversation_id = message["data"].decode("utf-8").partition(" ")
        called_one = self._waiting.get((int(number), conversation_id))
        if called_one is not None:
            called_one.set()
