"""The language of a message, as an attribute and, where nobody here speaks it, as an intent."""

from __future__ import annotations

from dataclasses import dataclass

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from kefu.components.base import Component, Place
from kefu.components.entities import CATALOGUE
from kefu.components.intents import put_first
from kefu.language.languages import LanguageDetector
from kefu.language.text import han_count

ATTRIBUTE = "language"


@dataclass(frozen=True)
class LanguageOptions:
    """``languages`` that the assistant speaks; ``intent`` of a message in any other."""

    languages: tuple[str, ...] | list[str] = ("en", "zh")
    intent: str = "other_language"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LanguageTagger(Component[LanguageOptions]):
    """Sets ``language`` (ISO 639-1, or None where it cannot be told).

    Placed behind the classifier, whose intent it replaces for another language, and behind
    the catalogue, whose names it leaves out of account.
    """

    options_type = LanguageOptions
    packages = ("lingua",)

    def __init__(self, options: LanguageOptions, place: Place) -> None:
        super().__init__(options, place)
        self._detector = LanguageDetector()

    def process(self, messages: list[Message]) -> list[Message]:
        """Tag each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            language = self._detector.detect(text, names=_names(message, text))
            message.set(ATTRIBUTE, language, add_to_output=True)
            if language is not None and language not in self._options.languages:
                put_first(message, self._options.intent, 1.0)
        return messages


def _names(message: Message, text: str) -> list[tuple[int, int]]:
    """Where the catalogue's names stand that say nothing of the language.

    A name in Chinese characters does say: only who writes Chinese types one.
    """
    spans = [
        (e["start"], e["end"])
        for e in message.get(ENTITIES, [])
        if e.get("extractor") == CATALOGUE and e.get("entity") != "variant"
    ]
    return [(start, end) for start, end in spans if not han_count(text[start:end])]
