"""Questions by the vector of their meaning: usearch's graph of near neighbours over int8 vectors."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from kefu.errors import ModelError

CONNECTIVITY = 16
EXPANSION_ADD = 96
EXPANSION_SEARCH = 768  # of 900,000 made English questions: recall@10 0.980 at 512, 0.987 at 768 and 1,024


class VectorIndex:
    """Vectors of questions, which are numbers here. Safe to search from several threads."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def new(cls, width: int) -> VectorIndex:
        """An empty index of vectors with ``width`` numbers, in memory."""
        return cls(
            _index_type()(
                ndim=width,
                metric="cos",
                dtype="i8",
                connectivity=CONNECTIVITY,
                expansion_add=EXPANSION_ADD,
                expansion_search=EXPANSION_SEARCH,
            )
        )

    @classmethod
    def open(cls, file: Path, *, view: bool = True) -> VectorIndex:
        """What ``save`` wrote: read in place, or with ``view=False`` in memory, where it can be changed.

        Raises:
            ModelError: the file is none of usearch's, or cut.
        """
        try:
            index = _index_type().restore(str(file), view=view)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"{file} holds no vectors ({error}); the index has to be built anew") from error
        if index is None:
            raise ModelError(f"{file} holds no vectors; the index has to be built anew")
        index.expansion_add, index.expansion_search = EXPANSION_ADD, EXPANSION_SEARCH
        return cls(index)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self._index.ndim)

    def add(self, numbers: np.ndarray, vectors: np.ndarray) -> None:
        """Add vectors (n, width) of any length but zero under new ``numbers`` (n,)."""
        if len(numbers):
            self._index.add(np.asarray(numbers, dtype=np.uint64), _as_int8(vectors), threads=1)

    def remove(self, numbers: np.ndarray) -> None:
        """Take the vectors under ``numbers`` out."""
        if len(numbers):
            self._index.remove(np.asarray(numbers, dtype=np.uint64))

    def search(self, vector: np.ndarray, *, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The numbers (n,) of the ``k`` nearest vectors and their cosines (n,) by int8, nearest first."""
        if not len(self._index):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        found = self._index.search(_as_int8(vector[None, :])[0], k, threads=1)
        return np.asarray(found.keys, dtype=np.int64), 1.0 - np.asarray(found.distances, dtype=np.float32)

    def save(self, file: Path) -> None:
        """Write the index."""
        self._index.save(str(file))


def _as_int8(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors (n, d) as int8, as finely as their numbers allow.

    usearch's own spans -1 to 1, of which they use a fifth: recall@10 0.968 instead of 0.991.
    """
    # the largest number of each vector becomes 127: a cosine does not mind, and none is cut off
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12)
    return np.asarray(np.rint(vectors * (127 / largest)), dtype=np.int8)


def _index_type() -> Any:
    """usearch's index, loaded behind ONNX Runtime.

    Both bring parts of the C++ library that a process has once, from whom it loads first. With
    usearch's, ONNX Runtime ends the process (std::bad_cast) when it opens a model.
    """
    with suppress(ImportError):
        importlib.import_module("onnxruntime")
    from usearch.index import Index

    return Index
