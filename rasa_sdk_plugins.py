"""rasa-sdk's hook into its action server, found by this module's name at the root."""

from __future__ import annotations

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
    """Bind the action server to this machine alone, and have open refunds settled while it runs.

    SANIC_HOST still decides where it is set: rasa-sdk has no authentication and reads it (default
    0.0.0.0) right after this call.
    """
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")
    app.register_listener(_start_reconciler, "after_server_start")
    app.register_listener(_stop_reconciler, "before_server_stop")


def _start_reconciler(app: Any, loop: Any) -> None:
    # imported when a server starts: the hook itself is loaded by every command of rasa-sdk
    from kefu.settings import Settings
    from kefu.shop.reconciler import Reconciler

    app.ctx.reconciler = Reconciler(Settings.load())
    app.ctx.reconciler.start()


def _stop_reconciler(app: Any, loop: Any) -> None:
    app.ctx.reconciler.stop()
