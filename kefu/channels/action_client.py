"""What an action answers, or words whatever breaks.

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
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from kefu.channels.action_call import SECRET_FIELD, candidates
from kefu.channels.action_lines import ActionLine

UNDONE, UNCLEAR = "utter_action_failed", "utter_action_slow"
OFFER = {"offer": {"kind": "human"}}
# What is answered before any action has run.
REFUSED = (401, 403, 404, 413)
log = structlog.get_logger()


class ActionClient(EndpointConfig):
    """Stands in the place of Rasa's ``EndpointConfig`` of the action server.

    ``line`` is where actions run: in a server of their own or in this process. ``slots`` gives the names that
    the domain knows: an answer that sets another one is not used.
    """

    def __init__(self, line: ActionLine, *, slots: Callable[[], Collection[str]]) -> None:
        # the domain is 100 kB and no action of ours reads it
        super().__init__(enable_selective_domain=True)
        self.line = line
        self._slots = slots

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
            status, answer = await self.line.ask(call)
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
