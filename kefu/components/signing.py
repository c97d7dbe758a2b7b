"""Puts our secret into the calls of the action server that Rasa makes by itself.

The channel's own client (kefu/channels/action_client.py) sends it as a header. In ``rasa shell`` no channel
of ours is loaded, and Rasa knows no way to give a header that no file holds; but it asks its plugins before
every call of an action (``prefix_stripping_for_custom_actions``).
"""

from __future__ import annotations

from typing import Any

import pluggy
from rasa.plugin import plugin_manager

hookimpl = pluggy.HookimplMarker("rasa")
NAME = "kefu-signing"
FIELD = "kefu_secret"


class Signing:
    """A plugin of Rasa."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @hookimpl
    def prefix_stripping_for_custom_actions(self, json_body: dict[str, Any]) -> dict[str, Any]:
        """The call with the secret."""
        return {**json_body, FIELD: self._secret}


def sign_calls(secret: str) -> None:
    """Let this process's calls carry ``secret`` from now on."""
    manager = plugin_manager()
    if manager.has_plugin(NAME):
        manager.unregister(name=NAME)
    manager.register(Signing(secret), name=NAME)
