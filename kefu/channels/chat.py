"""The channel that customers talk through, set up in credentials.yml as `kefu.channels.chat.ChatChannel:`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic

from kefu.channels import page, refusals
from kefu.channels.health import Health
from kefu.channels.records import ChatRecords
from kefu.channels.requests import LARGEST_BODY
from kefu.channels.routes import ChatRoutes
from kefu.channels.turns import CHANNEL, Turns
from kefu.channels.wiring import connect
from kefu.errors import ConfigError

DRAIN_SECONDS = 10.0
# Sanic counts the request's head too; the body's own limit is checked where it is read.
LARGEST_REQUEST = LARGEST_BODY + 8 * 1024


class ChatChannel(InputChannel):
    """Sessions, REST messages, health and the page, in one blueprint at the server's root."""

    def __init__(self, records: ChatRecords) -> None:
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
        return cls(connect())

    def url_prefix(self) -> str:
        """The root: the interface's addresses are its own."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The addresses of shared/chat_api.md over ``on_new_message``."""
        turns = Turns(self._records, on_new_message)
        blueprint = ChatBlueprint("kefu_chat")
        _add_routes(blueprint, ChatRoutes(self._records, turns), Health(self._records))
        _add_end(blueprint, turns, self._records)
        return blueprint


class ChatBlueprint(Blueprint):
    """A blueprint that also sets the app up: the page at ``/``, errors in one shape, the size limit."""

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        """Called by Sanic when Rasa adds the channel to its app."""
        app.config.REQUEST_MAX_SIZE = LARGEST_REQUEST
        refusals.install(app)
        page.install(app)
        super().register(app, options)


def _add_routes(blueprint: Blueprint, routes: ChatRoutes, health: Health) -> None:
    for method, address, handler in (
        ("POST", "/chat/sessions", routes.open_session),
        ("POST", "/webhooks/rest/webhook", routes.receive),
        ("GET", "/chat/demo", routes.demo_customers),
        ("POST", "/chat/demo-token", routes.demo_token),
        ("GET", "/chat/static/<name:str>", page.static_file),
        ("GET", "/health/live", health.live),
        ("GET", "/health/ready", health.ready),
    ):
        # Sanic writes an attribute on its handlers, which bound methods do not allow: each gets a function.
        blueprint.add_route(
            _as_function(handler), address.lstrip("/"), methods=[method], name=handler.__name__
        )


def _as_function(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def handle(*values: Any, **named: Any) -> Any:
        return await handler(*values, **named)

    return handle


def _add_end(blueprint: Blueprint, turns: Turns, records: ChatRecords) -> None:
    async def finish(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await turns.drain(seconds=DRAIN_SECONDS)
        await records.close()

    blueprint.listener("before_server_stop")(finish)
