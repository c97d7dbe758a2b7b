"""GET /health/live and /health/ready: would a message really be answered?"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import structlog
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json

from kefu.channels.action_client import ActionClient
from kefu.channels.action_lines import Unlisted
from kefu.channels.agent import not_ours
from kefu.channels.records import ChatRecords
from kefu.channels.refusals import Refusal
from kefu.channels.rehearsal import Rehearsal, actions_of
from kefu.errors import StoreError

STORE_SECONDS = 2.0
LOCK_SECONDS = 2.0
log = structlog.get_logger()


class Health:
    """What the process says of itself. Anybody may ask: what an attacker could use goes to the log only."""

    def __init__(self, records: ChatRecords) -> None:
        self._records = records
        self._rehearsal = Rehearsal()

    async def live(self, request: Request) -> HTTPResponse:
        """200 while the process answers at all."""
        return json({"status": "live"})

    async def ready(self, request: Request) -> HTTPResponse:
        """200 when model, our stores and the action server are there; else 503 naming what is not.

        ``passages``: whether answers come from the ``stored`` passages, or from the ``packaged`` ones because
        the store has none.
        """
        if not has_model(request.app):
            # Rasa loads it before it listens, so this one does not mend itself.
            raise Refusal(503, "no_model", "no model is loaded")
        agent = request.app.ctx.agent
        for look in (_stores, self._store, _lock, self._actions):
            if missing := await look(agent):
                raise Refusal(503, "not_ready", missing)
        found = await self._rehearsal.of(agent.processor)
        if found.wrong:
            raise Refusal(503, "not_ready", found.wrong)
        return json({"status": "ready"} | ({"passages": found.passages} if found.passages else {}))

    async def _store(self, agent: Any) -> str | None:
        try:
            await asyncio.wait_for(self._records.check(), STORE_SECONDS)
            await asyncio.wait_for(agent.tracker_store.check(), STORE_SECONDS)
        except (StoreError, asyncio.TimeoutError):
            return "the store does not answer"
        return None

    async def _actions(self, agent: Any) -> str | None:
        endpoint = agent.action_endpoint
        if not isinstance(endpoint, ActionClient):
            return "no action server is named in endpoints.yml"
        try:
            known = await endpoint.line.names()
        except Unlisted as error:
            return str(error)
        if missing := sorted(actions_of(agent.processor.domain) - known):
            log.error("health.actions_missing", actions=missing)
            return "the action server is of another version than the model"
        return None


async def _stores(agent: Any) -> str | None:
    found = not_ours(agent)
    if found is None:
        return None
    log.error("health.foreign_store", found=found)
    return "a store of conversations or locks is not the one that endpoints.yml should name"


async def _lock(agent: Any) -> str | None:
    """A lock that nobody else takes, so that it is free where it can be had at all."""
    try:
        await asyncio.wait_for(_locked(agent.lock_store), LOCK_SECONDS)
    except Exception as error:
        # LockError, a timeout, or whatever a library raises: no turn would begin.
        log.error("health.no_lock", kind=type(error).__name__)
        return "the lock store does not answer"
    return None


async def _locked(lock_store: Any) -> None:
    async with lock_store.lock(f"readiness-{secrets.token_hex(8)}", lock_lifetime=LOCK_SECONDS):
        pass


def has_model(app: Sanic | None) -> bool:
    """Whether the server has a model to answer with."""
    agent = getattr(app.ctx, "agent", None) if app is not None else None
    return agent is not None and bool(agent.is_ready())


def require_model(app: Sanic | None) -> None:
    """Raise Refusal 503 where a message could only be answered by an apology."""
    if not has_model(app):
        raise Refusal(503, "not_ready", "The assistant is not ready yet. Try again in a moment.")
