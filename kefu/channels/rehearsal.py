"""A synthetic turn: would a message be understood, and would something follow? Nothing of it is kept.

The parsing and the prediction are those of a customer's turn, on a conversation that is in memory only; no
action runs. Both hold the event loop for some milliseconds, as they do in every turn, so that no other
message is read meanwhile and what is found out is kept for some seconds.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from rasa.core.channels.channel import UserMessage
from rasa.shared.constants import UTTER_PREFIX
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

WORDS = "hello"
NOBODY = "readiness"
KEPT_SECONDS = 10.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Rehearsed:
    """What came of a synthetic turn: what is wrong, in words for anybody, and where passages are from."""

    wrong: str | None = None
    passages: str | None = None  # stored, packaged or none; None where the model has no passages at all


class Rehearsal:
    """The last synthetic turn of a model; another model is tried at once."""

    def __init__(self, *, seconds: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._tried: Any = None
        self._at = -math.inf
        self._found = Rehearsed()
        self._one = asyncio.Lock()

    async def of(self, processor: Any) -> Rehearsed:
        """What came of the synthetic turn of a processor, at most ``seconds`` old."""
        async with self._one:
            if processor is not self._tried or self._clock() - self._at >= self._seconds:
                self._found = await _rehearsed(processor)
                self._tried, self._at = processor, self._clock()
            return self._found


def actions_of(domain: Any) -> set[str]:
    """The actions that a model expects of the action server, those that forms may do without left out."""
    named = set(domain.user_actions) - set(domain.form_names)
    return {name for name in named if not name.startswith((UTTER_PREFIX, "validate_"))}


async def _rehearsed(processor: Any) -> Rehearsed:
    try:
        parsed = await processor.parse_message(
            UserMessage(WORDS, sender_id=NOBODY), only_output_properties=False
        )
        wrong = _misunderstood(parsed) or _unanswered(processor, parsed)
        return Rehearsed(wrong, parsed.get("knowledge_source"))
    except Exception as error:
        # Whatever broke would break in a customer's turn; its words may hold anything.
        log.error("health.rehearsal_failed", kind=type(error).__name__)
        return Rehearsed("the model does not answer")


def _misunderstood(parsed: dict[str, Any]) -> str | None:
    intent = parsed["intent"]
    confidence = intent.get("confidence")
    sure = isinstance(confidence, (int, float)) and 0 < confidence <= 1  # NaN is neither
    return None if intent.get("name") and sure else "the model understands nothing"


def _unanswered(processor: Any, parsed: dict[str, Any]) -> str | None:
    tracker = DialogueStateTracker(NOBODY, processor.domain.slots)
    tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
    said = UserUttered(WORDS, parsed["intent"], parsed["entities"], input_channel="chat")
    tracker.update(said, processor.domain)
    action, prediction = processor.predict_next_with_tracker_if_should(tracker)
    sure = math.isfinite(prediction.max_confidence) and prediction.max_confidence > 0
    return None if sure and action.name() != ACTION_LISTEN_NAME else "the model has no answer"
