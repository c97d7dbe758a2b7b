"""The language of a message, as an attribute and, where nobody here speaks it, as an intent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from kefu.components.entities import CATALOGUE
from kefu.components.intents import put_first
from kefu.components.options import defaults, typed
from kefu.language.languages import LanguageDetector
from kefu.language.text import han_count

ATTRIBUTE = "language"


@dataclass(frozen=True)
class LanguageOptions:
    """``languages`` that the assistant speaks; ``intent`` of a message in any other."""

    languages: tuple[str, ...] | list[str] = ("en", "zh")
    intent: str = "other_language"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LanguageTagger(GraphComponent):
    """Sets ``language`` (ISO 639-1, or None where it cannot be told).

    Placed behind the classifier, whose intent it replaces for another language, and behind
    the catalogue, whose names it leaves out of account.
    """

    def __init__(self, options: LanguageOptions) -> None:
        self._options = options
        self._detector = LanguageDetector()

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["lingua"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys of LanguageOptions and their values."""
        return defaults(LanguageOptions)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageTagger:
        """A tagger with its detector loaded; unknown keys raise."""
        return cls(typed(LanguageOptions, config, component=cls.__name__))

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
