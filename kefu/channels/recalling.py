"""What the assistant's memory holds of a turn whose answer was not kept: the process died in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.core.events import BotUttered, Event, UserUttered

from kefu.channels.output import ChatOutput
from kefu.channels.records import Message


async def recalled(agent: Any, session_id: str, message_id: str) -> list[Message]:
    """What was said to this message; empty where the assistant has not heard it.

    Raises StoreError, ConversationLost.
    """
    if not isinstance(agent, Agent):
        return []
    tracker = await agent.tracker_store.retrieve(session_id)
    output = ChatOutput()
    for uttered in _behind(list(tracker.events) if tracker else [], message_id):
        await output.send_response(session_id, _response(uttered))
    return output.messages


def _behind(events: Sequence[Event], message_id: str) -> Iterator[BotUttered]:
    hearing = False
    for event in events:
        if isinstance(event, UserUttered):
            hearing = event.message_id == message_id
        elif hearing and isinstance(event, BotUttered):
            yield event


def _response(uttered: BotUttered) -> dict[str, Any]:
    """As Rasa handed it to the channel; it notes an image as an attachment, too."""
    data = {name: part for name, part in uttered.data.items() if part}
    if data.get("attachment") == data.get("image"):
        data.pop("attachment", None)
    return {"text": uttered.text, **data}
