"""rasa-sdk's hook into its action server, found by this module's name at the root."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import pluggy

hookimpl = pluggy.HookimplMarker("rasa_sdk")


def init_hooks(manager: pluggy.PluginManager) -> None:
    """Register this module's hooks; rasa-sdk calls it once, when its server starts."""
    manager.register(sys.modules[__name__])


@hookimpl
def attach_sanic_app_extensions(app: Any) -> None:
    """Bind the action server to this machine alone; while it runs, refunds are settled and mails sent.

    rasa-sdk has no authentication and reads SANIC_HOST (default 0.0.0.0) right after this call;
    where SANIC_HOST is set it still decides.
    """
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")
    for start in (_start_reconciler, _start_sending):
        app.register_listener(start, "after_server_start")
    for stop in (_stop_reconciler, _stop_sending, _close_store):
        app.register_listener(stop, "before_server_stop")


async def _start_reconciler(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    # imported when a server starts: the hook itself is loaded by every command of rasa-sdk
    from kefu.settings import Settings
    from kefu.shop.reconciler import Reconciler

    app.ctx.reconciler = Reconciler(Settings.load())
    app.ctx.reconciler.start()


async def _stop_reconciler(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    await asyncio.to_thread(app.ctx.reconciler.stop)


async def _start_sending(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    from actions.wiring import delivery
    from kefu.shop.delivery import Sender

    app.ctx.kefu_mails = Sender(delivery())
    app.ctx.kefu_mails.start()


async def _stop_sending(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    await asyncio.to_thread(app.ctx.kefu_mails.stop)


async def _close_store(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    from actions.wiring import serving

    await serving().close()
