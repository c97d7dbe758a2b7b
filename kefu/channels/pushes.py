"""Tells other Rasa processes, over Redis, that something was said: who reads it there hears at once.

A push carries no words: whoever gets one reads the store behind the last number that each connection has.
So one that is lost, or all of them while Redis is away, costs the second until the next look, no more.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kefu.channels.conversations import Readers

CHANNEL = "kefu:said"
MOST_WAITING = 1000  # pushes that Redis did not take yet; beyond, the oldest are left to the next look
SECONDS = 2.0
AGAIN_SECONDS = 1.0
AWAY = (RedisError, OSError, asyncio.TimeoutError)
log = structlog.get_logger()
# Called with a conversation, and None where something was said, else whether the assistant writes there.
Hear = Callable[[str, "bool | None"], None]


class Pushes:
    """One process's ear and mouth. ``hear`` is called for what other processes tell."""

    def __init__(self, url: str, *, process_id: str, hear: Hear) -> None:
        self._url = url
        self._process_id = process_id
        self._hear = hear
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self._client: Redis[bytes] | None = None

    def tell(self, session_id: str, writing: bool | None = None) -> None:
        """Something was said in a conversation, or the assistant began or ended to write; never waits."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(json.dumps([self._process_id, session_id, writing]))

    async def start(self) -> None:
        """Begin to tell and to hear."""
        self._client = Redis.from_url(self._url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
        self._tasks = [asyncio.create_task(self._for_ever(work)) for work in (self._send, self._listen)]

    async def stop(self) -> None:
        """End; asked again and again, as a timeout that runs out in the same moment eats a cancellation."""
        while pending := [task for task in self._tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=0.2)
        if self._client is not None:
            await self._client.close()
            await self._client.connection_pool.disconnect()

    async def _for_ever(self, work: Callable[[Redis[bytes]], Coroutine[Any, Any, None]]) -> None:
        assert self._client is not None  # start() made it
        while True:
            try:
                await work(self._client)
            except AWAY as error:
                log.warning("chat.pushes_away", kind=type(error).__name__)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _send(self, client: Redis[bytes]) -> None:
        while True:
            await client.publish(CHANNEL, await self._waiting.get())

    async def _listen(self, client: Redis[bytes]) -> None:
        async with client.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            while True:
                message = await subscription.get_message(timeout=5.0)
                if message is not None and message["type"] == "message":
                    self._heard(message["data"])

    def _heard(self, data: bytes) -> None:
        try:
            process_id, session_id, writing = json.loads(data)
        except ValueError:  # somebody else's channel, or another version's
            return
        if process_id != self._process_id and isinstance(session_id, str):
            self._hear(session_id, writing)


class Everywhere:
    """Readers of a conversation, in this process and in all others."""

    def __init__(self, here: Readers, pushes: Pushes) -> None:
        self._here = here
        self._pushes = pushes

    async def said(self, session_id: str) -> None:
        """Something new stands in a conversation."""
        self._pushes.tell(session_id)
        await self._here.said(session_id)

    async def writing(self, session_id: str, on: bool) -> None:
        """The assistant began, or ended, its work on a message."""
        self._pushes.tell(session_id, on)
        await self._here.writing(session_id, on)
