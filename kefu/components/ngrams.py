"""Sparse features: weighted character n-grams of the folded text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import DENSE_FEATURIZABLE_ATTRIBUTES, TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.options import defaults, fingerprint, typed
from kefu.components.resources import trained
from kefu.language import ngrams, text
from kefu.language.ngrams import NgramModel

_FILE = "ngrams.json"
_AT_ONCE = 512


@dataclass(frozen=True)
class NgramOptions:
    """N-grams of ``min_ngram`` to ``max_ngram`` characters found in ``min_df`` examples and more.

    ``scale`` multiplies the message's row: see BertFeaturizer.
    """

    min_ngram: int = 1
    max_ngram: int = 4
    min_df: int = 2
    scale: float = 1.0
    alias: str | None = None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class CharNgrams(SparseFeaturizer, GraphComponent):
    """TF-IDF of character n-grams, for every token and for the message.

    Unlike CountVectorsFeaturizer it weighs n-grams by how telling they are, and gives an
    empty text a row of zeros instead of none, which the classifier behind could not take.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """Tokens must be there."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys of NgramOptions and their values."""
        return defaults(NgramOptions)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse unknown keys and values of a wrong type."""
        typed(NgramOptions, config, component=cls.__name__)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The sources that cut and weigh."""
        return fingerprint(ngrams, text)

    def __init__(
        self,
        config: dict[str, Any],
        *,
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
        model: NgramModel | None = None,
    ) -> None:
        super().__init__(name, config)
        self._options = typed(NgramOptions, config, component=type(self).__name__)
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CharNgrams:
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
    ) -> CharNgrams:
        """The trained featurizer; ModelError where the model holds no n-grams."""
        with trained(model_storage, resource, _FILE) as folder:
            model = NgramModel.from_dict(json.loads((folder / _FILE).read_text(encoding="utf-8")))
        name = execution_context.node_name
        return cls(config, name=name, model_storage=model_storage, resource=resource, model=model)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the n-grams of the examples."""
        texts = [m.get(TEXT) for m in training_data.training_examples if m.get(TEXT)]
        options = self._options
        model = NgramModel.fit(
            texts, shortest=options.min_ngram, longest=options.max_ngram, least=options.min_df
        )
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(model.as_dict(), ensure_ascii=False), encoding="utf-8")
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
        if self._model is None:
            raise ValueError("CharNgrams.process needs a trained model: use CharNgrams.load.")
        words = [[t.text for t in m.get(TOKENS_NAMES[attribute], [])] for m in messages]
        rows = self._model.transform([word for own in words for word in own])
        sentences = self._model.transform([m.get(attribute) for m in messages]) * self._options.scale
        first = 0
        for place, message in enumerate(messages):
            last = first + len(words[place])
            self.add_features_to_message(
                rows[first:last].tocoo(), sentences[place].tocoo(), attribute, message
            )
            first = last
