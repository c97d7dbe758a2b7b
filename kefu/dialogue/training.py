"""Training the network, in torch; imported inside functions only, as kefu.language.training is.

One thread: the network is small.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, dropout
from tqdm import tqdm

from kefu.dialogue.mixing import mixed
from kefu.dialogue.moments import Example, Moment
from kefu.dialogue.network import TINY, Network, shapes
from kefu.dialogue.recipe import Recipe
from kefu.errors import ModelError

Weights = Mapping[str, Tensor]


def fit(examples: Sequence[Example], recipe: Recipe, *, quiet: bool = True) -> Network:
    """The network that ``examples`` teach; the same one for the same examples, recipe and machine.

    Raises:
        ModelError: there is no example, or they all have one action.
    """
    actions = tuple(sorted({example.action for example in examples}))
    if len(actions) < 2:
        raise ModelError(
            f"The stories and rules hold {len(examples)} choices of an action, of {len(actions)} actions "
            f"({', '.join(actions) or 'none'}); a learned policy needs two actions at least. Write stories "
            "below data/stories, or take DialoguePolicy out of config.yml."
        )
    lessons = _Lessons.of(mixed(examples, copies=recipe.copies, seed=recipe.seed), actions, recipe)
    with _alone(recipe.seed):
        weights = _fitted(lessons, recipe, quiet=quiet)
    return Network(weights, lessons.features, actions, recipe.max_history, recipe.heads)


@dataclass(frozen=True)
class _Lessons:
    """Examples as arrays: ``moments`` (unique moments, features), the last row zero for what is not there;
    ``histories`` (examples, max_history) of rows of it, the newest first; ``labels`` (examples,)."""

    features: tuple[str, ...]
    moments: np.ndarray
    histories: np.ndarray
    labels: np.ndarray
    actions: int

    @staticmethod
    def of(examples: Sequence[Example], actions: Sequence[str], recipe: Recipe) -> _Lessons:
        numbers: dict[Moment, int] = {}
        rows = [
            [numbers.setdefault(m, len(numbers)) for m in example.history[-recipe.max_history :][::-1]]
            for example in examples
        ]
        features = tuple(sorted({name for moment in numbers for name, _ in moment.features()}))
        histories = np.full((len(rows), recipe.max_history), len(numbers))
        for row, numbered in zip(histories, rows, strict=True):
            row[: len(numbered)] = numbered
        labels = np.array([actions.index(example.action) for example in examples])
        return _Lessons(features, _features(numbers, features), histories, labels, len(actions))


def _features(moments: Mapping[Moment, int], names: Sequence[str]) -> np.ndarray:
    columns = {name: column for column, name in enumerate(names)}
    found = np.zeros((len(moments) + 1, len(names)), np.float32)
    for moment, row in moments.items():
        for name, value in moment.features():
            found[row, columns[name]] += value
    return found


@contextmanager
def _alone(seed: int) -> Iterator[None]:
    """One thread and random numbers of its own, so that neither depends on the rest of the process."""
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def _fitted(lessons: _Lessons, recipe: Recipe, *, quiet: bool) -> dict[str, np.ndarray]:
    weights = _fresh(lessons, recipe)
    moments, histories, labels = map(torch.from_numpy, (lessons.moments, lessons.histories, lessons.labels))
    steps = recipe.epochs * math.ceil(len(labels) / recipe.batch)
    optimizer = torch.optim.AdamW(list(weights.values()), lr=recipe.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps)
    with tqdm(total=steps, desc="dialogue", unit="step", disable=quiet, file=sys.stderr) as shown:
        for _ in range(recipe.epochs):
            for rows in torch.randperm(len(labels)).split(recipe.batch):
                scores = forward(weights, moments, histories[rows], heads=recipe.heads, drop=recipe.dropout)
                loss = cross_entropy(scores, labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                shown.update()
    return {name: weight.detach().numpy().astype(np.float32) for name, weight in weights.items()}


def _fresh(lessons: _Lessons, recipe: Recipe) -> dict[str, Tensor]:
    wanted = shapes(
        features=len(lessons.features), actions=lessons.actions, width=recipe.width,
        max_history=recipe.max_history,
    )  # fmt: skip
    weights = {name: torch.zeros(shape) for name, shape in wanted.items()}
    for weight in weights.values():
        if weight.ndim == 2:
            weight.normal_(std=recipe.width**-0.5)
    weights["scale"].fill_(math.log(10.0))
    return {name: weight.requires_grad_() for name, weight in weights.items()}


def forward(weights: Weights, moments: Tensor, histories: Tensor, *, heads: int, drop: float = 0.0) -> Tensor:
    """The scores of every action (examples, actions): what Network computes, for many histories at once.

    ``histories`` holds rows of ``moments``, the newest first, filled up with the row of zeros at its end.
    """
    absent = histories == len(moments) - 1
    embedded = _normed((moments @ weights["features"])[histories] + weights["places"])
    embedded = dropout(embedded, drop, training=drop > 0)
    if drop:
        absent = absent | (torch.rand(absent.shape) < drop)
        absent[:, 0] = False  # the moment in which the action is chosen
    last = embedded[:, 0]
    both = _normed(last + _found(weights, embedded, last, absent, heads=heads))
    inner = torch.relu(both @ weights["inner"] + weights["inner_bias"])
    direction = _normed(both + inner @ weights["outer"] + weights["outer_bias"])
    return _unit(direction) @ _unit(weights["labels"]).T * weights["scale"].exp()


def _found(weights: Weights, moments: Tensor, last: Tensor, absent: Tensor, *, heads: int) -> Tensor:
    """What the last moment finds in all of them, by attention."""
    shape = (*moments.shape[:2], heads, -1)
    keys, values = (moments @ weights["keys"]).reshape(shape), (moments @ weights["values"]).reshape(shape)
    asked = (keys * (last @ weights["queries"]).reshape(len(last), 1, heads, -1)).sum(-1)
    asked = asked / math.sqrt(keys.shape[-1])
    shares = asked.masked_fill(absent[:, :, None], -math.inf).softmax(1)
    return (shares[..., None] * values).sum(1).reshape(len(last), -1) @ weights["found"]


def _normed(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(-1, keepdim=True)
    return centred / ((centred * centred).mean(-1, keepdim=True) + TINY).sqrt()


def _unit(rows: Tensor) -> Tensor:
    return rows / ((rows * rows).sum(-1, keepdim=True) + TINY).sqrt()
