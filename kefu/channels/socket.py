"""socket.io at /socket.io: the same conversations as REST, told to everybody who reads them.

What goes out is read from the store behind the last number that a connection has; so nothing is sent
before it is kept, and a client that comes back with its last ``seq`` misses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import socketio
import structlog
from sanic import Request, Sanic

from kefu.channels.conversations import Conversations
from kefu.channels.front import MessageReader
from kefu.channels.health import has_model, require_model
from kefu.channels.limits import Limits
from kefu.channels.records import Visitor
from kefu.channels.refusals import Refusal
from kefu.channels.requests import LARGEST_BODY, address_of, is_token, routed_to
from kefu.channels.socket_server import ReadingServer
from kefu.errors import StoreError
from kefu.shop import chats

POLL_SECONDS = 1.0  # how soon words that nobody announced (a colleague's, or Redis is away) are seen
EVENTS = {"customer": "user_uttered", "assistant": "bot_uttered", "agent": "agent_uttered"}
log = structlog.get_logger()


@dataclass
class Connection:
    """One connected client: whose conversation it reads, and how far it has been told."""

    visitor: Visitor
    token: str
    address: str
    sent: int
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)


class ChatSocket:
    """The socket.io server of one process; also the Readers of its Conversations."""

    def __init__(
        self, conversations: Conversations, reader: MessageReader, limits: Limits, *, origins: tuple[str, ...]
    ) -> None:
        self._conversations = conversations
        self._history = conversations.history
        self._reader = reader
        self._limits = limits
        self._connections: dict[str, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._polling: asyncio.Task[None] | None = None
        self._app: Sanic | None = None
        self.server = ReadingServer(
            async_mode="sanic",
            cors_allowed_origins=_same_or(origins),
            max_http_buffer_size=LARGEST_BODY,
        )
        for name, handler in (
            ("connect", self._connect), ("disconnect", self._disconnect), ("user_uttered", self._heard),
        ):  # fmt: skip
            self.server.on(name, handler)

    def attach(self, app: Sanic) -> None:
        """Answer at ``/socket.io`` of the app."""
        self._app = app
        self.server.attach(app, "socket.io")

    async def start(self) -> None:
        """Look regularly for what other processes wrote."""
        self._polling = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        """End every connection; clients come back to another process."""
        if self._polling is not None:
            self._polling.cancel()
        for sid in list(self._connections):
            await self.server.disconnect(sid)

    async def said(self, session_id: str) -> None:
        """Tell everybody who reads the conversation what is new in it."""
        try:
            for sid, connection in self._readers_of(session_id):
                await self._tell(sid, connection)
        except StoreError:
            log.error("chat.not_told", session=session_id)  # the next look at the store finds it

    async def writing(self, session_id: str, on: bool) -> None:
        """The assistant writes, or has ended."""
        for sid, _ in self._readers_of(session_id):
            await self.server.emit("typing", {"on": on}, to=sid)

    def heard(self, session_id: str, writing: bool | None) -> None:
        """Another process told of a conversation: whoever waits or reads here looks now."""
        if writing is None:
            self._conversations.promises.nudge(session_id)
        if self._readers_of(session_id):
            self._later(self.said(session_id) if writing is None else self.writing(session_id, writing))

    async def _connect(self, sid: str, handshake: dict[str, Any], auth: Any) -> None:
        try:
            connection = await self._admit(handshake, auth if isinstance(auth, dict) else {})
        except Refusal as refusal:
            raise _refused(refusal) from refusal
        except StoreError as error:
            raise _refused(Refusal(503, "unavailable", "Our records cannot be reached just now.")) from error
        self._connections[sid] = connection
        # behind the handshake's own answer, which socket.io sends when this handler is done
        self._later(self._welcome(sid, connection))

    async def _admit(self, handshake: dict[str, Any], auth: dict[str, Any]) -> Connection:
        token, seq = auth.get("token"), auth.get("seq")
        address = address_of(handshake["sanic.request"])
        await self._limits.connecting(address=address)
        if not isinstance(token, str) or not is_token(token):
            raise Refusal(401, "no_token", "Open a conversation first, then connect with its token.")
        if seq is not None and (type(seq) is not int or not 0 <= seq < 2**31):
            raise Refusal(400, "malformed", '"seq" must be the number of the last message that was read.')
        visitor = await self._reader.visitor(token, named=True)
        routed_to(_named_session(handshake), visitor)
        sent = await self._history.last(visitor.session_id) if seq is None else seq
        return Connection(visitor, token, address, sent)

    async def _welcome(self, sid: str, connection: Connection) -> None:
        visitor = connection.visitor
        customer = {"name": visitor.customer_name} if visitor.customer_name else None
        try:
            last = await self._history.last(visitor.session_id)
            confirmed = {
                "session_id": visitor.session_id, "seq": last, "customer": customer,
                "expires_at": visitor.expires_at.isoformat(),
            }  # fmt: skip
            await self.server.emit("session_confirm", confirmed, to=sid)
            await self._tell(sid, connection)
            if has_model(self._app):  # without one they would hear an apology, and wait for no better answer
                await self._conversations.take_up(visitor.session_id)
            if self._conversations.works_on(visitor.session_id):
                await self.server.emit("typing", {"on": True}, to=sid)
        except StoreError:
            log.error("chat.not_welcomed", session=visitor.session_id)
            await self.server.disconnect(sid)  # it comes back by itself

    async def _disconnect(self, sid: str, *reason: Any) -> None:
        self._connections.pop(sid, None)

    async def _heard(self, sid: str, body: Any = None, *rest: Any) -> dict[str, Any]:
        """A customer's message; what is returned is socket.io's acknowledgement: it is committed."""
        connection = self._connections.get(sid)
        if connection is None:
            return Refusal(401, "no_token", "Connect again.").body()
        try:
            visitor, said = await self._reader.read(body, connection.token, address=connection.address)
            require_model(self._app)
            accepted = await self._conversations.accept(visitor, said)
        except Refusal as refusal:
            log.info("chat.refused", path="socket.io", status=refusal.status, code=refusal.code)
            return {**refusal.body(), "retry_after": refusal.retry_after}
        except StoreError:
            return Refusal(503, "unavailable", "Our records cannot be reached just now.").body()
        kept = accepted.message
        return {"seq": kept.seq, "message_id": said.message_id, "at": kept.at.isoformat()}

    async def _tell(self, sid: str, connection: Connection) -> None:
        async with connection.telling:
            while messages := await self._history.after(connection.visitor.session_id, connection.sent):
                for message in messages:
                    await self.server.emit(EVENTS[message.author], chats.view(message), to=sid)
                    connection.sent = message.seq

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _readers_of(self, session_id: str) -> list[tuple[str, Connection]]:
        every = self._connections.items()
        return [(sid, each) for sid, each in every if each.visitor.session_id == session_id]

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self._look()
            except Exception as error:
                # Whatever it was, the next look may well succeed; without one nobody hears a colleague.
                log.error("chat.look_failed", kind=type(error).__name__)

    async def _look(self) -> None:
        sessions = sorted({each.visitor.session_id for each in self._connections.values()})
        lasts = await self._history.lasts(sessions) if sessions else {}
        for sid, connection in list(self._connections.items()):
            if lasts.get(connection.visitor.session_id, 0) > connection.sent:
                await self._tell(sid, connection)


def _named_session(handshake: dict[str, Any]) -> str | None:
    request: Request = handshake["sanic.request"]
    named = parse_qs(request.query_string).get("s")
    return named[0] if named else request.headers.get("x-kefu-session")


def _refused(refusal: Refusal) -> socketio.exceptions.ConnectionRefusedError:
    error = {**refusal.body()["error"], "status": refusal.status, "retry_after": refusal.retry_after}
    return socketio.exceptions.ConnectionRefusedError(refusal.message, error)


def _same_or(origins: tuple[str, ...]) -> Callable[[str | None, dict[str, Any]], bool]:
    """Whether a page of this origin may connect: the server's own, and those of the setting."""

    def allowed(origin: str | None, handshake: dict[str, Any]) -> bool:
        host = handshake.get("HTTP_HOST", "")
        return origin is None or origin in (*origins, f"http://{host}", f"https://{host}")

    return allowed
