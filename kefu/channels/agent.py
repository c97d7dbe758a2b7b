"""Rasa's agent as it must serve: our stores without Rasa's wrappers, our action client and graph runner."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from rasa.core.agent import Agent
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.utils.endpoints import EndpointConfig
from sanic import Request, Sanic

from kefu.channels.action_client import ActionClient
from kefu.channels.action_lines import ActionLine, ModuleLine, ServerLine
from kefu.channels.graph_runner import planned
from kefu.settings import Settings

# Rasa falls back to memory where a class of endpoints.yml cannot be imported; who serves is looked at here.
STORES = {
    "tracker_store": ("kefu.components.tracker_store",),
    "lock_store": ("kefu.components.lock_store", "kefu.components.redis_lock_store"),
}


class Outfit:
    """Puts an agent right whenever it is another one, or has another model, than before."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line: ActionLine | None = None

    def install(self, app: Sanic) -> None:
        """Look at the app's agent before every request."""

        async def look(request: Request) -> None:
            self.fit(getattr(request.app.ctx, "agent", None))

        app.register_middleware(look, "request")

    def fit(self, agent: Any) -> None:
        """Take the wrapper off the tracker store, put client and runner in; nothing where that is done."""
        if not isinstance(agent, Agent):
            return
        if isinstance(agent.tracker_store, FailSafeTrackerStore):
            agent.tracker_store = agent.tracker_store._tracker_store
        if agent.action_endpoint is not None and not isinstance(agent.action_endpoint, ActionClient):
            agent.action_endpoint = self._client_of(agent)
        if agent.processor is not None:
            agent.processor.tracker_store = agent.tracker_store
            agent.processor.action_endpoint = agent.action_endpoint
            agent.processor.graph_runner = planned(agent.processor.graph_runner)

    async def close(self, agent: Any) -> None:
        """Give back what the client and the stores hold."""
        if self._line is not None:
            await self._line.close()
        for name in STORES:
            close = getattr(getattr(agent, name, None), "close", None)
            if inspect.iscoroutinefunction(close):
                await close()
            elif close is not None:
                await asyncio.to_thread(close)

    def _client_of(self, agent: Agent) -> ActionClient:
        def slots() -> set[str]:
            return {slot.name for slot in agent.domain.slots} if agent.domain else set()

        if self._line is None:
            self._line = line_of(agent.action_endpoint, self._settings)
        return ActionClient(self._line, slots=slots)


def line_of(endpoint: EndpointConfig, settings: Settings) -> ActionLine:
    """Where endpoints.yml says that actions run: in this process, if it names their module."""
    package = endpoint.kwargs.get("actions_module")
    if package:
        return ModuleLine(str(package), seconds=settings.action_seconds)
    return ServerLine(str(endpoint.url), secret=settings.action_secret, seconds=settings.action_seconds)


def not_ours(agent: Any) -> str | None:
    """The store of endpoints.yml that is not one of ours, None where both are."""
    for name, rooms in STORES.items():
        kind = type(getattr(agent, name, None))
        if kind.__module__ not in rooms:
            return f"the {name} is a {kind.__name__} and not the one that endpoints.yml should name"
    return None
