"""Short messages that an example says word for word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.base import Trained
from kefu.components.intents import put_first, top
from kefu.language.ngrams import seen

_FILE = "known.json"
_MARKS = " .!?。！？~～…,，"


@dataclass(frozen=True)
class KnownOptions:
    """Examples of at most ``longest`` characters are kept; a message that is one has its intent at least
    as surely as ``sure``."""

    longest: int = 16
    sure: float = 0.95


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KnownExamples(Trained[KnownOptions, Mapping[str, str]]):
    """Gives a message that is an example, but for case, width and marks at its end, that example's intent.

    What people type most is one word, of which a classifier sees one example among hundreds: it heard 好
    (yes) as the end of 你好 (hello). Placed behind the classifier.
    """

    options_type = KnownOptions
    files = (_FILE,)

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Keep the short examples; where two intents have one, neither."""
        intents: dict[str, set[str]] = {}
        for message in training_data.intent_examples:
            text = plain(message.get(TEXT) or "")
            if 0 < len(text) <= self._options.longest:
                intents.setdefault(text, set()).add(message.get(INTENT))
        kept = {text: min(own) for text, own in sorted(intents.items()) if len(own) == 1}
        (folder / _FILE).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, options: KnownOptions) -> Mapping[str, str]:
        """The intent of every short example."""
        known: Mapping[str, str] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return known

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent of messages that are examples."""
        for message in messages:
            intent = self.learnt.get(plain(message.get(TEXT) or ""))
            if intent:
                put_first(message, intent, max(self._options.sure, _confidence(message, intent)))
        return messages


def plain(text: str) -> str:
    """``text`` folded, in lower case and without marks at its end.

    >>> plain("好的！！")
    '好的'
    """
    return seen(text).rstrip(_MARKS)


def _confidence(message: Message, intent: str) -> float:
    name, confidence = top(message)
    return confidence if name == intent else 0.0
