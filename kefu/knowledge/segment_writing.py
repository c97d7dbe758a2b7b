"""Writing a segment: from nothing, or over an older one with what has changed since."""

from __future__ import annotations

import json
import math
import shutil
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from kefu.knowledge.bank import BankWriter
from kefu.knowledge.columns import TextWriter
from kefu.knowledge.filed import VECTORS, FiledVectors
from kefu.knowledge.lexical import WordWriter
from kefu.knowledge.passages import Passage
from kefu.knowledge.segments import COLUMNS, FACTS, LEXICAL, hash_of, wordings, words_of
from kefu.knowledge.terms import Terms

_AT_ONCE = 2_048  # vectors added to the graph in one call


class WrittenVectors(Protocol):
    """Where the vectors (n, width) of rows (n,) are written."""

    def add(self, numbers: np.ndarray, vectors: np.ndarray) -> None:
        """Add new ones."""

    def remove(self, numbers: np.ndarray) -> None:
        """Take some out."""

    def save(self, file: Path) -> None:
        """Write them all."""


@dataclass(frozen=True)
class Held:
    """A passage of which something was kept back: where its rows begin, its vectors and words."""

    number: int
    kept_back: tuple[int, ...]
    first_row: int
    vectors: np.ndarray
    words: Sequence[str]


class Writing:
    """A segment in the making. Everything is in the files after ``close``.

    What ``hold`` keeps back is missing after ``save``, as if nobody had ever asked it, and is
    added by ``release``.
    """

    def __init__(self, folder: Path, *, terms: Terms, vectors: WrittenVectors) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._terms, self._vectors = folder, terms, vectors
        self._ids, self._texts = TextWriter(folder, "ids"), TextWriter(folder, "texts")
        self._words = WordWriter(folder / LEXICAL)
        self._starts, self._windows = array("q", [0]), array("d")
        self._live: dict[int, int] = {}  # number to the hash of its id
        self._held: list[Held] = []
        self._waiting: list[tuple[int, np.ndarray]] = []
        self._length = 0

    @classmethod
    def over(cls, old: Path, folder: Path, *, terms: Terms) -> Writing:
        """A copy of the segment in the folder ``old``, to be changed."""
        shutil.copytree(old, folder)
        filed = (folder / VECTORS).is_file()
        vectors = FiledVectors.open(folder, view=False) if filed else BankWriter()
        writing = cls(folder, terms=terms, vectors=vectors)
        known = {name: np.load(folder / f"{name}.npy") for name in COLUMNS}
        writing._starts = array("q", known["starts"].tolist())
        writing._windows = array("d", known["windows"].ravel().tolist())
        writing._live = dict(zip(known["order"].tolist(), known["hashes"].tolist(), strict=True))
        writing._length = json.loads((folder / FACTS).read_text(encoding="utf-8"))["words"]
        return writing

    def __len__(self) -> int:
        return len(self._live)

    def add(self, passage: Passage, vectors: np.ndarray) -> None:
        """Add a passage with the vectors (wordings, width) of its wordings."""
        self._put(passage, vectors, kept_back=())

    def hold(self, passage: Passage, vectors: np.ndarray, *, kept_back: Sequence[int]) -> None:
        """Add a passage without some of its wordings, by their places; without all, it is not there."""
        self._put(passage, vectors, kept_back=tuple(kept_back))

    def kept_back(self) -> frozenset[int]:
        """The rows of what is kept back."""
        return frozenset(held.first_row + place for held in self._held for place in held.kept_back)

    def remove(self, number: int) -> None:
        """Take a passage out; its number stays unused."""
        rows = np.arange(self._starts[number], self._starts[number + 1])
        self._vectors.remove(rows)
        self._words.remove(number)
        del self._live[number]

    def save(self) -> None:
        """Write what is there so far, so that it can be opened."""
        self._add_waiting()
        self._words.commit()
        self._ids.save()
        self._texts.save()
        self._write_columns()

    def release(self) -> None:
        """Add what was kept back."""
        for held in self._held:
            self._words.remove(held.number)
            self._words.commit()  # else the new words would be removed with the old ones
        for held in self._held:
            for place in held.kept_back:
                self._waiting.append((held.first_row + place, held.vectors[place]))
            self._words.add(held.number, held.words)
        self._held.clear()

    def close(self) -> None:
        """Write everything; nothing can be added afterwards."""
        self.save()
        self._words.close()
        self._ids.close()
        self._texts.close()

    def _put(self, passage: Passage, vectors: np.ndarray, *, kept_back: tuple[int, ...]) -> None:
        number, first, texts = len(self._ids), len(self._texts), wordings(passage)
        words = words_of(passage, self._terms)
        self._ids.add(passage.passage_id)
        for place, text in enumerate(texts):
            self._texts.add(text)
            if place not in kept_back:
                self._waiting.append((first + place, vectors[place]))
        if kept_back:
            self._held.append(Held(number, kept_back, first, vectors, words))
        if len(kept_back) < len(texts):
            left = words_of(passage, self._terms, without=kept_back) if kept_back else words
            self._words.add(number, left)
        self._starts.append(len(self._texts))
        self._windows.extend(_window(passage))
        self._live[number] = hash_of(passage.passage_id)
        self._length += len(words)
        if len(self._waiting) >= _AT_ONCE:
            self._add_waiting()

    def _add_waiting(self) -> None:
        if self._waiting:
            rows, vectors = zip(*self._waiting, strict=True)
            self._vectors.add(np.array(rows), np.stack(vectors).astype(np.float32))
            self._waiting.clear()

    def _write_columns(self) -> None:
        order = np.array(sorted(self._live, key=self._live.__getitem__), dtype=np.int64)
        hashes = np.array([self._live[number] for number in order.tolist()], dtype=np.uint64)
        columns = {
            "starts": np.array(self._starts, dtype=np.int64),
            "windows": np.array(self._windows, dtype=np.float64).reshape(-1, 2),
            "order": order,
            "hashes": hashes,
        }
        for name, column in columns.items():
            np.save(self._folder / f"{name}.npy", column)
        self._vectors.save(self._folder / VECTORS)
        mean = self._length / max(len(self._ids), 1)
        facts = {"words": self._length, "mean_length": mean, "passages": len(self._live)}
        (self._folder / FACTS).write_text(json.dumps(facts), encoding="utf-8")


def _window(passage: Passage) -> tuple[float, float]:
    begin = -math.inf if passage.valid_from is None else passage.valid_from.timestamp()
    end = math.inf if passage.valid_to is None else passage.valid_to.timestamp()
    return begin, end
