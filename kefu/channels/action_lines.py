"""Where actions run: in a server of their own, or in this process (``actions_module`` of endpoints.yml).

Rasa Pro names a module so since 3.10 (its "direct custom action executor"). A call in this process spares
writing, sending and reading HTTP on both sides, and a second Python. Both lines run the same actions by the
same executor of rasa-sdk and answer alike: tests/contracts/test_action_lines.py.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import json
import pickle
import pkgutil
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urljoin

import aiohttp
import structlog
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from rasa_sdk.utils import all_subclasses

from kefu.errors import ConfigError

# One more than the action server allows its actions: what it says of its own limit should arrive.
GRACE_SECONDS = 0.5
LISTING_SECONDS = 2.0
KEPT_ALIVE_SECONDS = 60.0  # the action server keeps a connection longer (rasa_sdk_plugins.py)
log = structlog.get_logger()


class Unlisted(Exception):
    """Nobody could say which actions there are; the words are for anybody who asks for health."""


class ActionLine(Protocol):
    """Who runs actions."""

    async def ask(self, call: Mapping[str, Any]) -> tuple[int, Any]:
        """Run what a call (``kefu/channels/action_call.py``) names: an HTTP status, and its JSON or None.

        Raises:
            aiohttp.ClientConnectorError: there is nobody who could have run it.
            aiohttp.ClientError, asyncio.TimeoutError, UnicodeDecodeError: nobody knows whether it ran.
        """

    async def names(self) -> set[str]:
        """The actions that there are; raises Unlisted."""

    async def close(self) -> None:
        """Give back what is held."""


class ServerLine:
    """The action server at ``url``: one kept connection, our secret, a time limit."""

    def __init__(self, url: str, *, secret: str, seconds: float) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._limit = aiohttp.ClientTimeout(total=seconds + GRACE_SECONDS)
        self._opened: aiohttp.ClientSession | None = None

    async def ask(self, call: Mapping[str, Any]) -> tuple[int, Any]:
        """See ActionLine."""
        async with self._session().post(self._url, json=call) as response:
            text = await response.text()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, None

    async def names(self) -> set[str]:
        """Asked for its actions, not its health: a server that refuses our secret would do none of them."""
        limit = aiohttp.ClientTimeout(total=LISTING_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit, headers=self._headers) as client,
                client.get(urljoin(self._url, "actions")) as answer,
            ):
                if answer.status != 200:
                    raise Unlisted(f"the action server answers {answer.status}")
                return {row["name"] for row in await answer.json(content_type=None)}
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise Unlisted("the action server does not answer") from error
        except (ValueError, TypeError, KeyError) as error:
            raise Unlisted("what answers in the action server's place is another program") from error

    async def close(self) -> None:
        """See ActionLine."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    def _session(self) -> aiohttp.ClientSession:
        # opened by the first call, within the loop that serves
        if self._opened is None or self._opened.closed:
            connector = aiohttp.TCPConnector(keepalive_timeout=KEPT_ALIVE_SECONDS)
            self._opened = aiohttp.ClientSession(
                connector=connector,
                headers=self._headers,
                timeout=self._limit,
                cookie_jar=aiohttp.DummyCookieJar(),  # the action server gives none: nothing to look through
            )
        return self._opened


class ModuleLine:
    """The actions of a package, run in this process and its event loop, which they must not block.

    What a module ``background`` of the package has as ``Background`` runs beside them, in threads of its own.
    """

    def __init__(self, package: str, *, seconds: float) -> None:
        self._executor = _executor_of(package)
        self._limit = seconds + GRACE_SECONDS
        self._background = _background_of(package)
        if self._background is not None:
            self._background.start()

    async def ask(self, call: Mapping[str, Any]) -> tuple[int, Any]:
        """See ActionLine; what an action raises is logged and is a status 500, as in a server."""
        try:
            answer = await asyncio.wait_for(self._executor.run(_copied(call)), self._limit)
            # by way of JSON: what no row of a conversation takes is no answer
            return 200, json.loads(json.dumps(answer))
        except ActionExecutionRejection as error:
            return 400, {"error": error.message, "action_name": error.action_name}
        except ActionNotFoundException:
            return 404, None
        except asyncio.TimeoutError:
            raise
        except Exception:
            # an action raises what it likes, and the customer must hear words
            log.exception("action.raised", action=call.get("next_action"))
            return 500, None

    async def names(self) -> set[str]:
        """See ActionLine."""
        return set(self._executor.actions)

    async def close(self) -> None:
        """See ActionLine; waits for what runs beside the actions."""
        if self._background is not None:
            await self._background.close()


def _copied(call: Mapping[str, Any]) -> Any:
    """A call that an action may change as it likes; copy.deepcopy takes six times as long, JSON four."""
    return pickle.loads(pickle.dumps(call, pickle.HIGHEST_PROTOCOL))


def _executor_of(package: str) -> ActionExecutor:
    """An executor of the classes that the modules of a package define; ConfigError where one fails to import.

    rasa-sdk's ``register_package`` takes every action that this process has imported from anywhere.
    """
    try:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{package}."):
            importlib.import_module(found.name)
    except ImportError as error:
        raise ConfigError(
            f"found actions_module: {package} in endpoints.yml, which cannot be imported ({error}); name a "
            "package that can, or take the line away to have actions run by the server at `url`"
        ) from error
    executor = ActionExecutor()
    for kind in all_subclasses(Action):
        if f"{kind.__module__}.".startswith(f"{package}.") and not inspect.isabstract(kind):
            executor.register_action(kind)
    return executor


def _background_of(package: str) -> Any:
    if not hasattr(importlib.import_module(package), "__path__"):
        return None  # a module by itself
    name = f"{package}.background"
    return importlib.import_module(name).Background() if importlib.util.find_spec(name) else None
