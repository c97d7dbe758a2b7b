"""Putting an intent before the classifier's own ranking."""

from __future__ import annotations

from typing import Any

from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message


def put_first(message: Message, intent: str, confidence: float) -> None:
    """Make ``intent`` the message's intent; the ranking keeps every other intent behind it.

    The others share what ``confidence`` leaves: beside an intent that the classifier is sure of, the new one
    would look ambiguous to FallbackClassifier.
    """
    new: dict[str, Any] = {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: float(confidence)}
    others = [i for i in message.get(INTENT_RANKING_KEY) or [] if i.get(INTENT_NAME_KEY) != intent]
    total = sum(float(other[PREDICTED_CONFIDENCE_KEY]) for other in others)
    share = max(0.0, 1.0 - confidence) / total if total else 0.0
    behind = [
        {**other, PREDICTED_CONFIDENCE_KEY: share * other[PREDICTED_CONFIDENCE_KEY]} for other in others
    ]
    message.set(INTENT, new, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [dict(new), *behind], add_to_output=True)


def top(message: Message) -> tuple[str | None, float]:
    """The message's intent and its confidence; (None, 0) where there is none yet."""
    intent = message.get(INTENT) or {}
    return intent.get(INTENT_NAME_KEY), float(intent.get(PREDICTED_CONFIDENCE_KEY) or 0.0)
