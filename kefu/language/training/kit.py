"""What is prepared once for a training: labels, speller, weights, tokenizer with the characters it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kefu.language.examples import Example
from kefu.language.recipe import Recipe
from kefu.language.spelling import Speller
from kefu.language.subwords import Subwords, with_characters
from kefu.language.training.characters import kept_rows, wanted_characters
from kefu.language.training.items import Labels, Reader
from kefu.language.training.network import Network, device, grow, load_encoder, prepare_for
from kefu.language.weights import find_weights


@dataclass(frozen=True)
class Kit:
    """Everything but the examples that a training reads."""

    recipe: Recipe
    weights: Path
    labels: Labels
    speller: Speller | None
    subwords: Subwords
    new_rows: Tensor | None  # (characters that the vocabulary lacked, width)

    @property
    def reader(self) -> Reader:
        """Turns examples into items."""
        return Reader(labels=self.labels, subwords=self.subwords, speller=self.speller)

    def network(self, tuning: str) -> Network:
        """A fresh network for ``tuning``; the same one each time."""
        torch.manual_seed(self.recipe.seed)
        encoder = load_encoder(self.weights, dropout=self.recipe.dropout, layers=self.recipe.layers)
        if self.new_rows is not None:
            grow(encoder, self.new_rows)
        network = Network(
            prepare_for(tuning, encoder, recipe=self.recipe),
            intents=len(self.labels.intents),
            tags=len(self.labels.tags),
            further={name: len(values) for name, values in self.labels.further.items()},
            scale=self.recipe.scale,
        )
        return network.to(device())


def make_kit(examples: Sequence[Example], recipe: Recipe, *, kept: Path | None = None) -> Kit:
    """The kit for ``examples``; what characters mean is kept in ``kept``, for the next training.

    Raises:
        ModelError: weights that cannot be found or read.
    """
    weights = find_weights(recipe.model)
    plain = (weights.folder / "tokenizer.json").read_text(encoding="utf-8")
    texts = [example.text for example in examples]
    wanted = wanted_characters(texts) if recipe.characters else ()
    tokenizer_json, new = with_characters(plain, wanted) if wanted else (plain, ())
    subwords = Subwords(tokenizer_json, longest=recipe.longest)
    return Kit(
        recipe=recipe,
        weights=weights.folder,
        labels=Labels.of(examples),
        speller=Speller.fit(texts) if recipe.spelling else None,
        subwords=subwords,
        new_rows=kept_rows(kept, subwords, new, recipe, weights=weights) if new else None,
    )
