"""The channel that customers talk through, set up in credentials.yml as `kefu.channels.chat.ChatChannel:`."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic

from kefu.channels import headers, loading, page, rasa_3_6_21, refusals, shield
from kefu.channels.agent import Outfit
from kefu.channels.conversation_routes import ConversationRoutes
from kefu.channels.conversations import Conversations
from kefu.channels.front import MessageReader
from kefu.channels.health import Health
from kefu.channels.limits import Limits, LocalBuckets
from kefu.channels.living import Living
from kefu.channels.pushes import Everywhere, Pushes
from kefu.channels.recalling import recalled
from kefu.channels.records import Message
from kefu.channels.requests import LARGEST_BODY
from kefu.channels.routes import ChatRoutes
from kefu.channels.shared_buckets import SharedBuckets
from kefu.channels.socket import ChatSocket
from kefu.channels.swapping import Swapper
from kefu.channels.turns import CHANNEL, Turns
from kefu.channels.wiring import StoreRecords, connect
from kefu.errors import ConfigError
from kefu.settings import Settings

# Together they are less than the 15 s after which a service manager may kill: turns, then connections.
DRAIN_SECONDS = 8.0
CONNECTIONS_SECONDS = 3.0
# Sanic counts the request's head too; the body's own limit is checked where it is read.
LARGEST_REQUEST = LARGEST_BODY + 8 * 1024
# Objects more than before at which Python looks through the youngest: about a turn's, half a millisecond.
# With the 20,000 of a start (kefu/cli/quiet_rasa.py) one turn in fourteen would wait for 6 to 20 ms.
YOUNG = 2_000
Route = tuple[str, str, Callable[..., Awaitable[Any]]]


class ChatChannel(InputChannel):
    """Sessions, messages over REST and socket.io, health and the page: one blueprint at the root."""

    def __init__(self, records: StoreRecords) -> None:
        self._records = records

    @classmethod
    def name(cls) -> str:
        """The channel's name in trackers: ``chat``."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> InputChannel:
        """Build the channel; it has no keys of its own (kefu/settings.py has them). Raises ConfigError."""
        if credentials:
            raise ConfigError(
                f"found {', '.join(sorted(credentials))} under kefu.channels.chat.ChatChannel in "
                "credentials.yml, which knows no key; remove it and see docs/settings.md"
            )
        settings = Settings.load()
        if settings.serve:
            shield.keep_out()  # where `rasa run` was called and not `kefu up`: spaCy comes with the model
        loading.apply()  # Rasa reads the model between this and the first request
        return cls(connect(settings))

    def url_prefix(self) -> str:
        """The root: the interface's addresses are its own."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The addresses of shared/chat_api.md over ``on_new_message``."""
        records, settings = self._records, self._records.settings
        limits = limits_of(settings)
        turns, outfit = Turns(records, on_new_message), Outfit(settings)
        patience = float(settings.patience_seconds)
        conversations = Conversations(records, records.history, records.inbox, turns, patience=patience)
        reader = MessageReader(records, records.history, limits)
        socket = ChatSocket(conversations, reader, limits, origins=settings.web_origins)
        living = Living(records.inbox, settings.home / "processes")
        pushes = pushes_of(settings, records, socket)
        conversations.readers = Everywhere(socket, pushes) if pushes else socket
        blueprint = ChatBlueprint("kefu_chat", socket=socket, outfit=outfit, settings=settings)
        talk = ChatRoutes(records, conversations, reader, limits)
        rest = ConversationRoutes(reader, conversations, limits)
        health = Health(records)
        for route in (*talking(talk), *about(rest), *serving(health)):
            _add(blueprint, *route)
        _follow_promotions(blueprint, Swapper(settings.home))
        ends = (limits.close, records.close)
        _add_life(blueprint, conversations, living, pushes, turns=turns, ends=ends)
        return blueprint


class ChatBlueprint(Blueprint):
    """A blueprint that also sets the app up: the page, errors in one shape, headers, limits, socket.io."""

    def __init__(self, name: str, *, socket: ChatSocket, outfit: Outfit, settings: Settings) -> None:
        super().__init__(name)
        self.ctx.socket = socket
        self.ctx.outfit = outfit  # where Sanic wants what is added to a blueprint
        self.ctx.settings = settings

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        """Called by Sanic when Rasa adds the channel to its app."""
        settings: Settings = self.ctx.settings
        app.config.REQUEST_MAX_SIZE = LARGEST_REQUEST
        app.config.WEBSOCKET_MAX_SIZE = LARGEST_REQUEST
        app.config.PROXIES_COUNT = settings.proxies or None
        app.config.GRACEFUL_SHUTDOWN_TIMEOUT = CONNECTIONS_SECONDS  # who only listens does not end by itself
        refusals.install(app)
        headers.install(app, settings.web_origins)
        page.install(app)
        self.ctx.outfit.install(app)
        self.ctx.socket.attach(app)
        super().register(app, options)


