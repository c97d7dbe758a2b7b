"""rasa-sdk's hook into its action server, found by this module's name at the root."""

from __future__ import annotations

import asyncio
import gc
import hmac
import os
import sys
from json import loads
from typing import Any

import pluggy
from sanic import Request
from sanic.response import BaseHTTPResponse, json

hookimpl = pluggy.HookimplMarker("rasa_sdk")
KEPT_ALIVE_SECONDS = 120  # longer than the assistant keeps its side: nobody writes into a closing connection


def init_hooks(manager: pluggy.PluginManager) -> None:
    """Register this module's hooks; rasa-sdk calls it once, when its server starts."""
    manager.register(sys.modules[__name__])


@hookimpl
def attach_sanic_app_extensions(app: Any) -> None:
    """Let only our server call; while the action server runs, refunds are settled and mails sent.

    rasa-sdk has no authentication and reads SANIC_HOST (default 0.0.0.0) right after this call;
    where SANIC_HOST is set it still decides. Its answer to an error repeats the request and the error.
    """
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")
    app.config.KEEP_ALIVE_TIMEOUT = KEPT_ALIVE_SECONDS
    app.config.ACCESS_LOG = False  # three lines a turn, which tell nothing that the assistant's log does not
    app.register_middleware(_Door().let_in, "request")
    app.register_middleware(_without_details, "response")
    for start in (_start_background, _heed_early_end, _freeze):
        app.register_listener(start, "after_server_start")
    for stop in (_note_end, _stop_background):
        app.register_listener(stop, "before_server_stop")


class _Door:
    """Lets a call in that carries the secret, as a header or (from `rasa shell`) in its body."""

    def __init__(self) -> None:
        from kefu.settings import Settings

        self._secret = Settings.load().action_secret.encode()

    async def let_in(self, request: Request) -> BaseHTTPResponse | None:
        if request.path == "/health":
            return None
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            given = _in_body(request)
        # bytes: compare_digest refuses texts that are not ASCII
        if hmac.compare_digest(given.encode("utf-8", "replace"), self._secret):
            return None
        return json(
            {"error": "This server is called by the assistant only (KEFU_ACTION_SECRET)."}, status=403
        )


def _in_body(request: Request) -> str:
    try:
        body = loads(request.body)
    except (ValueError, RecursionError):
        return ""
    given = body.get("kefu_secret") if isinstance(body, dict) else None
    return given if isinstance(given, str) else ""


async def _without_details(request: Request, response: BaseHTTPResponse) -> BaseHTTPResponse | None:
    if response.status < 500:
        return None
    return json(
        {"error": "The action failed; the log of the action server says why."}, status=response.status
    )


async def _start_background(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    # imported when a server starts: the hook itself is loaded by every command of rasa-sdk
    from actions.background import Background

    app.ctx.background = Background()
    app.ctx.background.start()


async def _stop_background(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    await app.ctx.background.close()


async def _heed_early_end(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Stop the server where it was told to while it started.

    Sanic 21 heeds one SIGTERM. One that comes during these listeners stops the loop's run for them, and the
    server would go on for ever.
    """
    app.ctx.ending = asyncio.Event()
    app.ctx.heeding = loop.create_task(_stop_if_told(app, loop))


async def _stop_if_told(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    while not app.is_stopping:
        await asyncio.sleep(0.5)
    await asyncio.sleep(1.0)  # a stop that was heard says so meanwhile
    if not app.ctx.ending.is_set():
        loop.stop()


async def _freeze(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    """What is imported stays; Python need not look through it for circles while somebody waits."""
    gc.freeze()


async def _note_end(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    app.ctx.ending.set()
    app.ctx.heeding.cancel()
