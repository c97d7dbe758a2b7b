"""From labelled examples to an understanding that serves: the one entry to everything in this folder."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from kefu.language.examples import Example
from kefu.language.recipe import Recipe
from kefu.language.training import again
from kefu.language.training.again import Begun
from kefu.language.training.candidates import (
    FROZEN,
    TUNED,
    Candidate,
    Measured,
    continued,
    frozen,
    measure,
    tuned,
)
from kefu.language.training.data import checked, split
from kefu.language.training.items import Item, Material
from kefu.language.training.journal import Journals
from kefu.language.training.kit import Kit, make_kit
from kefu.language.training.saving import save
from kefu.language.weights import find_weights

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FitReport:
    """What a training came to.

    ``chosen``: "tuned" or "frozen". ``dev_accuracy`` and ``challenger_accuracy`` (0..1) on ``held`` held-out
    examples, None where too few could be held out. ``epochs`` that made the weights; ``cpu_seconds`` of this
    process; ``problems``: what was wrong with examples, with their lines. ``went_on``: it began at an earlier
    training of nearly the same examples, and no challenger was measured.
    """

    chosen: str
    examples: int
    held: int
    dev_accuracy: float | None
    challenger_accuracy: float | None
    epochs: int
    cpu_seconds: float
    problems: tuple[str, ...]
    went_on: bool = False

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
    begun: Path | None = None,
    quiet: bool = False,
) -> FitReport:
    """Train on ``examples`` and write into ``folder`` what ``Understanding.open`` reads.

    Texts known to be ``outside`` of every intent teach nothing; they move the threshold of strangeness.

    Checkpoints and TensorBoard logs go to ``work``, where an interrupted training of the same examples and
    recipe goes on; what takes long and depends on little else than the weights is kept in ``kept``. What a
    later training of nearly the same examples may go on from is kept in ``begun``, a folder for this recipe,
    these weights and this code alone.

    Raises:
        ModelError: no usable example, or weights that cannot be found or read.
    """
    started = time.process_time()
    torch.set_num_threads(recipe.threads)
    data = checked(examples)
    kit = make_kit(data.examples, recipe, kept=kept)
    journals = Journals(work, digest=_digest(data.examples, recipe), quiet=quiet)
    strange = _unlabelled(kit, outside)
    earlier = again.nearest(begun, kit, data.examples)
    contest = _gone_on(kit, data.examples, journals, earlier=earlier, outside=strange) if earlier else None
    if contest is None:
        earlier = None
        contest = _from_nothing(kit, data.examples, journals, outside=strange)
    final = contest.winner
    if contest.held and len(data.examples) < recipe.refit_below:
        final = _on_everything(contest.winner, kit, data.examples, journals, earlier=earlier)
    if begun is not None and contest.held and final.name == TUNED and earlier is None and not recipe.teacher:
        again.keep(
            begun, data.examples, contest.held, contest.measured, developed=contest.winner, final=final
        )
    save(final, contest.measured, kit, data.examples, folder=folder, digest=journals.digest)
    return FitReport(
        chosen=final.name, examples=len(data.examples), held=len(contest.held), epochs=final.epochs,
        dev_accuracy=contest.measured.accuracy if contest.held else None,
        challenger_accuracy=contest.rival.accuracy if contest.rival and contest.held else None,
        cpu_seconds=time.process_time() - started, problems=data.problems, went_on=earlier is not None,
    )  # fmt: skip


@dataclass(frozen=True)
class _Contest:
    """The better of two candidates, its figures on what was ``held`` out, and those of the challenger.

    There is no challenger where an earlier training went on.
    """

    winner: Candidate
    held: Sequence[Example]
    measured: Measured
    rival: Measured | None


def _gone_on(
    kit: Kit, examples: Sequence[Example], journals: Journals, *, earlier: Begun, outside: Sequence[Item]
) -> _Contest | None:
    """What comes of an earlier training with the few examples that changed since; None where it is worse."""
    learn, held = map(kit.reader.material, earlier.split(examples))
    champion = continued(
        kit, learn, held, weights=earlier.developed(), share=kit.recipe.again,
        journal=journals.of(f"development-again-{earlier.name}"),
    )  # fmt: skip
    measured = measure(champion, held, outside)
    if earlier.is_matched(held.examples, measured):
        return _Contest(champion, held.examples, measured, None)
    logger.info("Going on from an earlier training is worse on what it held out: trained from nothing.")
    return None


def _from_nothing(
    kit: Kit, examples: Sequence[Example], journals: Journals, *, outside: Sequence[Item]
) -> _Contest:
    own = kit.recipe
    halves = split(examples, share=own.development, most=own.development_most, seed=own.seed)
    learn, held = map(kit.reader.material, halves)
    challenger = frozen(kit, learn)
    rival = measure(challenger, held, outside)
    if own.tuning == FROZEN:
        return _Contest(challenger, held.examples, rival, rival)
    champion = tuned(kit, learn, held, start=challenger, journal=journals.of("development"))
    measured = measure(champion, held, outside)
    if measured.beats(rival):
        return _Contest(champion, held.examples, measured, rival)
    return _Contest(challenger, held.examples, rival, rival)


def _on_everything(
    winner: Candidate, kit: Kit, examples: Sequence[Example], journals: Journals, *, earlier: Begun | None
) -> Candidate:
    """The same kind of candidate, which learns the held-out examples as well."""
    material, nothing = kit.reader.material(examples), Material((), ())
    if winner.name == FROZEN:
        return frozen(kit, material)
    if earlier is not None:
        journal, own = journals.of(f"everything-again-{earlier.name}"), kit.recipe.again
        return continued(kit, material, nothing, weights=earlier.final(), share=own, journal=journal)
    journal, more = journals.of("everything"), kit.recipe.more
    final = continued(kit, material, nothing, weights=winner.weights, share=more, journal=journal)
    return replace(final, epochs=winner.epochs + final.epochs)


def _unlabelled(kit: Kit, texts: Sequence[Example]) -> list[Item]:
    return kit.reader.items([Example(own.text) for own in checked(texts).examples]) if texts else []


def _digest(examples: Sequence[Example], recipe: Recipe) -> str:
    """What a training depends on: examples, recipe and weights."""
    plain = [(e.text, e.intent, e.spans, e.further) for e in examples]
    parts = (plain, recipe, find_weights(recipe.model).digest)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
