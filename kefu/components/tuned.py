"""Trained understandings: taught from Rasa's training data, once for all components with one recipe."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components import wiring
from kefu.components.fingerprints import fingerprint, sources
from kefu.errors import ModelError
from kefu.language.examples import Example, Span
from kefu.language.export import META_NAME, place_atomically
from kefu.language.recipe import Recipe
from kefu.language.weights import find_weights
from kefu.settings import Settings, usable_cores

logger = logging.getLogger(__name__)

REPORT = "report.json"
_KEPT = 4  # trained understandings on this machine, of some 30 MB each, and trainings with their logs
_MOST_SAID = 100  # problems of the training data that are logged


@dataclass(frozen=True)
class TrainingOptions(Recipe):
    """The keys of a recipe, and how it is used.

    ``threads`` of torch while training, 0 for every core, or as many as OMP_NUM_THREADS says;
    ``serving_threads`` of ONNX Runtime.
    ``further``: a folder of CSV files (text, sentiment, urgency) for the heads of those names, below the
    project's root; empty for none.
    """

    serving_threads: int = 1
    further: str = "data/sentiment"

    def __post_init__(self) -> None:
        self.recipe()  # whose checks are these

    def recipe(self) -> Recipe:
        """The recipe alone."""
        values = {field.name: getattr(self, field.name) for field in fields(Recipe)}
        return Recipe(**{**values, "threads": self.threads or usable_cores()})

    def inputs(self) -> list[str]:
        """Digests of what training reads besides the training data: weights and the further labels."""
        return [*_weights(self), repr(wiring.further_examples(self.further))]


def taught(training_data: TrainingData, options: TrainingOptions) -> Path:
    """The folder of an understanding of ``training_data``; see ``tuned``.

    Raises:
        ModelError: there is no example of an intent.
    """
    lines = wiring.example_lines()
    own = [_example(message, lines) for message in training_data.nlu_examples if message.get(TEXT)]
    if not own:
        raise ModelError("The training data hold no example of an intent. Wanted some in data/nlu.")
    return tuned([*own, *wiring.further_examples(options.further)], options.recipe())


def tuned(examples: Sequence[Example], recipe: Recipe) -> Path:
    """The folder of an understanding trained on ``examples``; trained now where this machine has none.

    It is kept below KEFU_HOME/tuned; an interrupted training goes on from the checkpoints in
    KEFU_HOME/training/<digest>, of which a finished one leaves its TensorBoard logs. In KEFU_HOME/begun is
    what trainings of nearly the same examples go on from. The newest of each stay.
    """
    home, digest = Settings.load().home, _digest(examples, recipe)
    folder, work = home / "tuned" / digest, home / "training" / digest
    if not (folder / META_NAME).is_file():
        place_atomically(folder, partial(_fit, examples, recipe, home=home, work=work))
        for checkpoint in work.rglob("*.pt"):
            checkpoint.unlink(missing_ok=True)
    os.utime(folder)
    _forget_old(path for path in folder.parent.iterdir() if (path / META_NAME).is_file())
    _forget_old(path for path in work.parent.glob("*") if path.is_dir())
    _forget_old(home.glob("begun/*/[!.]*"))
    _tell(json.loads((folder / REPORT).read_text(encoding="utf-8")))
    return folder


def _fit(examples: Sequence[Example], recipe: Recipe, folder: Path, *, home: Path, work: Path) -> None:
    from kefu.language.training.fit import fit_understanding

    report = fit_understanding(
        examples, recipe, folder=folder, work=work, kept=home / "characters",
        begun=home / "begun" / _digest((), recipe), quiet=not sys.stderr.isatty(),
    )  # fmt: skip
    (folder / REPORT).write_text(json.dumps(report.as_dict(), ensure_ascii=False), encoding="utf-8")


def _digest(examples: Sequence[Example], recipe: Recipe) -> str:
    """What a training comes from: examples, recipe, weights and the code; not how many threads it ran on."""
    plain = [(e.text, e.intent, e.spans, e.further) for e in examples]
    parts = repr((plain, replace(recipe, threads=1), _weights(recipe)))
    code = fingerprint(sources("kefu.language.training.fit"))
    return hashlib.sha256(f"{parts}{code}".encode()).hexdigest()[:32]


def _weights(recipe: Recipe) -> list[str]:
    """The digests of the models that a training reads."""
    return [find_weights(model).digest for model in (recipe.model, recipe.teacher) if model]


def _forget_old(folders: Iterable[Path]) -> None:
    for path in sorted(folders, key=_age)[:-_KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    """When it was used last; a folder that another training has just forgotten is the oldest."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _tell(report: dict[str, Any]) -> None:
    for problem in report["problems"][:_MOST_SAID]:
        logger.warning("Training data: %s", problem)
    if len(report["problems"]) > _MOST_SAID:
        logger.warning("Training data: … and %d more problems", len(report["problems"]) - _MOST_SAID)
    logger.info(
        "Understanding of %d examples%s: the %s encoder was chosen after %d epochs; accuracy on %d held-out "
        "examples %s, of the frozen challenger %s; %.0f CPU seconds.",
        report["examples"], ", from that of nearly the same" if report["went_on"] else "",
        report["chosen"], report["epochs"], report["held"],
        _share(report["dev_accuracy"]), _share(report["challenger_accuracy"]), report["cpu_seconds"],
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"


def _example(message: Message, lines: dict[tuple[str, str], str]) -> Example:
    text, intent = message.get(TEXT), message.get(INTENT)
    spans = tuple(Span(e["start"], e["end"], e["entity"]) for e in message.get(ENTITIES) or [])
    return Example(text, intent, spans, lines.get((intent or "", text), ""))
