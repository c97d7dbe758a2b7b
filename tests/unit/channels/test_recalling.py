"""A turn that was saved and not answered is told from the assistant's memory, as it was said."""

from __future__ import annotations

from typing import Any

from rasa.core.actions.action import create_bot_utterance
from rasa.core.agent import Agent
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.channels.output import ChatOutput
from kefu.channels.recalling import recalled

YES_NO = [{"title": "Yes", "payload": "/affirm"}]
SAID: tuple[dict[str, Any], ...] = (
    {"text": "First.\n\nSecond.", "custom": {"card": {"kind": "order"}, "confirmation": "n-1"}},
    {"text": "Sure?", "buttons": YES_NO},
    {"text": "Look", "image": "https://shop.example/a.png"},
)


async def agent_with(*events: Any) -> Agent:
    domain = Domain.empty()
    store = InMemoryTrackerStore(domain)
    await store.save(DialogueStateTracker.from_events("s", list(events), domain=domain))
    agent = Agent(domain=domain)
    agent.tracker_store = store
    return agent


async def test_it_is_what_the_channel_would_have_sent() -> None:
    uttered = [create_bot_utterance(dict(said)) for said in SAID]
    agent = await agent_with(
        UserUttered("hello", message_id="m-1"), create_bot_utterance({"text": "Hi."}),
        UserUttered("cancel", message_id="m-2"), ActionExecuted("action_x"), *uttered,
        UserUttered("thanks", message_id="m-3"),
    )  # fmt: skip
    sent = ChatOutput()
    for said in SAID:
        await sent.send_response("s", dict(said))
    assert await recalled(agent, "s", "m-2") == sent.messages
    assert [message["text"] for message in await recalled(agent, "s", "m-1")] == ["Hi."]
    assert await recalled(agent, "s", "m-3") == []


async def test_what_was_never_heard_is_not_remembered() -> None:
    assert await recalled(await agent_with(), "s", "m-1") == []
    assert await recalled(None, "s", "m-1") == []
