"""What is prepared once for a training: labels, speller, tokenizer with the characters that it needs, weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kefu.language.examples import Example
from kefu.language.recipe import Recipe
from kefu.language.spelling import Speller
from kefu.language.subwords import Subwords, with_characters
from kefu.language.text import common_han, fold_case, han_count
from kefu.language.training.items import Labels, Reader
from kefu.language.training.network import Network, grow, load_encoder, prepare_for
from kefu.language.weights import find_weights

_COMMON = 3_500  # characters of a common-character table: what a schoolchild learns to read


@dataclass(frozen=True)
class Kit:
    """Everything but the examples that a training reads."""

    recipe: Recipe
    weights: Path
    labels: Labels
    speller: Speller | None
    subwords: Subwords
    new_characters: tuple[str, ...]

    @property
    def reader(self) -> Reader:
        """Turns examples into items."""
        return Reader(labels=self.labels, subwords=self.subwords, speller=self.speller)

    def network(self, tuning: str) -> Network:
        """A fresh network for ``tuning``; the same one each time."""
        torch.manual_seed(self.recipe.seed)
        encoder = load_encoder(self.weights, dropout=self.recipe.dropout, layers=self.recipe.layers)
        grow(encoder, self._rows(encoder))
        network = Network(
            prepare_for(tuning, encoder, recipe=self.recipe),
            intents=len(self.labels.intents),
            tags=len(self.labels.tags),
            further={name: len(values) for name, values in self.labels.further.items()},
            scale=self.recipe.scale,
        )
        return network

    def _rows(self, encoder: torch.nn.Module) -> Tensor:
        """Start vectors of the new characters: the mean of the known Chinese ones, each a little aside."""
        table = encoder.get_input_embeddings().weight.detach()
        known = [number for token, number in self.subwords.vocabulary.items() if han_count(token)]
        old = [number for number in known if number < len(table)]
        centre = table[old].mean(dim=0) if old else table.mean(dim=0)
        return centre + 0.5 * table.std() * torch.randn(len(self.new_characters), table.shape[1])


def make_kit(examples: Sequence[Example], recipe: Recipe) -> Kit:
    """The kit for ``examples``.

    Raises:
        ModelError: weights that cannot be found or read.
    """
    weights = find_weights(recipe.model).folder
    plain = (weights / "tokenizer.json").read_text(encoding="utf-8")
    texts = [example.text for example in examples]
    wanted = _characters(texts) if recipe.characters else ()
    tokenizer_json, new = with_characters(plain, wanted) if wanted else (plain, ())
    return Kit(
        recipe=recipe,
        weights=weights,
        labels=Labels.of(examples),
        speller=Speller.fit(texts) if recipe.spelling else None,
        subwords=Subwords(tokenizer_json, longest=recipe.longest),
        new_characters=tuple(new),
    )


def _characters(texts: Sequence[str]) -> tuple[str, ...]:
    """The Chinese characters of ``texts`` and the commonest ones; none where the texts hold hardly any."""
    found = Counter(char for text in texts for char in fold_case(text) if han_count(char))
    if sum(found.values()) < len(texts) / 100:
        return ()
    return tuple(dict.fromkeys([*(char for char, _ in found.most_common()), *common_han(_COMMON)]))
