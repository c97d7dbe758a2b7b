"""From labelled examples to an understanding that serves: the one entry to everything in this folder."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from kefu.language.examples import Example
from kefu.language.recipe import Recipe
from kefu.language.training.candidates import FROZEN, Candidate, Measured, frozen, measure, tuned
from kefu.language.training.data import checked, split
from kefu.language.training.items import Item, Material
from kefu.language.training.journal import Journals
from kefu.language.training.kit import Kit, make_kit
from kefu.language.training.saving import save
from kefu.language.weights import find_weights


@dataclass(frozen=True)
class FitReport:
    """What a training came to.

    ``chosen``: "tuned" or "frozen". ``dev_accuracy`` and ``challenger_accuracy`` (0..1) on ``held`` held-out
    examples, None where too few could be held out. ``epochs`` that made the weights; ``cpu_seconds`` of this
    process; ``problems``: what was wrong with examples, with their lines.
    """

    chosen: str
    examples: int
    held: int
    dev_accuracy: float | None
    challenger_accuracy: float | None
    epochs: int
    cpu_seconds: float
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def fit_understanding(
    examples: Sequence[Example],
    recipe: Recipe,
    *,
    folder: Path,
    outside: Sequence[Example] = (),
    work: Path | None = None,
    kept: Path | None = None,
    quiet: bool = False,
) -> FitReport:
    """Train on ``examples`` and write into ``folder`` what ``Understanding.open`` reads.

    Texts known to be ``outside`` of every intent teach nothing; they move the threshold of strangeness.

    Checkpoints and TensorBoard logs go to ``work``, where an interrupted training of the same examples and
    recipe goes on; what takes long and depends on little else than the weights is kept in ``kept``.

    Raises:
        ModelError: no usable example, or weights that cannot be found or read.
    """
    started = time.process_time()
    torch.set_num_threads(recipe.threads)
    data = checked(examples)
    kit = make_kit(data.examples, recipe, kept=kept)
    halves = split(data.examples, share=recipe.development, most=recipe.development_most, seed=recipe.seed)
    learn, held = map(kit.reader.material, halves)
    journals = Journals(work, digest=_digest(data.examples, recipe), quiet=quiet)
    contest = _contest(kit, learn, held, journals, outside=_unlabelled(kit, outside))
    final = contest.winner
    if held.items and len(data.examples) < recipe.refit_below:
        final = _on_everything(final, kit, data.examples, journals)
    save(final, contest.measured, kit, data.examples, folder=folder, digest=journals.digest)
    return FitReport(
        chosen=final.name, examples=len(data.examples), held=len(held.items), epochs=final.epochs,
        dev_accuracy=contest.measured.accuracy if held.items else None,
        challenger_accuracy=contest.rival.accuracy if held.items else None,
        cpu_seconds=time.process_time() - started, problems=data.problems,
    )  # fmt: skip


@dataclass(frozen=True)
class _Contest:
    """The better of two candidates, its figures, and those of the challenger."""

    winner: Candidate
    measured: Measured
    rival: Measured


def _contest(
    kit: Kit, learn: Material, held: Material, journals: Journals, *, outside: Sequence[Item]
) -> _Contest:
    challenger = frozen(kit, learn)
    rival = measure(challenger, held, outside)
    if kit.recipe.tuning == "frozen":
        return _Contest(challenger, rival, rival)
    champion = tuned(kit, learn, held, start=challenger, journal=journals.of("development"))
    own = measure(champion, held, outside)
    won = own.beats(rival)
    return _Contest(champion if won else challenger, own if won else rival, rival)


def _on_everything(winner: Candidate, kit: Kit, examples: Sequence[Example], journals: Journals) -> Candidate:
    """The same kind of candidate, learnt from the held-out examples as well."""
    material = kit.reader.material(examples)
    start = frozen(kit, material, competes=winner.name == FROZEN)
    if winner.name == FROZEN:
        return start
    return tuned(kit, material, Material((), ()), start=start, journal=journals.of("everything"))


def _unlabelled(kit: Kit, texts: Sequence[Example]) -> list[Item]:
    return kit.reader.items([Example(own.text) for own in checked(texts).examples]) if texts else []


def _digest(examples: Sequence[Example], recipe: Recipe) -> str:
    """What a training depends on: examples, recipe and weights."""
    plain = [(e.text, e.intent, e.spans, e.further) for e in examples]
    parts = (plain, recipe, find_weights(recipe.model).digest)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
