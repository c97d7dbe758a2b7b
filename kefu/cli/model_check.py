"""``python -m kefu.cli.model_check ARCHIVE …``: loads models as a server would, talks to them, tells them.

A process of its own: what an archive does to a process must not happen to one that serves. The last line is
JSON, an object an archive: ``problem`` (null where it is good), ``assistant``, ``forms``, …
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import sys
from typing import TYPE_CHECKING, Any

from kefu.channels.shield import raise_shield
from kefu.settings import serves_only

if TYPE_CHECKING:
    from rasa.core.agent import Agent

# Plain words of both languages, an order number, nothing at all that means anything, and a long message.
SMALL_TALK = ("hello", "你好", "where is my order KF10000001", "我要退货", "qwxz !!", "why " * 200)


async def account_of(archive: str) -> dict[str, Any]:
    """What a model is, with the first problem that a conversation with it shows."""
    from rasa.core.agent import Agent

    agent = Agent.load(archive)
    domain, metadata = agent.processor.domain, agent.processor.model_metadata
    return {
        "assistant": metadata.assistant_id,
        "forms": sorted(domain.form_names),
        "slots": sorted(slot.name for slot in domain.slots),
        "actions": sorted(domain.action_names_or_texts),
        "problem": await _problem(agent),
    }


async def _problem(agent: Agent) -> str | None:
    from rasa.core.channels.channel import UserMessage

    processor = agent.processor
    if processor.model_metadata.core_target is None or processor.model_metadata.nlu_target is None:
        return "it has no policies or no pipeline; train both"
    for text in SMALL_TALK:
        tracker = await processor.log_message(
            UserMessage(text, sender_id=text[:20]), should_save_tracker=False
        )
        intent = tracker.latest_message.intent
        if not math.isfinite(float(intent.get("confidence") or 0.0)):
            return f"the confidence of {intent.get('name')!r} is no number"
        action, prediction = processor.predict_next_with_tracker_if_should(tracker)
        if not all(map(math.isfinite, prediction.probabilities)):
            return f"a prediction of {prediction.policy_name} is no number"
    return None


def checked(archive: str) -> dict[str, Any]:
    """``account_of`` that archive, or the problem that it is."""
    try:
        return asyncio.run(account_of(archive))
    except Exception as error:  # whatever Rasa and components make of it
        return {"problem": f"it does not load or answer ({type(error).__name__}: {error})"}


def main() -> None:
    """Check the archives that the command line names."""
    if serves_only():
        raise_shield()
    logging.disable(logging.WARNING)
    print("\n" + json.dumps([checked(archive) for archive in sys.argv[1:]]))


if __name__ == "__main__":
    main()
