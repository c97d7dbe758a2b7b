"""Customers of the chat interface, over REST or socket.io, who write down all that they send and see.

They insist as the page does: what is not acknowledged is sent again under the same id.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from benchmarks.socket_line import LineLost, SocketLine
from kefu.channels.apology import SENTENCES

REST = "/webhooks/rest/webhook"
SLOW = frozenset(SENTENCES["slow"].values())
APOLOGIES = frozenset(
    text for kind in ("failed", "cut_off", "begun_anew") for text in SENTENCES[kind].values()
)
PAUSE = 0.5  # seconds before something is sent again
SOCKET_SECONDS, REST_SECONDS = 20.0, 40.0
FAILED = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
EVENTS = {"user_uttered": "customer", "bot_uttered": "assistant", "agent_uttered": "agent"}


@dataclass
class Sent:
    """A message of a customer. ``accepted``: somebody acknowledged it; ``answer``: what REST gave."""

    text: str
    message_id: str
    began: float
    tries: int = 0
    accepted: bool = False
    seq: int | None = None
    refusals: list[str] = field(default_factory=list)
    answer: list[dict[str, Any]] | None = None
    answered: float | None = None

    @property
    def words(self) -> str:
        """The answer's texts, a line each."""
        return "\n".join(str(each.get("text") or "") for each in self.answer or ())

    @property
    def seconds(self) -> float | None:
        """From the sending to the answer."""
        return None if self.answered is None else self.answered - self.began


class NotAnswered(Exception):
    """A customer waited in vain."""


class Customer:
    """One conversation. ``seen`` holds what socket.io told, by number; ``twice`` what it told again."""

    def __init__(self, http: aiohttp.ClientSession, url: str, session: dict[str, Any]) -> None:
        self.url = url
        self.session_id: str = session["session_id"]
        self.sent: list[Sent] = []
        self.seen: dict[int, dict[str, Any]] = {}
        self.twice: list[int] = []
        self.line: SocketLine | None = None
        self._token: str = session["token"]
        self._http = http
        self._news = asyncio.Event()

    @classmethod
    async def open(
        cls, http: aiohttp.ClientSession, url: str, *, customer_token: str | None = None, socket: bool = False
    ) -> Customer:
        """Open a conversation; with ``socket`` it is read over socket.io from its beginning."""
        body = {"customer_token": customer_token} if customer_token else {}
        async with http.post(f"{url}/chat/sessions", json=body) as answer:
            answer.raise_for_status()
            one = cls(http, url, await answer.json())
        if socket:
            one.line = SocketLine(url, one._auth, one._told)
            one.line.start()
            await asyncio.wait_for(one.line.connected.wait(), 20)
        return one

    async def say(
        self, text: str, *, seconds: float = 120.0, message_id: str | None = None, rest: bool = False
    ) -> Sent:
        """Send a message until it is answered; NotAnswered where that takes longer than ``seconds``.

        ``rest``: over REST although socket.io is there too.
        """
        sent = Sent(text, message_id or uuid.uuid4().hex, time.monotonic())
        self.sent.append(sent)
        try:
            way = self._over_socket if self.line is not None and not rest else self._over_rest
            await asyncio.wait_for(self._insist(sent, way), seconds)
        except asyncio.TimeoutError as error:
            met = ", ".join(f"{times} {what}" for what, times in Counter(sent.refusals).most_common())
            raise NotAnswered(f"{text!r} was not answered within {seconds:.0f} s: {met}") from error
        return sent

    async def close(self) -> None:
        """Hang up."""
        if self.line is not None:
            await self.line.stop()

    async def _insist(self, sent: Sent, way: Callable[[Sent], Awaitable[None]]) -> None:
        while sent.answered is None:
            sent.tries += 1
            try:
                await way(sent)
            except LineLost as error:
                sent.refusals.append(str(error))
            except FAILED as error:
                sent.refusals.append(type(error).__name__)
            if sent.answered is None:
                await asyncio.sleep(PAUSE)

    async def _over_rest(self, sent: Sent) -> None:
        body = {"message": sent.text, "message_id": sent.message_id}
        limit = aiohttp.ClientTimeout(total=REST_SECONDS)
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._http.post(self.url + REST, json=body, headers=headers, timeout=limit) as response:
            if response.status != 200:
                sent.refusals.append(str(response.status))
                return
            rows = await response.json()
        sent.accepted = True
        if not rows or any(str(row.get("text")) not in SLOW for row in rows):
            self._finish(sent, rows)

    async def _over_socket(self, sent: Sent) -> None:
        assert self.line is not None
        if not sent.accepted:
            body = {"message": sent.text, "message_id": sent.message_id}
            kept = await self.line.call("user_uttered", body, seconds=SOCKET_SECONDS)
            if "error" in kept:
                sent.refusals.append(str(kept["error"]["code"]))
                return
            sent.accepted, sent.seq = True, int(kept["seq"])
        while not (rows := self._answers_behind(sent.seq or 0)):
            self._news.clear()
            await self._news.wait()
        self._finish(sent, rows)

    def _finish(self, sent: Sent, rows: Sequence[dict[str, Any]]) -> None:
        sent.answer, sent.answered = list(rows), time.monotonic()

    def _answers_behind(self, seq: int) -> list[dict[str, Any]]:
        behind = [self.seen[number] for number in sorted(self.seen) if number > seq]
        return [one for one in behind if one["from"] == "assistant" and one["text"] not in SLOW]

    def _auth(self) -> dict[str, Any]:
        return {"token": self._token, "seq": max(self.seen, default=0)}

    def _told(self, event: str, body: Any) -> None:
        if event in EVENTS:
            number = int(body["seq"])
            if number in self.seen:
                self.twice.append(number)
            self.seen[number] = dict(body)
            self._news.set()
