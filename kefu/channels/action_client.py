"""Calls of the action server: one kept connection, our secret, a time limit, and words whatever breaks.

Rasa swallows every exception of an action and says nothing; so nothing is raised here but what Rasa itself
expects of an action that declines (status 400).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

import aiohttp
import structlog
from rasa.shared.core.events import deserialise_events
from rasa.utils.endpoints import ClientResponseError, EndpointConfig, concat_url

from kefu.channels.action_call import SECRET_FIELD, candidates

# One more than the action server allows its actions: what it says of its own limit should arrive.
GRACE_SECONDS = 0.5
KEPT_ALIVE_SECONDS = 60.0  # the action server keeps a connection longer (rasa_sdk_plugins.py)
UNDONE, UNCLEAR = "utter_action_failed", "utter_action_slow"
OFFER = {"offer": {"kind": "human"}}
# What is answered before any action has run.
REFUSED = (401, 403, 404, 413)
log = structlog.get_logger()


class ActionClient(EndpointConfig):
    """Stands in the place of Rasa's ``EndpointConfig`` of the action server.

    ``slots`` gives the names that the domain knows: an answer that sets another one is not used.
    """

    def __init__(
        self, url: str, *, secret: str, seconds: float, slots: Callable[[], Collection[str]]
    ) -> None:
        # the domain is 100 kB and no action of ours reads it
        super().__init__(url=url, enable_selective_domain=True)
        self._secret = secret
        self._limit = aiohttp.ClientTimeout(total=seconds + GRACE_SECONDS)
        self._slots = slots
        self._opened: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The answer of an action, or one that says what can be said where there is none."""
        call = {name: value for name, value in (kwargs.get("json") or {}).items() if name != SECRET_FIELD}
        try:
            status, answer = await self._answer(method, subpath, call)
        except aiohttp.ClientConnectorError as error:
            return self._words(call, UNDONE, type(error).__name__)
        except (aiohttp.ClientError, asyncio.TimeoutError, UnicodeDecodeError) as error:
            return self._words(call, UNCLEAR, type(error).__name__)
        if status == 400 and isinstance(answer, dict) and "action_name" in answer:
            raise ClientResponseError(status, "the action declines", json.dumps(answer))
        if status != 200:
            return self._words(call, UNDONE if status in REFUSED else UNCLEAR, f"status {status}")
        problem = self._problem(answer)
        return self._words(call, UNCLEAR, problem) if problem else answer

    async def close(self) -> None:
        """Give the connection back."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def _answer(self, method: str, subpath: str | None, call: Mapping[str, Any]) -> tuple[int, Any]:
        address = concat_url(str(self.url), subpath)
        async with self._session().request(method, address, json=call) as response:
            text = await response.text()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, None

    def _session(self) -> aiohttp.ClientSession:
        # opened by the first call, within the loop that serves
        if self._opened is None or self._opened.closed:
            connector = aiohttp.TCPConnector(keepalive_timeout=KEPT_ALIVE_SECONDS)
            headers = {"Authorization": f"Bearer {self._secret}"}
            self._opened = aiohttp.ClientSession(
                connector=connector,
                headers=headers,
                timeout=self._limit,
                cookie_jar=aiohttp.DummyCookieJar(),  # the action server gives none: nothing to look through
            )
        return self._opened

    def _problem(self, answer: Any) -> str | None:
        """Why Rasa could not use an answer, None where it can."""
        if not isinstance(answer, dict):
            return "no JSON object"
        events, responses = answer.get("events", []), answer.get("responses", [])
        if not _are_objects(events) or not _are_objects(responses):
            return "events or responses are no list of objects"
        try:
            deserialise_events([event for event in events if not _is_slot(event)])
        except Exception as error:  # Rasa raises what it likes
            return f"an event cannot be read ({type(error).__name__})"
        unknown = {event["name"] for event in events if event["event"] == "slot"} - set(self._slots())
        return f"unknown slots {', '.join(sorted(unknown))}" if unknown else None

    def _words(self, call: Mapping[str, Any], response: str, why: str) -> dict[str, Any]:
        name = str(call.get("next_action"))
        log.error("action.failed", action=name, session=call.get("sender_id"), why=why)
        emptied = candidates(call) if name.startswith(("validate_", "action_validate_")) else []
        return {
            "events": [{"event": "slot", "name": slot, "value": None} for slot in emptied],
            "responses": [{"response": response, "custom": dict(OFFER)}],
        }


def _are_objects(rows: Any) -> bool:
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def _is_slot(event: Mapping[str, Any]) -> bool:
    """Whether it sets a slot, which Rasa can read whatever its value is: no need to have it read twice."""
    return event.get("event") == "slot" and isinstance(event.get("name"), str)
