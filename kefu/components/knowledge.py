"""The passages that may answer a message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components import wiring
from kefu.components.answered import answered_before
from kefu.components.base import Trained
from kefu.components.following import Following
from kefu.components.intents import put_first, top
from kefu.knowledge import asking, questions
from kefu.knowledge.finder import Finder
from kefu.knowledge.questions import ENOUGH
from kefu.knowledge.ranking import Hit
from kefu.knowledge.views import Vector
from kefu.language.export import META_NAME, encoder_digest
from kefu.language.weights import PACKAGED

ATTRIBUTE, PARTS, FOLLOWS = "knowledge", "knowledge_parts", "knowledge_follows"
SOURCE = "knowledge_source"  # for readiness; it is no part of what a conversation keeps
ORDER = "order_number"  # the entity
_BARE = "inform"  # a fact without a question; kefu/components/fragments.py
_FILE = "retriever.json"


@dataclass(frozen=True)
class RetrieverOptions:
    """``k`` passages a message; the intent becomes ``intent`` where the classifier is less sure than
    ``unsure`` and the best passage is at least ``likely``, except from an intent of ``never_from``;
    behind a question that was answered, where another passage is sure, or where it is less sure than
    ``unsure_after`` or hears a bare fact.

    Not searched is a message that says one thing of ``unsearched`` (with an order's number: of
    ``unsearched_with_order`` too), of which the classifier is ``certain``: no action reads its passages.

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
    unsure_after: float = 0.8
    intent: str = "faq"
    certain: float = 0.95
    unsearched: tuple[str, ...] | list[str] = ("greet", "thank", "goodbye")
    unsearched_with_order: tuple[str, ...] | list[str] = ("track_order",)
    never_from: tuple[str, ...] | list[str] = ("safety_issue", "legal_threat", "grieving")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KnowledgeRetriever(Trained[RetrieverOptions, Following]):
    """Sets ``knowledge``: the best passages in the message's language with their probabilities.

    ``knowledge_parts``, where a message asks two things: [{"text", "asks", "hits"}, …].
    ``knowledge_follows``: the question before, where the message only makes sense behind it.
    Both: kefu/knowledge/asking.py. Placed behind the language tagger and before FallbackClassifier.
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
            _leave(message, found)
            message.set(SOURCE, self.learnt.source)
            self._correct(message, found)
        return messages

    def _search(self, finder: Finder, message: Message, tracker: DialogueStateTracker | None) -> asking.Found:
        language, text = _language(message, tracker, finder.languages), message.get(TEXT) or ""
        if language is None or self._is_settled(message, text):
            return asking.Found(())
        vector = _vector(message, self._options.features)
        hits = finder.search(text, language, k=self._options.k, vector=vector)
        return asking.found(
            text,
            hits,
            lambda words: finder.search(words, language, k=asking.WIDE),
            before=answered_before(tracker),
        )

    def _is_settled(self, message: Message, text: str) -> bool:
        """Whether no passage can matter; to find some takes half of the time that reading a message takes."""
        options = self._options
        name, confidence = top(message)
        if confidence < options.certain:
            return False
        ordered = any(entity.get("entity") == ORDER for entity in message.get(ENTITIES) or ())
        known = name in options.unsearched or (ordered and name in options.unsearched_with_order)
        return known and questions.follow_up(text) is None and len(questions.parts(text)) < 2

    def _correct(self, message: Message, found: asking.Found) -> None:
        options, sure = self._options, found.sure
        name, confidence = top(message)
        if name in options.never_from:
            return
        if found.follows is not None:
            unsure = confidence < options.unsure_after or name == _BARE
            if sure >= ENOUGH and (unsure or found.another):
                put_first(message, options.intent, max(sure, confidence))
        elif sure >= options.likely and confidence < options.unsure:
            put_first(message, options.intent, max(sure, confidence))


def _leave(message: Message, found: asking.Found) -> None:
    """Put what was found on the message, for the action server."""
    message.set(ATTRIBUTE, _told(found.hits), add_to_output=True)
    if found.parts:
        parts = [{"text": part.text, "asks": part.asks, "hits": _told(part.hits)} for part in found.parts]
        message.set(PARTS, parts, add_to_output=True)
    if found.follows is not None:
        message.set(FOLLOWS, found.follows, add_to_output=True)


def _told(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    return [{"id": h.passage_id, "language": h.language, "score": round(h.score, 4)} for h in hits]


def _language(message: Message, tracker: DialogueStateTracker | None, known: Sequence[str]) -> str | None:
    """The message's language; where it has none, the conversation's, else English."""
    spoken = message.get("language")
    if spoken is None and tracker is not None and "language" in tracker.slots:
        spoken = tracker.slots["language"].value
    spoken = spoken or "en"
    return spoken if spoken in known else None


def _vector(message: Message, origin: str) -> Vector | None:
    """The sentence vector that the featurizer called ``origin`` has for the message, of length 1."""
    for feature in message.features:
        if feature.origin == origin and feature.type == FEATURE_TYPE_SENTENCE and feature.attribute == TEXT:
            return partial(_unit, feature)
    return None


def _unit(feature: Features) -> np.ndarray:
    vector = np.asarray(feature.features[0], dtype=np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
