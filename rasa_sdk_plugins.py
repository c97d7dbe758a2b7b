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
    """Bind the action server to this machine alone; SANIC_HOST still decides where it is set.

    rasa-sdk has no authentication and reads SANIC_HOST (default 0.0.0.0) right after this call.
    """
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")
