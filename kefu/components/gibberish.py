"""Messages made of no words are not guessed at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.base import Trained
from kefu.components.intents import put_first
from kefu.language.vocabulary import Vocabulary
from kefu.language.weights import packaged_vocabulary

_FILE = "words.json"


@dataclass(frozen=True)
class GibberishOptions:
    """A message of which more than ``share`` of the words are none gets ``intent``."""

    share: float = 0.5
    intent: str = "nlu_fallback"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class GibberishGate(Trained[GibberishOptions, Vocabulary]):
    """Calls a message not understood where most of its words stand in no text.

    A linear classifier is sure of something for any input; this keeps "asdf qwer" from being thanks.
    Knows the words of the training data and those of the encoder's vocabulary, typos allowed; what
    an entity covers is left out. Placed before the language tagger: another language is no gibberish.
    """

    options_type = GibberishOptions
    files = (_FILE,)

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Keep the words of the examples and the common ones."""
        texts = [m.get(TEXT) for m in training_data.training_examples if m.get(TEXT)]
        common = packaged_vocabulary().read_text(encoding="utf-8").split()
        words = Vocabulary.of_texts(texts, common)
        (folder / _FILE).write_text(json.dumps(sorted(words.words)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, options: GibberishOptions) -> Vocabulary:
        """The words that were kept."""
        return Vocabulary(json.loads((folder / _FILE).read_text(encoding="utf-8")))

    def process(self, messages: list[Message]) -> list[Message]:
        """Give the messages without words the intent of not being understood."""
        for message in messages:
            if self.learnt.is_strange(_free_text(message), share=self._options.share):
                put_first(message, self._options.intent, 1.0)
        return messages


def _free_text(message: Message) -> str:
    """The text without what entities cover."""
    text: str = message.get(TEXT) or ""
    for entity in message.get(ENTITIES) or []:
        start, end = entity["start"], entity["end"]
        text = text[:start] + " " * (end - start) + text[end:]
    return text
