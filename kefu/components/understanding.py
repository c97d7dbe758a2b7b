"""Intent and entities from one fine-tuned encoder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.base import Trained
from kefu.components.tuned import TrainingOptions, taught
from kefu.language.tagging import Found
from kefu.language.understanding import META, Reading, Understanding

READING = "reading"  # the attribute under which the whole Reading stays on a message


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR],
    is_trainable=True,
)
class BertIntentEntityClassifier(Trained[TrainingOptions, Understanding], EntityExtractorMixin):
    """Sets the intent, the ranking of every intent with calibrated confidences, and the learnt entities.

    It reads the text itself and needs no features. The whole Reading stays on the message for the
    components behind it, which read from it what is out of scope and the sentiment.
    """

    options_type = TrainingOptions
    packages = ("onnxruntime", "tokenizers", "sklearn")
    files = (META,)

    @classmethod
    def inputs(cls, options: TrainingOptions) -> list[str]:
        """The weights and the further labels."""
        return options.inputs()

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Fine-tune, and keep what serves."""
        for file in taught(training_data, self._options).iterdir():
            shutil.copyfile(file, folder / file.name)

    @classmethod
    def read(cls, folder: Path, options: TrainingOptions) -> Understanding:
        """The trained understanding; ModelError where a file is missing or damaged."""
        return Understanding.open(folder, threads=options.serving_threads)

    def process(self, messages: list[Message]) -> list[Message]:
        """Read all messages that have a text at once; the others stay as they are."""
        spoken = [message for message in messages if isinstance(message.get(TEXT), str)]
        readings = self.learnt.read([message.get(TEXT) for message in spoken]) if spoken else []
        for message, reading in zip(spoken, readings, strict=True):
            message.set(READING, reading)
            _rank(message, reading)
            found = self.add_extractor_name([_entity(one, message.get(TEXT)) for one in reading.spans])
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages


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
