"""Messages made of no words are not guessed at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.intents import put_first
from kefu.components.options import defaults, fingerprint, typed
from kefu.components.resources import trained
from kefu.language import vocabulary
from kefu.language.text import han_count
from kefu.language.vocabulary import Vocabulary
from kefu.language.weights import packaged_vocabulary

_FILE = "words.json"


@dataclass(frozen=True)
class GibberishOptions:
    """A message of which more than ``share`` of the words are none gets ``intent``."""

    share: float = 0.5
    intent: str = "nlu_fallback"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class GibberishGate(GraphComponent):
    """Calls a message not understood where most of its words stand in no text.

    A linear classifier is sure of something for any input; this keeps "asdf qwer" from being thanks.
    Knows the words of the training data and those of the encoder's vocabulary, typos allowed; what
    an entity covers is left out. Placed before the language tagger: another language is no gibberish.
    """

    def __init__(
        self,
        options: GibberishOptions,
        *,
        model_storage: ModelStorage,
        resource: Resource,
        words: Vocabulary | None = None,
    ) -> None:
        self._options = options
        self._storage = model_storage
        self._resource = resource
        self._words = words

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys of GibberishOptions and their values."""
        return defaults(GibberishOptions)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The source that tells words."""
        return fingerprint(vocabulary)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GibberishGate:
        """A gate that is yet to learn its words; unknown keys raise."""
        options = typed(GibberishOptions, config, component=cls.__name__)
        return cls(options, model_storage=model_storage, resource=resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GibberishGate:
        """The gate with its words; ModelError where the model holds none."""
        options = typed(GibberishOptions, config, component=cls.__name__)
        with trained(model_storage, resource, _FILE) as folder:
            words = Vocabulary(json.loads((folder / _FILE).read_text(encoding="utf-8")))
        return cls(options, model_storage=model_storage, resource=resource, words=words)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the examples."""
        texts = [m.get(TEXT) for m in training_data.training_examples if m.get(TEXT)]
        common = packaged_vocabulary().read_text(encoding="utf-8").split()
        words = Vocabulary.of_texts(texts, common)
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(sorted(words.words)), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Give the messages without words the intent of not being understood."""
        if messages and self._words is None:
            raise ValueError("GibberishGate.process needs words: use GibberishGate.load.")
        for message in messages:
            if (
                self._words is not None
                and self._words.unknown_share(_free_text(message)) > self._options.share
            ):
                put_first(message, self._options.intent, 1.0)
        return messages

    def _is_gibberish(self, text: str) -> bool:
        """Chinese text is never called so: a strange Latin word in it may be a name."""
        if self._words is None or han_count(text):
            return False
        return self._words.unknown_share(text) > self._options.share


def _free_text(message: Message) -> str:
    """The text without what entities cover."""
    text: str = message.get(TEXT) or ""
    for entity in message.get(ENTITIES) or []:
        start, end = entity["start"], entity["end"]
        text = text[:start] + " " * (end - start) + text[end:]
    return text
