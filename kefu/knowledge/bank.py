"""Vectors that are kept where the passages are, and searched there: the database's part of a large index.

Whoever indexes a passage first keeps its vectors; every other replica reads them instead of encoding anew.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from kefu.errors import StoreError

logger = logging.getLogger(__name__)

Found = list[tuple[str, int, float]]  # a passage's id, the place among its wordings, the cosine


@dataclass(frozen=True)
class Kept:
    """The unit ``vectors`` (wordings, d) of a passage, and the ``digest`` of the wordings they are of."""

    digest: str
    vectors: np.ndarray


class KeptVectors(Protocol):
    """What a bank gives: as ``Kept``, of whatever class."""

    @property
    def digest(self) -> str:
        """Names the wordings."""

    @property
    def vectors(self) -> np.ndarray:
        """Of the wordings, (wordings, d)."""


class Bank(Protocol):
    """Vectors of one encoder in a database. Safe between threads; every method may raise StoreError."""

    def kept(self, language: str, ids: Sequence[str]) -> Mapping[str, KeptVectors]:
        """The vectors of those of these passages that have some."""

    def keep(self, language: str, new: Mapping[str, Kept]) -> None:
        """Keep the vectors of these passages, in place of what they had."""

    def index(self, language: str, *, width: int) -> None:
        """Have the vectors (of ``width`` numbers) of a language found fast; once is enough."""

    def nearest(self, language: str, vector: np.ndarray, *, k: int) -> Found:
        """The ``k`` wordings nearest to the unit ``vector`` (d,), nearest first."""

    def cosines(self, language: str, ids: Sequence[str], vector: np.ndarray) -> Found:
        """The cosines of every wording of these passages."""


def digest_of(texts: Sequence[str]) -> str:
    """Names the wordings of a passage, so that vectors of others are not taken for theirs."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


class BankRows:
    """A bank as a segment asks for it: wordings are rows. What the segment does not hold is left out.

    While the bank cannot be asked nothing is near, and passages are found by their words alone.
    """

    def __init__(
        self,
        bank: Bank,
        language: str,
        *,
        number: Callable[[str], int | None],
        name: Callable[[int], str],
        starts: np.ndarray,
    ) -> None:
        """``number`` of a passage's id and ``name`` of a number; ``starts`` as in the segment."""
        self._bank, self._language = bank, language
        self._number, self._name, self._starts = number, name, starts
        self._complaint = ""

    def __len__(self) -> int:
        return int(self._starts[-1])

    def search(self, vector: np.ndarray, *, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows (n,) of the ``k`` nearest wordings and their cosines (n,), nearest first."""
        found = self._asked(lambda: self._bank.nearest(self._language, vector, k=k))
        pairs = [(row, cosine) for row, cosine in map(self._as_row, found) if row is not None]
        rows = np.array([row for row, _ in pairs], dtype=np.int64)
        return rows, np.array([cosine for _, cosine in pairs], dtype=np.float32)

    def cosines(self, rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """The cosines (n,) of the unit ``vector`` with these rows; 0 where the bank lacks one."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        owners = np.searchsorted(self._starts, rows, side="right") - 1
        ids = sorted({self._name(int(owner)) for owner in owners})
        found = self._asked(lambda: self._bank.cosines(self._language, ids, vector))
        known = dict(map(self._as_row, found))
        return np.array([known.get(row, 0.0) for row in rows.tolist()], dtype=np.float32)

    def _as_row(self, found: tuple[str, int, float]) -> tuple[int | None, float]:
        passage_id, place, cosine = found
        number = self._number(passage_id)
        if number is None or place >= self._starts[number + 1] - self._starts[number]:
            return None, cosine  # newer than this segment: what changed since is searched beside it
        return int(self._starts[number]) + place, cosine

    def _asked(self, question: Callable[[], Found]) -> Found:
        try:
            found, self._complaint = question(), ""
            return found
        except StoreError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                logger.error("Passages are found by their words alone: %s", error)
            return []


class BankWriter:
    """Stands where a segment's vectors are written: those of a bank were kept before."""

    def add(self, numbers: np.ndarray, vectors: np.ndarray) -> None:
        """Nothing: ``building.with_vectors`` did it."""

    def remove(self, numbers: np.ndarray) -> None:
        """Nothing: they go with their passage."""

    def save(self, file: Path) -> None:
        """Nothing: no file holds them."""
