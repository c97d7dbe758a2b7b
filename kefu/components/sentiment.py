"""How a customer feels, and how soon they need somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from kefu.components.base import Component
from kefu.components.understanding import reading_of

ATTRIBUTE = "sentiment"


@dataclass(frozen=True)
class SentimentOptions:
    """The names of the classifier's further heads."""

    sentiment: str = "sentiment"
    urgency: str = "urgency"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SentimentAnalyzer(Component[SentimentOptions]):
    """Sets ``sentiment``: label and urgency with their confidences, from heads of the one encoder."""

    options_type = SentimentOptions

    def process(self, messages: list[Message]) -> list[Message]:
        """Judge each message that was read."""
        for message in messages:
            reading = reading_of(message, wanted_by="SentimentAnalyzer")
            if reading is not None:
                label, sure = _likeliest(reading.further, self._options.sentiment)
                urgency, certain = _likeliest(reading.further, self._options.urgency)
                found = {
                    "label": label,
                    "confidence": sure,
                    "urgency": urgency,
                    "urgency_confidence": certain,
                }
                message.set(ATTRIBUTE, found, add_to_output=True)
        return messages


def _likeliest(further: Mapping[str, Mapping[str, float]], head: str) -> tuple[str, float]:
    if head not in further:
        raise ValueError(
            f"SentimentAnalyzer: the classifier learnt no head {head!r}, only {sorted(further)}. "
            "Set BertIntentEntityClassifier.further to a folder with labels, or take SentimentAnalyzer out."
        )
    label, sure = max(further[head].items(), key=lambda item: item[1])
    return label, round(sure, 4)
