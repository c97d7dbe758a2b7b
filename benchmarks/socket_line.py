"""The little of socket.io that a chat client needs, over one websocket.

The stock Python client asks for a newer aiohttp than Rasa pins before it opens a websocket, and 300 of them
on long polling would measure themselves. The page's stock client is tried in tests/browser.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from websockets.client import WebSocketClientProtocol, connect
from websockets.exceptions import WebSocketException

# Engine.io's packets that a client meets, and socket.io's inside of its messages.
PING, PONG, MESSAGE = "2", "3", "4"
CONNECTED, EVENT, ACK, REFUSED = "40", "42", "43", "44"
LOST = (OSError, WebSocketException, asyncio.TimeoutError, ValueError)
Told = Callable[[str, Any], None]


class LineLost(Exception):
    """The connection is not there, or went while something was asked."""


class SocketLine:
    """A connection that comes back by itself; ``told`` gets each event as it arrives."""

    def __init__(self, url: str, auth: Callable[[], Mapping[str, Any]], told: Told) -> None:
        self._url = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self._auth = auth
        self._told = told
        self._wire: WebSocketClientProtocol | None = None
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()
        self.connections = 0

    def start(self) -> None:
        """Connect, and again whenever the connection is lost, until ``stop``."""
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=5)

    async def call(self, event: str, body: Mapping[str, Any], *, seconds: float) -> Any:
        """Send an event and give its acknowledgement; LineLost where none comes."""
        if self._wire is None or not self.connected.is_set():
            raise LineLost("not connected")
        self._number += 1
        number, answer = self._number, asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            await self._wire.send(f"{EVENT}{number}{json.dumps([event, body], ensure_ascii=False)}")
            return await asyncio.wait_for(answer, seconds)
        except (*LOST, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and not answer.cancelled():
                raise
            raise LineLost(type(error).__name__) from error
        finally:
            self._asked.pop(number, None)

    async def _go_on(self) -> None:
        while True:
            try:
                async with connect(self._url, open_timeout=10, ping_interval=None, close_timeout=1) as wire:
                    self._wire = wire
                    await self._read(wire)
            except LOST:
                pass  # the next try says more
            finally:
                self._lose()
            await asyncio.sleep(0.5)

    async def _read(self, wire: WebSocketClientProtocol) -> None:
        await wire.recv()  # engine.io's own greeting
        await wire.send(CONNECTED + json.dumps(self._auth()))
        async for packet in wire:
            text = str(packet)
            if text == PING:
                await wire.send(PONG)
            elif text.startswith(CONNECTED):
                self.connections += 1
                self.connected.set()
            elif text.startswith(REFUSED):
                return
            elif text.startswith((EVENT, ACK)):
                self._hear(text)

    def _hear(self, text: str) -> None:
        kind, rest = text[:2], text[2:]
        digits = rest[: rest.index("[")]
        body = json.loads(rest[len(digits) :])
        if kind == EVENT:
            self._told(body[0], body[1] if len(body) > 1 else None)
        elif (asked := self._asked.get(int(digits))) is not None and not asked.done():
            asked.set_result(body[0] if body else None)

    def _lose(self) -> None:
        self.connected.clear()
        self._wire = None
        for asked in self._asked.values():
            asked.cancel()
