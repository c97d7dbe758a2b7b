"""GET /health/live and /health/ready: would a message really be answered?"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urljoin

import aiohttp
import structlog
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json

from kefu.channels.agent import not_ours
from kefu.channels.records import ChatRecords
from kefu.channels.refusals import Refusal
from kefu.errors import StoreError

ACTION_SECONDS = 2.0
STORE_SECONDS = 2.0
log = structlog.get_logger()


class Health:
    """What the process says of itself."""

    def __init__(self, records: ChatRecords) -> None:
        self._records = records

    async def live(self, request: Request) -> HTTPResponse:
        """200 while the process answers at all."""
        return json({"status": "live"})

    async def ready(self, request: Request) -> HTTPResponse:
        """200 when model, our stores and the action server are there; else 503 naming what is not."""
        if not has_model(request.app):
            # Rasa loads it before it listens, so this one does not mend itself.
            raise Refusal(503, "no_model", "no model is loaded")
        agent = request.app.ctx.agent
        for missing in (not_ours(agent), await self._store(agent), await self._actions(agent)):
            if missing:
                raise Refusal(503, "not_ready", missing)
        return json({"status": "ready"})

    async def _store(self, agent: Any) -> str | None:
        try:
            await asyncio.wait_for(self._records.check(), STORE_SECONDS)
            await asyncio.wait_for(agent.tracker_store.check(), STORE_SECONDS)
        except (StoreError, asyncio.TimeoutError):
            return "the store does not answer"
        return None

    async def _actions(self, agent: Any) -> str | None:
        endpoint = agent.action_endpoint
        if endpoint is None:
            return "no action server is named in endpoints.yml"
        address = urljoin(endpoint.url, "health")
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ACTION_SECONDS)) as client,
                client.get(address) as answer,
            ):
                return None if answer.status == 200 else f"the action server answers {answer.status}"
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return "the action server does not answer"


def has_model(app: Sanic | None) -> bool:
    """Whether the server has a model to answer with."""
    agent = getattr(app.ctx, "agent", None) if app is not None else None
    return agent is not None and bool(agent.is_ready())


def require_model(app: Sanic | None) -> None:
    """Raise Refusal 503 where a message could only be answered by an apology."""
    if not has_model(app):
        raise Refusal(503, "not_ready", "The assistant is not ready yet. Try again in a moment.")
