"""Messages that nothing here was made for."""

from __future__ import annotations

from dataclasses import dataclass

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from kefu.components.base import Component
from kefu.components.entities import CATALOGUE
from kefu.components.intents import put_first, top
from kefu.components.understanding import reading_of
from kefu.language.tagging import units

ATTRIBUTE = "out_of_scope"


@dataclass(frozen=True)
class ScopeOptions:
    """The intent becomes ``intent`` where a message is strange (``threshold`` or more) and the classifier
    less sure than ``unsure``, except from an intent of ``never_from``.

    From 0.5 on a message is out of scope by what was held out in training; ``threshold`` asks for more,
    since an answer that was in scope is lost where it is wrong.
    """

    threshold: float = 0.9
    unsure: float = 0.6
    intent: str = "out_of_scope"
    never_from: tuple[str, ...] | list[str] = ("safety_issue", "legal_threat", "grieving")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class OutOfScope(Component[ScopeOptions]):
    """Sets ``out_of_scope``: how strange a message is (0..1), by its energy and distance from the examples.

    That is told apart from the confidence of the intent. Placed behind all that may change the intent,
    and before FallbackClassifier. A message that names something of the catalogue, and one without a word,
    which nobody can understand, keep their intent.
    """

    options_type = ScopeOptions

    def process(self, messages: list[Message]) -> list[Message]:
        """Judge each message that was read."""
        for message in messages:
            reading = reading_of(message, wanted_by="OutOfScope")
            if reading is not None:
                signs = {"energy": round(reading.energy, 4), "distance": round(reading.distance, 4)}
                message.set(ATTRIBUTE, {"score": round(reading.strangeness, 4), **signs}, add_to_output=True)
                self._correct(message, reading.strangeness)
        return messages

    def _correct(self, message: Message, strangeness: float) -> None:
        options = self._options
        name, confidence = top(message)
        if strangeness < options.threshold or confidence >= options.unsure or name in options.never_from:
            return
        named = any(e.get("extractor") == CATALOGUE for e in message.get(ENTITIES, []))
        if not named and units(message.get(TEXT)):
            put_first(message, options.intent, strangeness)
