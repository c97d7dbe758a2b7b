"""The training loop: AdamW, warm-up and decay, early stopping, checkpoints after every epoch."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from kefu.language.recipe import Recipe
from kefu.language.training.items import IGNORED, Batch, Item, Material, Reader, batch_of, shuffled_batches
from kefu.language.training.journal import Journal
from kefu.language.training.network import Network, Outputs, device

Judge = Callable[[Network], float]
_MEMORY = 0.98  # of the moving average, an update


@dataclass
class State:
    """A training under way; what a checkpoint holds. ``average``: the weights' moving average, which is what
    is judged and kept (Polyak and Juditsky 1992)."""

    network: Network
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    rng: random.Random
    epoch: int = 0
    best: float = -math.inf
    best_epoch: int = 0
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    updates: int = 0
    average: dict[str, Tensor] = field(default_factory=dict)


def train(
    network: Network,
    reader: Reader,
    material: Material,
    *,
    recipe: Recipe,
    epochs: int,
    journal: Journal,
    judge: Judge | None = None,
    taught: Sequence[Sequence[float]] = (),
) -> int:
    """Train ``network`` and leave it with its best weights; gives the number of epochs that made them.

    ``taught``: a teacher's scores of the intents, one row an example. Without ``judge`` (higher is better)
    the last epoch is the best. Goes on where ``journal`` left off.
    """
    torch.manual_seed(recipe.seed)
    count = len(material.items)
    state = _started(network, recipe, steps=epochs * math.ceil(count / recipe.batch))
    _resume(state, journal)
    if taught:
        rows = [replace(item, taught=tuple(row)) for item, row in zip(material.items, taught, strict=True)]
        material = replace(material, items=tuple(rows))
    with _progress(journal, state.epoch, epochs, count) as step_done:
        while state.epoch < epochs and not _is_over(state, recipe, judge):
            items = _seen_this_time(reader, material, recipe, state.rng)
            loss = _epoch(state, items, recipe, step_done)
            state.epoch += 1
            _judge(state, judge)
            _log(journal, state, loss)
            _save(state, journal)
    network.load_state_dict(state.best_weights, strict=False)
    return state.best_epoch


@contextmanager
def mixed_precision(recipe: Recipe) -> Iterator[None]:
    """bfloat16 where the machine multiplies it fast; float32 elsewhere or where the recipe says so."""
    own = device()
    fast = torch.cuda.is_bf16_supported() if own == "cuda" else torch.cpu._is_avx512_bf16_supported()
    wanted = recipe.precision == "bfloat16" or (recipe.precision == "auto" and fast)
    with torch.autocast(own, torch.bfloat16, enabled=wanted):
        yield


def loss_of(outputs: Outputs, batch: Batch, *, tag_weight: float) -> Tensor:
    """The sum of the heads' cross-entropies, each a mean over what has a label.

    A teacher's scores count as much as the labels: both at a temperature of 2, as Hinton et al. 2015
    (arXiv:1503.02531) soften them.
    """
    total = _cross_entropy(outputs.intents, batch.intents)
    if batch.taught.shape[1]:
        soft, wanted = F.log_softmax(outputs.intents / 2, dim=-1), F.softmax(batch.taught / 2, dim=-1)
        total = (total + 4 * F.kl_div(soft, wanted, reduction="batchmean")) / 2
    total = total + tag_weight * _cross_entropy(outputs.tags.flatten(0, 1), batch.tags.flatten())
    for name, labels in batch.further.items():
        total = total + _cross_entropy(outputs.further[name], labels)
    return total


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    known = (labels != IGNORED).sum().clamp(min=1)
    return F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum") / known


def _started(network: Network, recipe: Recipe, *, steps: int) -> State:
    optimizer = torch.optim.AdamW(_groups(network, recipe), fused=True)
    warm = max(1, int(steps * recipe.warmup))

    def rate(step: int) -> float:
        return min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))

    return State(
        network=network,
        optimizer=optimizer,
        schedule=torch.optim.lr_scheduler.LambdaLR(optimizer, rate),
        rng=random.Random(recipe.seed),
    )


def _groups(network: Network, recipe: Recipe) -> list[dict[str, Any]]:
    """Linear heads and new embeddings learn faster than the encoder; only its matrices decay.

    The cosine head learns as fast as the encoder: it began at the class means, which move with it.
    """
    matrices, others, fast = list[Tensor](), list[Tensor](), list[Tensor]()
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith(("tags.", "further.")) or name.endswith("word_embeddings.new"):
            fast.append(parameter)
        else:
            (matrices if parameter.ndim > 1 else others).append(parameter)
    return [
        {"params": matrices, "lr": recipe.learning_rate, "weight_decay": recipe.weight_decay},
        {"params": others, "lr": recipe.learning_rate, "weight_decay": 0.0},
        {"params": fast, "lr": recipe.head_rate, "weight_decay": 0.0},
    ]


def _seen_this_time(reader: Reader, material: Material, recipe: Recipe, rng: random.Random) -> list[Item]:
    """The items of an epoch: some of the examples mistyped, each time otherwise."""
    chosen = [i for i in range(len(material.items)) if rng.random() < recipe.typos]
    mistyped = reader.mistyped([material.examples[i] for i in chosen], rng=rng)
    items = list(material.items)
    for place, item in zip(chosen, mistyped, strict=True):
        items[place] = replace(item, taught=items[place].taught)
    return items


def _epoch(state: State, items: Sequence[Item], recipe: Recipe, step_done: Callable[[int], None]) -> float:
    state.network.train()
    total, steps = 0.0, 0
    batches = shuffled_batches([len(i.ids) for i in items], size=recipe.batch, rng=state.rng)
    for indexes in batches:
        total += _step(state, [items[i] for i in indexes], recipe)
        steps += 1
        step_done(len(indexes))
    return total / max(steps, 1)


def _step(state: State, items: Sequence[Item], recipe: Recipe) -> float:
    """One update from the gradients of ``recipe.accumulate`` parts of a batch."""
    size = math.ceil(len(items) / recipe.accumulate)
    total = 0.0
    for start in range(0, len(items), size):
        part = items[start : start + size]
        batch = batch_of(part, on=state.network.intents.device)
        with mixed_precision(recipe):
            outputs = state.network(batch.ids, batch.mask)
        loss = loss_of(outputs, batch, tag_weight=recipe.tag_weight) * (len(part) / len(items))
        loss.backward()
        total += float(loss.detach())
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
    state.optimizer.step()
    state.schedule.step()
    state.optimizer.zero_grad(set_to_none=True)
    _follow(state)
    return total


@torch.no_grad()
def _follow(state: State) -> None:
    """Draw the average towards the weights; in the beginning, when there is little to average, faster."""
    state.updates += 1
    share = 1.0 - min(_MEMORY, (1 + state.updates) / (10 + state.updates))
    for name, parameter in state.network.named_parameters():
        if parameter.requires_grad:
            state.average.setdefault(name, parameter.detach().clone()).lerp_(parameter.detach(), share)


def _judge(state: State, judge: Judge | None) -> None:
    state.network.eval()
    own = learnt(state.network)
    state.network.load_state_dict(state.average, strict=False)
    score = float(state.epoch) if judge is None else judge(state.network)
    if score > state.best:
        state.best, state.best_epoch = score, state.epoch
        state.best_weights = learnt(state.network)
    state.network.load_state_dict(own, strict=False)


def _is_over(state: State, recipe: Recipe, judge: Judge | None) -> bool:
    return judge is not None and bool(state.epoch) and state.epoch - state.best_epoch >= recipe.patience


def learnt(network: Network) -> dict[str, Tensor]:
    """A copy of all that a training changes, by name."""
    return {n: p.detach().clone() for n, p in network.named_parameters() if p.requires_grad}


def _save(state: State, journal: Journal) -> None:
    if journal.file is None or journal.folder is None:
        return
    journal.folder.mkdir(parents=True, exist_ok=True)
    values = {
        "digest": journal.digest, "weights": learnt(state.network), "best_weights": state.best_weights,
        "optimizer": state.optimizer.state_dict(), "schedule": state.schedule.state_dict(),
        "rng": state.rng.getstate(), "torch_rng": torch.get_rng_state(),
        "epoch": state.epoch, "best": state.best, "best_epoch": state.best_epoch,
        "updates": state.updates, "average": state.average,
    }  # fmt: skip
    new = journal.file.with_suffix(".new")
    torch.save(values, new)
    os.replace(new, journal.file)  # whole or not at all: a session may end here


def _resume(state: State, journal: Journal) -> None:
    if journal.file is None or not journal.file.is_file():
        return
    values = torch.load(journal.file, weights_only=False, map_location=device())
    if values["digest"] != journal.digest:
        return
    state.network.load_state_dict(values["weights"], strict=False)
    state.optimizer.load_state_dict(values["optimizer"])
    state.schedule.load_state_dict(values["schedule"])
    state.rng.setstate(values["rng"])
    torch.set_rng_state(values["torch_rng"].cpu())
    state.epoch, state.best, state.best_epoch = values["epoch"], values["best"], values["best_epoch"]
    state.best_weights = values["best_weights"]
    state.updates, state.average = values["updates"], values["average"]


def _log(journal: Journal, state: State, loss: float) -> None:
    if journal.folder is None:
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(journal.folder / "logs" / journal.stage)) as writer:
        writer.add_scalar("loss", loss, state.epoch)
        writer.add_scalar("score", state.best, state.epoch)
        writer.add_scalar("learning rate", state.schedule.get_last_lr()[0], state.epoch)


@contextmanager
def _progress(journal: Journal, done: int, epochs: int, examples: int) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    with tqdm(
        total=epochs * examples, initial=done * examples, desc=journal.stage, unit="ex", disable=journal.quiet
    ) as bar:
        yield lambda count: bar.update(count) and None
