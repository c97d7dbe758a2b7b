"""The systems that are compared: each trains on examples into a folder, and reads texts from there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmarks.nlu import ours, stock
from benchmarks.nlu.cells import Cell
from benchmarks.nlu.rows import Row
from benchmarks.nlu.sets import BenchSet
from kefu.language.examples import Example


class Reader(Protocol):
    """A trained system."""

    def read(self, texts: Sequence[str]) -> list[Row]:
        """One row a text, in order."""
        ...


def recipe(cell: Cell, which: BenchSet) -> dict[str, Any]:
    """All that decides what a cell's training makes of its examples, as plain values."""
    if cell.system == "stock":
        return {
            "pipeline": stock.pipeline(epochs=cell.stock_epochs, seed=cell.seed, tokenizer=which.tokenizer)
        }
    return ours.recipe(tuning="frozen" if cell.system == "frozen" else None, seed=cell.seed)


def code(cell: Cell) -> dict[str, str]:
    """What besides the recipe decides it: the digest of our sources, or the version of Rasa."""
    return stock.code() if cell.system == "stock" else ours.code()


def train(cell: Cell, which: BenchSet, examples: Sequence[Example], *, folder: Path) -> dict[str, Any]:
    """Train into ``folder``; what the system reports of it."""
    planned = recipe(cell, which)
    if cell.system == "stock":
        return stock.train(examples, steps=planned["pipeline"], folder=folder)
    return ours.train(examples, values=planned, folder=folder)


def reader(cell: Cell, *, folder: Path) -> Reader:
    """What ``train`` left in ``folder``, ready to read."""
    return stock.Reader(folder) if cell.system == "stock" else ours.Reader(folder)


def has_begun(folder: Path) -> bool:
    """Whether an interrupted training left checkpoints in ``folder``, from which the next one goes on."""
    return any(file.is_file() for file in (folder / ours.CHECKPOINTS).rglob("*"))


def size(folder: Path) -> int:
    """Bytes of the model's file: the encoder, or Rasa's archive."""
    return sum(file.stat().st_size for pattern in ("*.onnx", "*.tar.gz") for file in folder.rglob(pattern))
