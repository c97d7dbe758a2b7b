"""What a network makes of examples, without gradients: vectors, scores, tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from kefu.language.recipe import Recipe
from kefu.language.subwords import buckets
from kefu.language.training.items import IGNORED, Item, batch_of
from kefu.language.training.loop import mixed_precision
from kefu.language.training.network import Network


@dataclass(frozen=True)
class Seen:
    """``sentences`` (n, width) of length 1; of every unit that has a tag its vector ``units`` (m, width),
    the wanted ``tags`` (m,) and the tags that the network ``guessed`` (m,)."""

    sentences: np.ndarray
    units: np.ndarray
    tags: np.ndarray
    guessed: np.ndarray


@torch.no_grad()
def seen(network: Network, items: Sequence[Item], *, recipe: Recipe, with_units: bool = False) -> Seen:
    """Run ``network`` over ``items``; the vectors of units only where asked, there are many."""
    network.eval()
    width = network.intents.shape[1]
    sentences = np.zeros((len(items), width), dtype=np.float32)
    units, tags, guessed = [], [], []
    for indexes in buckets([len(item.ids) for item in items], texts=64, tokens=4_096):
        batch = batch_of([items[i] for i in indexes], on=network.intents.device)
        with mixed_precision(recipe):
            hidden = network.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state
        hidden = hidden.float()
        sentences[indexes] = network.sentence(hidden, batch.mask).cpu().numpy()
        there = batch.tags != IGNORED
        tags.append(batch.tags[there].cpu().numpy())
        guessed.append(network.tags(hidden[there]).argmax(dim=-1).cpu().numpy())
        if with_units:
            units.append(hidden[there].cpu().numpy())
    joined_units = np.concatenate(units) if units else np.zeros((0, width), dtype=np.float32)
    return Seen(sentences, joined_units, np.concatenate(tags), np.concatenate(guessed))


def tag_f1(wanted: np.ndarray, guessed: np.ndarray) -> float:
    """The F1 (0..1) over tags other than the outside one, which is number 0; 1 where there are none."""
    right = int(((wanted == guessed) & (wanted != 0)).sum())
    total = int((wanted != 0).sum()) + int((guessed != 0).sum())
    return 2 * right / total if total else 1.0


def head_arrays(network: Network) -> dict[str, np.ndarray]:
    """The network's heads as plain linear ones: weights (classes, width) and bias (classes,) of each."""
    with torch.no_grad():
        intents = network.scale * F.normalize(network.intents, dim=-1)
        arrays = {"intents.weights": intents, "intents.bias": torch.zeros(len(intents)),
                  "tags.weights": network.tags.weight, "tags.bias": network.tags.bias}  # fmt: skip
        for name, head in network.further.items():
            arrays[f"{name}.weights"] = head.weight * network.scale
            arrays[f"{name}.bias"] = head.bias
        return {name: value.float().cpu().numpy().copy() for name, value in arrays.items()}