def limits_of(settings: Settings) -> Limits:
    """The limits as the settings say; counted in Redis where one is named."""
    return Limits(
        SharedBuckets(settings.redis_url) if settings.redis_url else LocalBuckets(),
        session=settings.messages_per_session,
        address=settings.messages_per_address,
        customer=settings.messages_per_customer,
        sessions=settings.sessions_per_address,
        attachments=settings.attachments_per_session,
    )


def pushes_of(settings: Settings, records: StoreRecords, socket: ChatSocket) -> Pushes | None:
    """What tells other processes, where a Redis is named."""
    if not settings.redis_url:
        return None
    return Pushes(settings.redis_url, process_id=records.inbox.process_id, hear=socket.heard)


def talking(routes: ChatRoutes) -> tuple[Route, ...]:
    """Where conversations are opened and messages sent."""
    return (
        ("POST", "/chat/sessions", routes.open_session),
        ("POST", "/webhooks/rest/webhook", routes.receive),
        ("GET", "/chat/demo", routes.demo_customers),
        ("POST", "/chat/demo-token", routes.demo_token),
    )


def about(routes: ConversationRoutes) -> tuple[Route, ...]:
    """What else belongs to a conversation."""
    return (
        ("GET", "/chat/messages", routes.messages),
        ("POST", "/chat/attachments", routes.attach),
        ("GET", "/chat/attachments/<attachment_id:str>", routes.attachment),
        ("POST", "/chat/feedback", routes.feedback),
        ("GET", "/chat/openapi.json", routes.openapi),
    )


def serving(health: Health) -> tuple[Route, ...]:
    """The page's files and the process's health."""
    return (
        ("GET", "/chat/widget.js", page.widget),
        ("GET", "/chat/static/<name:str>", page.static_file),
        ("GET", "/health/live", health.live),
        ("GET", "/health/ready", health.ready),
    )


def _add(blueprint: Blueprint, method: str, address: str, handler: Callable[..., Awaitable[Any]]) -> None:
    # Sanic writes an attribute on its handlers, which bound methods do not allow: each gets a function.
    blueprint.add_route(
        _as_function(handler),
        address.lstrip("/"),
        methods=[method],
        name=handler.__name__,
        stream=(method, address) == ("POST", "/chat/attachments"),
    )


def _as_function(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def handle(*values: Any, **named: Any) -> Any:
        return await handler(*values, **named)

    return handle


def _add_life(
    blueprint: Blueprint,
    conversations: Conversations,
    living: Living,
    pushes: Pushes | None,
    *,
    turns: Turns,
    ends: Sequence[Callable[[], Awaitable[None]]],
) -> None:
    socket, outfit = blueprint.ctx.socket, blueprint.ctx.outfit

    async def begin(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        rasa_3_6_21.apply()

        async def take_up() -> None:
            agent = getattr(app.ctx, "agent", None)
            outfit.fit(agent)  # what is taken up came with no request
            if agent is not None and agent.is_ready():
                await conversations.take_up()

        await socket.start()
        turns.recall = partial(_recall, app)
        if pushes is not None:
            await pushes.start()
        outfit.fit(
            getattr(app.ctx, "agent", None)
        )  # actions of this process are imported before anybody waits
        living.take_up = take_up
        await living.begin()
        # The model stays; Python need not look through it for circles while somebody waits for an answer.
        gc.freeze()
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])

    async def finish(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await conversations.drain(seconds=DRAIN_SECONDS)
        await living.end()
        await socket.stop()
        if pushes is not None:
            await pushes.stop()
        await outfit.close(getattr(app.ctx, "agent", None))
        for end in ends:
            await end()
        # Python looks through a whole model for circles when it ends, seconds of CPU that nobody needs.
        gc.freeze()

    blueprint.listener("after_server_start")(begin)
    blueprint.listener("before_server_stop")(finish)


def _follow_promotions(blueprint: Blueprint, swapper: Swapper) -> None:
    async def begin(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        swapper.start(getattr(app.ctx, "agent", None), loop)

    async def finish(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await asyncio.to_thread(swapper.stop)

    blueprint.listener("after_server_start")(begin)
    blueprint.listener("before_server_stop")(finish)


async def _recall(app: Sanic, session_id: str, message_id: str) -> list[Message]:
    return await recalled(getattr(app.ctx, "agent", None), session_id, message_id)
