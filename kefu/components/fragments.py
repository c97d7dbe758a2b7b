"""Messages that are nothing but a fact: an order number, a product's name, a code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from kefu.components.base import Component
from kefu.components.entities import CATALOGUE
from kefu.components.intents import put_first, top

_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class FragmentOptions:
    """``intent`` of a bare fact and the ``confidence`` it gets."""

    intent: str = "inform"
    confidence: float = 0.95


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class FragmentClassifier(Component[FragmentOptions]):
    """Gives the intent of informing to messages that the catalogue's entities cover whole.

    What a shop sells and how its numbers look is data, so no training example can teach this.
    Placed behind the catalogue's extractor.
    """

    options_type = FragmentOptions

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent of each message that is a bare fact."""
        for message in messages:
            if _is_bare(message):
                surer = max(self._options.confidence, top(message)[1])
                put_first(message, self._options.intent, surer)
        return messages


def _is_bare(message: Message) -> bool:
    text: str = message.get(TEXT) or ""
    spans = [(e["start"], e["end"]) for e in message.get(ENTITIES, []) if e.get("extractor") == CATALOGUE]
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return bool(spans) and not _WORD.search(text)
