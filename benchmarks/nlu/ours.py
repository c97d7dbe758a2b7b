"""Ours: the default recipe of `kefu.language`, or its frozen one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.nlu.cells import ROOT
from benchmarks.nlu.provenance import sources_of
from benchmarks.nlu.rows import Row
from kefu.language.examples import Example, Span

CHECKPOINTS = "checkpoints"
OUTSIDE = 0.5  # the strangeness from which a message is out of scope


def recipe(*, tuning: str | None, seed: int) -> dict[str, Any]:
    """The default recipe on one thread, with another ``tuning`` where one is given."""
    from kefu.language.recipe import Recipe

    changed: dict[str, Any] = {"seed": seed, "threads": 1} | ({"tuning": tuning} if tuning else {})
    return asdict(Recipe.from_dict(changed))


def code() -> dict[str, str]:
    """The digest of every source that training or reading runs."""
    sources = sources_of("kefu.language.training.fit", "kefu.language.understanding")
    sha = hashlib.sha256()
    for file in sources:
        sha.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return {"sources": sha.hexdigest(), "files": str(len(sources))}


def train(examples: Sequence[Example], *, values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train into ``folder``/model, with checkpoints beside it; the report of the training."""
    from kefu.language.recipe import Recipe
    from kefu.language.training.fit import fit_understanding

    model, work = folder / "model", folder / CHECKPOINTS
    for path in (model, work):
        path.mkdir(parents=True, exist_ok=True)
    report = fit_understanding(examples, Recipe.from_dict(values), folder=model, work=work, quiet=True)
    told: dict[str, Any] = report.as_dict()
    return told | {"problems": len(told["problems"])}  # their texts are the data's, and many


class Reader:
    """A trained model of ours."""

    def __init__(self, folder: Path) -> None:
        """Open ``folder``/model on one thread."""
        from kefu.language.understanding import Understanding

        self._model = Understanding.open(folder / "model", threads=1)

    def read(self, texts: Sequence[str]) -> list[Row]:
        """One row a text."""
        return [_row(reading) for reading in self._model.read(texts)]


def _row(reading: Any) -> Row:
    intent, confidence = reading.ranking[0]
    spans = tuple(Span(found.start, found.end, found.entity) for found in reading.spans)
    strangeness = float(reading.strangeness)
    return Row(str(intent), float(confidence), spans, strangeness, strangeness >= OUTSIDE)
