"""Intent and entities from one fine-tuned encoder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.base import Trained
from kefu.components.intents import put_first, top
from kefu.components.tuned import TrainingOptions, taught
from kefu.components.two_questions import task_beside
from kefu.errors import ConfigError
from kefu.language.tagging import Found
from kefu.language.text import Piece
from kefu.language.understanding import META, Reading, Understanding

READING = "reading"  # the attribute under which the whole Reading stays on a message
EXPLANATION = "explanation"  # the attribute for people who ask why, and for the decision record
EXPLAIN = ("none", "neighbours", "all")
_SHOWN = 3  # neighbours and words of an explanation
_WEIGHED = 600  # characters of a message whose words are weighed


@dataclass(frozen=True)
class ClassifierOptions(TrainingOptions):
    """The keys of training, and ``explain``: what each message tells of why it was read so.

    "neighbours": the nearest training examples (a matrix product, 0.2 ms of 5,000 examples); "all": the
    words that carried the intent as well, as places and never as words (one more reading a word); "none".
    ``rule``: the intent of questions about rules, beside which a message may hold a task; empty for none.
    """

    explain: str = "none"
    rule: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.explain not in EXPLAIN:
            raise ConfigError(f"explain is {self.explain!r}, wanted one of {', '.join(EXPLAIN)}.")


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR],
    is_trainable=True,
)
class BertIntentEntityClassifier(Trained[ClassifierOptions, Understanding], EntityExtractorMixin):
    """Sets the intent, the ranking of every intent with calibrated confidences, and the learnt entities.

    It reads the text itself and needs no features. The whole Reading stays on the message for the
    components behind it, which read from it what is out of scope and the sentiment.
    """

    options_type = ClassifierOptions
    packages = ("onnxruntime", "tokenizers", "sklearn")
    files = (META,)

    @classmethod
    def inputs(cls, options: ClassifierOptions) -> list[str]:
        """The weights and the further labels."""
        return options.inputs()

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Fine-tune, and keep what serves."""
        for file in taught(training_data, self._options).iterdir():
            shutil.copyfile(file, folder / file.name)

    @classmethod
    def read(cls, folder: Path, options: ClassifierOptions) -> Understanding:
        """The trained understanding; ModelError where a file is missing or damaged."""
        return Understanding.open(folder, threads=options.serving_threads)

    def process(self, messages: list[Message]) -> list[Message]:
        """Read all messages that have a text at once; the others stay as they are."""
        spoken = [message for message in messages if isinstance(message.get(TEXT), str)]
        readings = self.learnt.read([message.get(TEXT) for message in spoken]) if spoken else []
        for message, reading in zip(spoken, readings, strict=True):
            message.set(READING, reading)
            _rank(message, reading)
            self._weigh_parts(message)
            found = self.add_extractor_name([_entity(one, message.get(TEXT)) for one in reading.spans])
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
            if self._options.explain != "none":
                message.set(EXPLANATION, self._explained(message.get(TEXT), reading), add_to_output=True)
        return messages

    def _weigh_parts(self, message: Message) -> None:
        heard, confidence = top(message)
        if heard is None or not self._options.rule:
            return
        task = task_beside(message.get(TEXT), heard, self._tops, rule=self._options.rule)
        if task is not None:
            put_first(message, task[0], max(task[1], confidence))

    def _tops(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        return [reading.ranking[0] for reading in self.learnt.read(texts)]

    def _explained(self, text: str, reading: Reading) -> dict[str, Any]:
        """The nearest examples and, where wanted, the places of the words that carried the intent most."""
        near = self.learnt.nearest_to(reading.vector, most=_SHOWN)
        shown: dict[str, Any] = {
            "nearest": [
                {"text": one.text, "intent": one.intent, "similarity": round(likeness, 4)}
                for one, likeness in near
            ]
        }
        if self._options.explain == "all":
            shown["carried"] = _carried(self.learnt.weighed(text[:_WEIGHED]))
        return shown


def reading_of(message: Message, *, wanted_by: str) -> Reading | None:
    """The Reading that the classifier left; None on a message without a text.

    Raises:
        ValueError: a text that was not read: the classifier does not stand before ``wanted_by``.
    """
    reading: Reading | None = message.get(READING)
    if reading is None and isinstance(message.get(TEXT), str):
        raise ValueError(
            f"{wanted_by} found a message that nobody has read. Place it behind BertIntentEntityClassifier."
        )
    return reading


def _carried(weighed: Sequence[tuple[Piece, float]]) -> list[dict[str, Any]]:
    """The places of the words without which the intent would be less sure, the weightiest first."""
    best = sorted((one for one in weighed if one[1] > 0), key=lambda one: -one[1])[:_SHOWN]
    return [{"start": piece.start, "end": piece.end, "weight": float(f"{fall:.2g}")} for piece, fall in best]


def _rank(message: Message, reading: Reading) -> None:
    ranking = [{"name": name, "confidence": confidence} for name, confidence in reading.ranking]
    if ranking:
        message.set(INTENT, dict(ranking[0]), add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)


def _entity(found: Found, text: str) -> dict[str, Any]:
    return {
        "entity": found.entity,
        "start": found.start,
        "end": found.end,
        "value": text[found.start : found.end],
        "confidence_entity": found.confidence,
    }
