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
    """Bind the action server to this machine alone, and let it send the outbox's mails while it runs.

    rasa-sdk has no authentication and reads SANIC_HOST (default 0.0.0.0) right after this call;
    where SANIC_HOST is set it still decides.
    """
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")
    app.register_listener(_start_sending, "after_server_start")
    app.register_listener(_stop_sending, "before_server_stop")


async def _start_sending(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    from actions.wiring import delivery
    from kefu.shop.delivery import Sender

    app.ctx.kefu_mails = Sender(delivery())
    app.ctx.kefu_mails.start()


async def _stop_sending(app: Any, loop: asyncio.AbstractEventLoop) -> None:
    await asyncio.to_thread(app.ctx.kefu_mails.stop)
