"""Going on from an earlier training where only a few examples changed since.

A training from nothing leaves what it learnt, without what it held out and with it, and how the former fared
on that. A later one of nearly the same examples goes on from both, holds out the same, and is kept only where
it fares as well. None goes on from one that itself went on: however many changes follow each other, a model
is two steps from nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kefu.language.examples import Example
from kefu.language.export import place_atomically
from kefu.language.training.candidates import Candidate, Measured
from kefu.language.training.kit import Kit

_DEVELOPED, _FINAL, _TOLD = "developed.npz", "final.npz", "told.json"


@dataclass(frozen=True)
class Begun:
    """A training from nothing: ``examples`` by their digests; of the ``held`` ones, whether they were right.

    ``frame``: the digest of its labels and vocabulary; ``tags``: the F1 on what was held out.
    """

    folder: Path
    frame: str
    examples: frozenset[str]
    held: dict[str, bool]
    tags: float

    @property
    def name(self) -> str:
        """By which the checkpoints of what goes on from it are told from others."""
        return self.folder.name[:12]

    def developed(self) -> dict[str, Tensor]:
        """What was learnt without the held-out examples, by name."""
        return _weights(self.folder / _DEVELOPED)

    def final(self) -> dict[str, Tensor]:
        """What was learnt in the end."""
        return _weights(self.folder / _FINAL)

    def split(self, examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
        """``examples`` to learn from, and those that were held out and are still there, as they were."""
        held = [example for example in examples if _digest(example) in self.held]
        return [example for example in examples if _digest(example) not in self.held], held

    def is_matched(self, held: Sequence[Example], measured: Measured) -> bool:
        """Whether another, measured on ``held``, is as good: no more mistakes than chance makes.

        Of the examples that just one of the two gets right, as many fall to each by chance; this one may have
        one deviation fewer. The F1 of tags may be lower by as much as chance makes of so many examples.
        """
        before = np.array([self.held[_digest(example)] for example in held])
        after = np.array(measured.right)
        lost, won = int((before & ~after).sum()), int((after & ~before).sum())
        share = max(self.tags * (1 - self.tags), 0.01)
        return lost - won <= (lost + won) ** 0.5 and self.tags - measured.tags <= (share / len(held)) ** 0.5


def keep(
    folder: Path, examples: Sequence[Example], held: Sequence[Example], measured: Measured,
    *, developed: Candidate, final: Candidate,
) -> None:  # fmt: skip
    """Leave in ``folder`` what ``nearest`` finds: half floats, 25 MB a candidate of the packaged encoder.

    ``measured``: the candidate that was ``developed`` without what was ``held``.
    """
    told = {
        "frame": _frame(final.kit),
        "examples": sorted(map(_digest, examples)),
        "held": dict(zip(map(_digest, held), measured.right, strict=True)),
        "tags": measured.tags,
    }

    def fill(new: Path) -> None:
        for name, candidate in ((_DEVELOPED, developed), (_FINAL, final)):
            half = {key: value.cpu().numpy().astype(np.float16) for key, value in candidate.weights.items()}
            np.savez(new / name, **half)
        (new / _TOLD).write_text(json.dumps(told), encoding="utf-8")

    name = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
    if not (folder / name / _TOLD).is_file():
        place_atomically(folder / name, fill, holding=_TOLD)


def nearest(folder: Path | None, kit: Kit, examples: Sequence[Example]) -> Begun | None:
    """The training in ``folder`` with the same labels and vocabulary of which fewest examples changed.

    None where there is none, or more than the recipe's ``changed_most`` did, or all that was held out. The
    same examples are trained from nothing: they give the same model whatever was trained meanwhile.
    """
    own = frozenset(map(_digest, examples))
    most = kit.recipe.changed_most * len(own)
    files = sorted(folder.glob(f"[!.]*/{_TOLD}")) if folder is not None and not kit.recipe.teacher else ()
    fitting = [begun for begun in map(_read, files) if begun.frame == _frame(kit)]
    near = [
        begun for begun in fitting if 0 < len(begun.examples ^ own) <= most and not own.isdisjoint(begun.held)
    ]
    best = min(near, key=lambda begun: len(begun.examples ^ own), default=None)
    if best is not None:
        os.utime(best.folder)
    return best


def _weights(file: Path) -> dict[str, Tensor]:
    with np.load(file, allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name].astype(np.float32)) for name in arrays.files}


def _read(file: Path) -> Begun:
    told = json.loads(file.read_text(encoding="utf-8"))
    return Begun(file.parent, told["frame"], frozenset(told["examples"]), told["held"], told["tags"])


def _frame(kit: Kit) -> str:
    labels = (kit.labels.intents, kit.labels.tags, sorted(kit.labels.further.items()))
    return hashlib.sha256(repr((labels, kit.subwords.json)).encode()).hexdigest()


def _digest(example: Example) -> str:
    """Of what an example teaches; where it stands does not matter."""
    told = {name: value for name, value in asdict(example).items() if name != "source"}
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
