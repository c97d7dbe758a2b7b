"""Sends a body as a message, over REST or socket.io, and says what came of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import socketio

from benchmarks.fuzz.inputs import Sent

REST = "/webhooks/rest/webhook"
JSON = {"Content-Type": "application/json"}
SECONDS = 60
REFUSALS = (400, 401, 403, 409, 413, 415, 422, 429)  # of the contract, for a message


@dataclass(frozen=True)
class Came:
    """``what``: answered, refused, empty, silent, status 5xx, …; the first two are right."""

    what: str

    @property
    def right(self) -> bool:
        """Whether the contract allows it."""
        return self.what in ("answered", "refused")


class Rest:
    """One conversation over REST."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=SECONDS)
        token = self._http.post("/chat/sessions").raise_for_status().json()["token"]
        self._headers = {**JSON, "Authorization": f"Bearer {token}"}

    def send(self, sent: Sent) -> Came:
        """Send the bytes as they are."""
        try:
            answer = self._http.post(REST, content=sent.body, headers=self._headers)
        except httpx.HTTPError as error:
            return Came(type(error).__name__)
        if answer.status_code in REFUSALS:
            return Came("refused" if answer.json().get("error", {}).get("message") else "refused wordlessly")
        return _judged(answer.json()) if answer.status_code == 200 else Came(f"status {answer.status_code}")

    def close(self) -> None:
        """End the connection."""
        self._http.close()


class Socket:
    """One conversation over socket.io, with the stock client."""

    def __init__(self, url: str) -> None:
        self._url = url
        with httpx.Client(base_url=url, timeout=SECONDS) as http:
            self._token = http.post("/chat/sessions").raise_for_status().json()["token"]
        self._loop = asyncio.new_event_loop()
        self._io: socketio.AsyncClient | None = None
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()

    def send(self, sent: Sent) -> Came:
        """Send the body's value; what is no JSON cannot be sent this way and goes as text."""
        value = sent.value if sent.value is not None else {"message": sent.body.decode("latin-1")}
        return self._loop.run_until_complete(self._said(value))

    def close(self) -> None:
        """End the connection."""
        self._loop.run_until_complete(self._ended())
        self._loop.close()

    async def _ended(self) -> None:
        if self._io is not None:
            await self._io.eio.disconnect(abort=True)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _said(self, value: Any) -> Came:
        try:
            io = await self._connected()
            while not self._heard.empty():
                self._heard.get_nowait()
            taken = await self._taken(io, value)
            if not isinstance(taken, dict) or "seq" not in taken:
                said = taken.get("error", {}).get("message") if isinstance(taken, dict) else None
                return Came("refused" if said else "refused wordlessly")
            return await self._answer(int(taken["seq"]))
        except (socketio.exceptions.SocketIOError, asyncio.TimeoutError) as error:
            return await self._closed(type(error).__name__)

    async def _taken(self, io: socketio.AsyncClient, value: Any) -> Any:
        """The acknowledgement; DisconnectedError as soon as the server ends the connection instead."""
        call = asyncio.create_task(io.call("user_uttered", value, timeout=SECONDS))
        gone = asyncio.create_task(self._gone.wait())
        await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if call.done():
            return call.result()
        call.cancel()
        raise socketio.exceptions.DisconnectedError

    async def _answer(self, seq: int) -> Came:
        """The words behind the message; those of an older one, sent late, are passed over."""
        while True:
            said = await asyncio.wait_for(self._heard.get(), SECONDS)
            if said["seq"] > seq:
                return Came("answered" if said["text"].strip() else "empty")

    async def _closed(self, why: str) -> Came:
        """The server closes a connection whose message is larger than it takes; that is its refusal."""
        closed = self._gone.is_set()
        self._io = None
        return Came("refused" if closed else why)

    async def _connected(self) -> socketio.AsyncClient:
        if self._io is None or not self._io.connected:
            self._io = socketio.AsyncClient(reconnection=False)
            self._gone = asyncio.Event()
            self._io.on("bot_uttered", self._heard.put)
            self._io.on("disconnect", lambda reason=None: self._gone.set())
            await self._io.connect(self._url, auth={"token": self._token}, transports=["polling"])
        return self._io


def _judged(messages: Any) -> Came:
    if not isinstance(messages, list) or not messages:
        return Came("empty")
    return Came("answered" if any(str(one.get("text") or "").strip() for one in messages) else "silent")
