"""Dense features from a BERT-family encoder, for every token and for the message."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import DENSE_FEATURIZABLE_ATTRIBUTES, TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components import wiring
from kefu.components.base import Place, Trained
from kefu.components.tuned import TrainingOptions, taught
from kefu.language.encoder import Encoded, Encoder
from kefu.language.export import META_NAME, ONNX_NAME, TOKENIZER_NAME
from kefu.language.text import Piece
from kefu.language.weights import find_weights

_FILES = (META_NAME, ONNX_NAME, TOKENIZER_NAME)
_FROZEN = "frozen"
_AT_ONCE = 512  # texts whose vectors are held at a time while training


@dataclass(frozen=True)
class BertOptions(TrainingOptions):
    """A recipe's keys, of which a frozen encoder reads ``model`` alone; ``alias`` names the features.

    ``for_training``: whether the examples get features too. Off where nothing behind learns from them: ten
    thousand examples are half a minute and gigabytes.
    """

    tuning: str = _FROZEN
    alias: str | None = None
    for_training: bool = True


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class BertFeaturizer(Trained[BertOptions, Encoder], DenseFeaturizer):
    """Token and sentence vectors of an encoder that the trained model carries with it.

    ``tuning: frozen`` takes the encoder as it is; "all" and "lora" fine-tune it on the training data first,
    together with a BertIntentEntityClassifier of the same keys.
    """

    options_type = BertOptions
    packages = ("onnxruntime", "tokenizers")
    behind = (Tokenizer,)
    files = _FILES

    def __init__(self, options: BertOptions, place: Place, learnt: Encoder | None = None) -> None:
        Trained.__init__(self, options, place, learnt)
        DenseFeaturizer.__init__(self, place.name, asdict(options))

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse unknown keys and values of a wrong type."""
        cls.options_of(config)

    @classmethod
    def inputs(cls, options: BertOptions) -> list[str]:
        """The weights, and the further labels where they are learnt."""
        return [find_weights(options.model).digest] if options.tuning == _FROZEN else options.inputs()

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Export the encoder (once a machine), or fine-tune it, and keep it."""
        options = self._options
        frozen = options.tuning == _FROZEN
        source = wiring.prepared_encoder(options.model) if frozen else taught(training_data, options)
        for name in _FILES:
            shutil.copyfile(source / name, folder / name)

    @classmethod
    def read(cls, folder: Path, options: BertOptions) -> Encoder:
        """The encoder; a frozen one is shared with all that use the same."""
        if options.tuning != _FROZEN:
            return Encoder.open(folder, threads=options.serving_threads)
        digest = json.loads((folder / META_NAME).read_text(encoding="utf-8"))["digest"]
        wiring.installed_encoder(folder, digest)
        return wiring.cached_encoder(digest, threads=options.serving_threads)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Features for every example, where they are wanted."""
        if self._options.for_training:
            for attribute, messages in _batches(training_data.training_examples):
                for message, own in zip(messages, self._encoded(*_read(messages, attribute)), strict=True):
                    self.add_features_to_message(own.tokens, _sentence(own), attribute, message)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Features for every message, made, many at a time, when somebody first reads one.

        Where the passages are searched in other words than the message's own, as for everything in Chinese,
        nobody does, and one of two runs of an encoder is saved.
        """
        for attribute, batch in _batches(messages):
            encoded = functools.cache(partial(self._encoded, *_read(batch, attribute)))
            for place, message in enumerate(batch):
                for rows, kind in ((_tokens, FEATURE_TYPE_SEQUENCE), (_sentence, FEATURE_TYPE_SENTENCE)):
                    make = partial(_made, encoded, place, rows)
                    message.add_features(Later(make, kind, attribute, self._identifier))
        return messages

    def _encoded(self, texts: Sequence[str], tokens: Sequence[Sequence[Token]]) -> list[Encoded]:
        return self.learnt.encode(texts, [[Piece(t.text, t.start, t.end) for t in own] for own in tokens])


class Later(Features):
    """Features (rows, width) that are made when they are first read."""

    features: np.ndarray

    def __init__(self, make: Callable[[], np.ndarray], kind: str, attribute: str, origin: str) -> None:
        super().__init__(np.zeros((0, 0)), kind, attribute, origin)
        del self.features
        self._make = make

    def __getattr__(self, name: str) -> np.ndarray:
        if name != "features":
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        self.features = self._make()
        return self.features


def _batches(messages: Sequence[Message]) -> Iterator[tuple[str, list[Message]]]:
    """Messages that have an attribute's text, some at a time, with the attribute."""
    for attribute in DENSE_FEATURIZABLE_ATTRIBUTES:
        present = [m for m in messages if isinstance(m.get(attribute), str)]
        for start in range(0, len(present), _AT_ONCE):
            yield attribute, present[start : start + _AT_ONCE]


def _read(messages: Sequence[Message], attribute: str) -> tuple[list[str], list[list[Token]]]:
    """What is encoded of messages, without the messages, which may hold what is made of them."""
    return [m.get(attribute) for m in messages], [m.get(TOKENS_NAMES[attribute], []) for m in messages]


def _tokens(encoded: Encoded) -> np.ndarray:
    return encoded.tokens


def _sentence(encoded: Encoded) -> np.ndarray:
    # a text without a token says nothing: its vector must not speak for any intent
    return encoded.sentence[None, :] * (1.0 if encoded.pieces else 0.0)


def _made(
    encoded: Callable[[], list[Encoded]], place: int, rows: Callable[[Encoded], np.ndarray]
) -> np.ndarray:
    return rows(encoded()[place])
