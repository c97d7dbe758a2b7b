"""Putting an intent before the classifier's own ranking."""

from __future__ import annotations

from typing import Any

from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message


def put_first(message: Message, intent: str, confidence: float) -> None:
    """Make ``intent`` the message's intent; the ranking keeps every other intent behind it."""
    new: dict[str, Any] = {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: float(confidence)}
    others = [i for i in message.get(INTENT_RANKING_KEY) or [] if i.get(INTENT_NAME_KEY) != intent]
    message.set(INTENT, new, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [dict(new), *others], add_to_output=True)


def top(message: Message) -> tuple[str | None, float]:
    """The message's intent and its confidence; (None, 0) where there is none yet."""
    intent = message.get(INTENT) or {}
    return intent.get(INTENT_NAME_KEY), float(intent.get(PREDICTED_CONFIDENCE_KEY) or 0.0)
