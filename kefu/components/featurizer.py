"""Dense features from a BERT-family encoder, for every token and for the message."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import DENSE_FEATURIZABLE_ATTRIBUTES, TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components import wiring
from kefu.components.options import defaults, fingerprint, typed
from kefu.components.resources import trained
from kefu.language import encoder, export, text
from kefu.language.encoder import Encoder
from kefu.language.export import META_NAME, ONNX_NAME, TOKENIZER_NAME, encoder_digest
from kefu.language.text import Piece
from kefu.language.weights import PACKAGED

_FILES = (META_NAME, ONNX_NAME, TOKENIZER_NAME)
_AT_ONCE = 512  # texts whose vectors are held at a time while training


@dataclass(frozen=True)
class BertOptions:
    """``model``: "packaged", a folder or a hub name; ``scale`` multiplies the sentence vector.

    A classifier with a fixed penalty trusts a larger vector more, so ``scale`` weighs this
    view against the others.
    """

    model: str = PACKAGED
    scale: float = 1.0
    threads: int = 1
    alias: str | None = None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class BertFeaturizer(DenseFeaturizer, GraphComponent):
    """Token and sentence vectors of an encoder that the trained model carries with it."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Tokens must be there."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed to serve."""
        return ["onnxruntime", "tokenizers"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys of BertOptions and their values."""
        return defaults(BertOptions)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse unknown keys and values of a wrong type."""
        typed(BertOptions, config, component=cls.__name__)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The encoder's digest and the sources that run it."""
        options = typed(BertOptions, {**defaults(BertOptions), **config}, component=cls.__name__)
        return fingerprint(encoder_digest(options.model), encoder, export, text)

    def __init__(
        self,
        config: dict[str, Any],
        *,
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
        loaded: Encoder | None = None,
    ) -> None:
        super().__init__(name, config)
        self._options = typed(BertOptions, config, component=type(self).__name__)
        self._storage = model_storage
        self._resource = resource
        self._encoder = loaded

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> BertFeaturizer:
        """A featurizer that is yet to be trained."""
        return cls(config, name=execution_context.node_name, model_storage=model_storage, resource=resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> BertFeaturizer:
        """The trained featurizer; ModelError where the model holds no encoder."""
        options = typed(BertOptions, config, component=cls.__name__)
        with trained(model_storage, resource, *_FILES) as folder:
            digest = json.loads((folder / META_NAME).read_text(encoding="utf-8"))["digest"]
            wiring.installed_encoder(folder, digest)
        loaded = wiring.cached_encoder(digest, threads=options.threads)
        return cls(
            config,
            name=execution_context.node_name,
            model_storage=model_storage,
            resource=resource,
            loaded=loaded,
        )

    def train(self, training_data: TrainingData) -> Resource:
        """Export the encoder (once a machine) and put it into the model."""
        source = wiring.prepared_encoder(self._options.model)
        with self._storage.write_to(self._resource) as folder:
            for name in _FILES:
                shutil.copyfile(source / name, folder / name)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Features for every example."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Features for every message, many at a time."""
        for attribute in DENSE_FEATURIZABLE_ATTRIBUTES:
            present = [m for m in messages if isinstance(m.get(attribute), str)]
            for start in range(0, len(present), _AT_ONCE):
                self._featurize(present[start : start + _AT_ONCE], attribute)
        return messages

    def _featurize(self, messages: Sequence[Message], attribute: str) -> None:
        if self._encoder is None:
            raise ValueError("BertFeaturizer.process needs a loaded encoder: use BertFeaturizer.load.")
        pieces = [
            [Piece(t.text, t.start, t.end) for t in m.get(TOKENS_NAMES[attribute], [])] for m in messages
        ]
        encoded = self._encoder.encode([m.get(attribute) for m in messages], pieces)
        for message, own in zip(messages, encoded, strict=True):
            # a text without a token says nothing: its vector must not speak for any intent
            scale = self._options.scale if len(own.tokens) else 0.0
            sentence: np.ndarray = own.sentence[None, :] * np.float32(scale)
            self.add_features_to_message(own.tokens, sentence, attribute, message)
