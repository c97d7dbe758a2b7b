"""The passages that may answer a message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components import wiring
from kefu.components.base import Trained
from kefu.components.following import Following
from kefu.components.intents import put_first, top
from kefu.knowledge.finder import Finder
from kefu.language.export import META_NAME, encoder_digest
from kefu.language.weights import PACKAGED

ATTRIBUTE = "knowledge"
_FILE = "retriever.json"


@dataclass(frozen=True)
class RetrieverOptions:
    """``k`` passages a message; the intent becomes ``intent`` where the classifier is less sure than
    ``unsure`` and the best passage is at least ``likely``, except from an intent of ``never_from``.

    ``features``: alias of the featurizer whose sentence vector is that of ``model``; empty to
    encode anew. ``folder`` of passages, empty for data/knowledge, where there is no store.
    """

    model: str = PACKAGED
    features: str = "bert"
    threads: int = 1
    folder: str = ""
    follow_store: bool = True
    k: int = 3
    unsure: float = 0.5
    likely: float = 0.9
    intent: str = "faq"
    never_from: tuple[str, ...] | list[str] = ("safety_issue", "legal_threat", "grieving")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KnowledgeRetriever(Trained[RetrieverOptions, Following]):
    """Sets ``knowledge``: the best passages in the message's language with their probabilities.

    Placed behind the language tagger and before FallbackClassifier.
    """

    options_type = RetrieverOptions
    packages = ("onnxruntime", "sklearn", "tantivy", "usearch")
    files = (_FILE,)

    @classmethod
    def inputs(cls, options: RetrieverOptions) -> list[str]:
        """The encoder that the trained part names."""
        return [encoder_digest(options.model)]

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Name the encoder; passages are fitted when serving, since they change without training."""
        meta = json.loads((wiring.prepared_encoder(self._options.model) / META_NAME).read_text("utf-8"))
        (folder / _FILE).write_text(json.dumps({"encoder": meta["digest"]}), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, options: RetrieverOptions) -> Following:
        """A finder of the passages of the store (else of the folder), which follows the store."""
        digest = json.loads((folder / _FILE).read_text(encoding="utf-8"))["encoder"]
        encoder = wiring.cached_encoder(digest, threads=options.threads)
        return wiring.passages(encoder, folder=options.folder, follow=options.follow_store)

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Set ``knowledge`` of each message, and the intent where only a passage is sure."""
        finder = self.learnt.value
        for message in messages:
            found = self._search(finder, message, tracker)
            message.set(ATTRIBUTE, found, add_to_output=True)
            self._correct(message, found)
        return messages

    def _search(
        self, finder: Finder, message: Message, tracker: DialogueStateTracker | None
    ) -> list[dict[str, Any]]:
        language = _language(message, tracker, finder.languages)
        if language is None:
            return []
        vector = _vector(message, self._options.features)
        hits = finder.search(message.get(TEXT) or "", language, k=self._options.k, vector=vector)
        return [{"id": h.passage_id, "language": h.language, "score": round(h.score, 4)} for h in hits]

    def _correct(self, message: Message, found: Sequence[dict[str, Any]]) -> None:
        options = self._options
        name, confidence = top(message)
        if not found or confidence >= options.unsure or name in options.never_from:
            return
        if found[0]["score"] >= options.likely:
            put_first(message, options.intent, max(found[0]["score"], confidence))


def _language(message: Message, tracker: DialogueStateTracker | None, known: Sequence[str]) -> str | None:
    """The message's language; where it has none, the conversation's, else English."""
    spoken = message.get("language")
    if spoken is None and tracker is not None and "language" in tracker.slots:
        spoken = tracker.slots["language"].value
    spoken = spoken or "en"
    return spoken if spoken in known else None


def _vector(message: Message, origin: str) -> np.ndarray | None:
    """The sentence vector that the featurizer called ``origin`` left on the message, of length 1."""
    for feature in message.features:
        if feature.origin == origin and feature.type == FEATURE_TYPE_SENTENCE and feature.attribute == TEXT:
            vector = np.asarray(feature.features[0], dtype=np.float32)
            return vector / max(float(np.linalg.norm(vector)), 1e-9)
    return None
