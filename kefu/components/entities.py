"""Entities after extraction: values folded, overlaps resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message

from kefu.components.base import Component
from kefu.language.text import fold

CATALOGUE = "SpacyCatalogExtractor"


@dataclass(frozen=True)
class FolderOptions:
    """Nothing to set."""


@dataclass(frozen=True)
class MergerOptions:
    """``first``: the extractor whose entities win over all others."""

    first: str = CATALOGUE


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityFolder(Component[FolderOptions]):
    """Reads the values of entities as Simplified and half-width, so that synonyms of 坏了 hold for 壞了.

    Placed before EntitySynonymMapper; offsets stay.
    """

    options_type = FolderOptions

    def process(self, messages: list[Message]) -> list[Message]:
        """Fold every value that is text."""
        for message in messages:
            entities = [{**e, "value": _folded(e.get("value"))} for e in message.get(ENTITIES, [])]
            message.set(ENTITIES, entities, add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityMerger(Component[MergerOptions]):
    """Last of the extractors: no two entities overlap, and they stand in the order of the text.

    Of two that overlap the catalogue's stays, else the longer, else the surer one.
    """

    options_type = MergerOptions

    def process(self, messages: list[Message]) -> list[Message]:
        """Leave each message with entities that do not overlap."""
        for message in messages:
            entities = merged(message.get(ENTITIES, []), first=self._options.first)
            message.set(ENTITIES, entities, add_to_output=True)
        return messages


def merged(entities: list[dict[str, Any]], *, first: str) -> list[dict[str, Any]]:
    """``entities`` without overlaps; those of the extractor ``first`` win, then length, then confidence.

    >>> one = {"entity": "quantity", "start": 0, "end": 1, "value": "1", "extractor": "CRF"}
    >>> two = {"entity": "code", "start": 0, "end": 6, "value": "123456", "extractor": "Shop"}
    >>> [e["entity"] for e in merged([one, two], first="Shop")]
    ['code']
    """

    def rank(entity: Mapping[str, Any]) -> tuple[bool, int, float]:
        length = entity["end"] - entity["start"]
        return entity.get("extractor") != first, -length, -float(entity.get("confidence_entity") or 0.0)

    kept: list[dict[str, Any]] = []
    for entity in sorted(entities, key=rank):
        if all(entity["end"] <= old["start"] or old["end"] <= entity["start"] for old in kept):
            kept.append(entity)
    return sorted(kept, key=lambda entity: entity["start"])


def _folded(value: Any) -> Any:
    return fold(value) if isinstance(value, str) else value
