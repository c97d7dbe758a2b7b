"""Examples as the network reads them: ids and labels, in batches of similar length."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from kefu.language.examples import Example
from kefu.language.spelling import Speller
from kefu.language.subwords import Subwords, padded
from kefu.language.tagging import joined, tag_names, tags_of, units
from kefu.language.typos import with_typos

IGNORED = -100  # torch's label of what costs nothing


@dataclass(frozen=True)
class Labels:
    """The names behind the numbers: of intents, of tags, and of the classes of every further head."""

    intents: tuple[str, ...]
    tags: tuple[str, ...]
    further: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Labels:
        """Every label of ``examples``, sorted."""
        further: dict[str, set[str]] = {}
        for name, value in (pair for example in examples for pair in example.further):
            further.setdefault(name, set()).add(value)
        return cls(
            intents=tuple(sorted({e.intent for e in examples if e.intent is not None})),
            tags=tag_names(span.entity for e in examples for span in e.spans),
            further={name: tuple(sorted(values)) for name, values in sorted(further.items())},
        )


@dataclass(frozen=True)
class Item:
    """One example as numbers; ``tags`` one a sub-token; a label that it does not have is IGNORED.

    ``text`` is spelt right. ``taught``: a teacher's scores of the intents, where there is a teacher.
    """

    text: str
    ids: tuple[int, ...]
    intent: int
    tags: tuple[int, ...]
    further: Mapping[str, int]
    taught: tuple[float, ...] = ()


@dataclass(frozen=True)
class Material:
    """Examples and, in the same order, their items: reading ten thousand takes seconds, so once will do."""

    examples: tuple[Example, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Batch:
    """Items together: ``ids``, ``mask`` and ``tags`` (batch, length), ``taught`` (batch, intents) or
    (batch, 0), the others (batch,)."""

    ids: Tensor
    mask: Tensor
    intents: Tensor
    tags: Tensor
    further: Mapping[str, Tensor]
    taught: Tensor


class Reader:
    """Turns examples into items as a message is read when serving: spelt right, cut, numbered."""

    def __init__(self, *, labels: Labels, subwords: Subwords, speller: Speller | None) -> None:
        self.labels = labels
        self._subwords = subwords
        self._speller = speller
        self._intents = {name: place for place, name in enumerate(labels.intents)}
        self._tags = {name: place for place, name in enumerate(labels.tags)}

    def material(self, examples: Sequence[Example]) -> Material:
        """``examples`` with their items."""
        return Material(tuple(examples), tuple(self.items(examples)))

    def items(self, examples: Sequence[Example]) -> list[Item]:
        """One item an example, in order."""
        cut = [units(example.text) for example in examples]
        words = [[unit.text for unit in own] for own in cut]
        if self._speller is not None:
            words = [self._speller.correct(own) for own in words]
        encoded = self._subwords.encode(words)
        return [
            Item(
                text=joined(own, said),
                ids=ids.ids,
                intent=IGNORED if example.intent is None else self._intents[example.intent],
                tags=self._tagged(ids.owners, tags_of(own, example.spans), learnt=example.intent is not None),
                further={name: self.labels.further[name].index(value) for name, value in example.further},
            )
            for example, own, said, ids in zip(examples, cut, words, encoded, strict=True)
        ]

    def mistyped(self, examples: Sequence[Example], *, rng: random.Random) -> list[Item]:
        """As ``items``, each example mistyped anew and read without the speller."""
        plain = Reader(labels=self.labels, subwords=self._subwords, speller=None)
        return plain.items([with_typos(example, rng=rng) for example in examples])

    def _tagged(self, owners: Sequence[int], tags: Sequence[str], *, learnt: bool) -> tuple[int, ...]:
        """A unit's tag stands on its first sub-token."""
        before = -1
        numbers = []
        for owner in owners:
            first = owner >= 0 and owner != before
            numbers.append(self._tags[tags[owner]] if learnt and first else IGNORED)
            before = owner
        return tuple(numbers)


def shuffled_batches(lengths: Sequence[int], *, size: int, rng: random.Random) -> Iterator[list[int]]:
    """Indexes in random batches of ``size`` and similar length, in random order."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    chunk = 8 * size  # sorted by length inside, so that batches still mix
    batches = []
    for start in range(0, len(order), chunk):
        near = sorted(order[start : start + chunk], key=lengths.__getitem__)
        batches += [near[at : at + size] for at in range(0, len(near), size)]
    rng.shuffle(batches)
    yield from batches


def batch_of(items: Sequence[Item], *, on: str | torch.device = "cpu") -> Batch:
    """``items`` as tensors ``on`` a device."""
    ids, mask = padded([item.ids for item in items])
    tags, _ = padded([item.tags for item in items], fill=IGNORED)
    names = sorted({name for item in items for name in item.further})
    further = {name: [item.further.get(name, IGNORED) for item in items] for name in names}
    return Batch(
        ids=torch.from_numpy(ids).to(on),
        mask=torch.from_numpy(mask).to(on),
        intents=torch.tensor([item.intent for item in items], device=on),
        tags=torch.from_numpy(tags).to(on),
        further={name: torch.tensor(labels, device=on) for name, labels in further.items()},
        taught=torch.tensor([item.taught for item in items], device=on),
    )
