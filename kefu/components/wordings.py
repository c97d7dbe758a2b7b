"""Entities whose every wording is known: what else was marked as one is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.base import Trained
from kefu.language.tagging import units
from kefu.language.text import fold_case

_FILE = "wordings.json"
_REACH = 4  # units that a wording may stand out on either side of what was marked
Wordings = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class WordingOptions:
    """``entities``: the types whose wordings the examples list, because only those have a value to act on."""

    entities: tuple[str, ...] | list[str] = ("reason", "attribute", "ordinal", "quantity")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class KnownWordings(Trained[WordingOptions, Wordings]):
    """Moves entities to the wording of an example that they touch, and leaves out those that touch none.

    A tag head marks words that look like a reason; one that no example holds has no value behind it, and
    would stand in a form as the customer's reason. Placed before EntitySynonymMapper.
    """

    options_type = WordingOptions
    files = (_FILE,)

    def learn(self, training_data: TrainingData, folder: Path) -> None:
        """Keep the wordings of the annotated examples."""
        found: dict[str, set[str]] = {name: set() for name in self._options.entities}
        for message in training_data.training_examples:
            for entity in message.get(ENTITIES) or []:
                if entity["entity"] in found:
                    wording = message.get(TEXT)[entity["start"] : entity["end"]]
                    found[entity["entity"]].add(fold_case(wording))
        kept = {name: sorted(wordings) for name, wordings in found.items()}
        (folder / _FILE).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, options: WordingOptions) -> Wordings:
        """The wordings of each type."""
        kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return {name: frozenset(wordings) for name, wordings in kept.items()}

    def process(self, messages: list[Message]) -> list[Message]:
        """Leave each message with entities that have a known wording."""
        for message in messages:
            cut = [self._cut(entity, message.get(TEXT)) for entity in message.get(ENTITIES, [])]
            message.set(ENTITIES, [entity for entity in cut if entity], add_to_output=True)
        return messages

    @cached_property
    def _lengths(self) -> Mapping[str, frozenset[int]]:
        return {name: frozenset(map(len, wordings)) for name, wordings in self.learnt.items()}

    def _cut(self, entity: dict[str, Any], text: str) -> dict[str, Any] | None:
        if entity["entity"] not in self.learnt:
            return entity
        name = entity["entity"]
        place = known_part(
            text, entity["start"], entity["end"], self.learnt[name], lengths=self._lengths[name]
        )
        if place is None:
            has_number = any(char.isdigit() for char in text[entity["start"] : entity["end"]])
            return entity if has_number else None  # no list of examples holds every number
        start, end = place
        return {**entity, "start": start, "end": end, "value": text[start:end]}


def known_part(
    text: str, start: int, end: int, wordings: frozenset[str], *, lengths: frozenset[int] | None = None
) -> tuple[int, int] | None:
    """The longest run of units of ``text`` that is one of ``wordings`` and touches ``[start, end)``.

    ``lengths`` are those of the wordings, for who asks often.

    >>> known_part("it died after a week", 3, 13, frozenset({"died", "a"}))
    (3, 7)
    >>> known_part("the battery life", 4, 11, frozenset({"battery life"}))
    (4, 16)
    """
    cut = units(text)
    touched = [i for i, unit in enumerate(cut) if start < unit.end and unit.start < end]
    if not touched:
        return None
    near = cut[max(0, touched[0] - _REACH) : touched[-1] + 1 + _REACH]
    wanted = frozenset(map(len, wordings)) if lengths is None else lengths
    runs = [
        (a.start, b.end)
        for i, a in enumerate(near)
        for b in near[i:]
        if a.start < end and start < b.end and b.end - a.start in wanted  # folding keeps the length
    ]
    runs.sort(key=lambda run: run[0] - run[1])  # the longest first, else the one that opens first
    return next((run for run in runs if fold_case(text[run[0] : run[1]]) in wordings), None)
