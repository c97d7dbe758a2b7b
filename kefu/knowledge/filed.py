"""A segment's vectors in files: a graph over int8 finds who is near, float16 rows say how near."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kefu.knowledge.fine import FineRows
from kefu.knowledge.vectors import VectorIndex

VECTORS, FINE = "questions.usearch", "questions.f16"
COMPARED = 48  # of the nearest by int8, compared again; of a million made passages 100 find no more


@dataclass(frozen=True)
class FiledVectors:
    """Rows of a segment by the vector of their meaning, to be searched or written."""

    graph: VectorIndex
    fine: FineRows

    @classmethod
    def new(cls, folder: Path, *, width: int) -> FiledVectors:
        """Empty, in ``folder``, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(VectorIndex.new(width), FineRows.new(folder / FINE, width=width))

    @classmethod
    def open(cls, folder: Path, *, view: bool = True) -> FiledVectors:
        """What was written into ``folder``; with ``view=False`` it can be changed.

        Raises:
            ModelError: a file is missing, cut, or none of ours.
        """
        graph = VectorIndex.open(folder / VECTORS, view=view)
        return cls(graph, FineRows.open(folder / FINE, width=graph.width, view=view))

    def __len__(self) -> int:
        return len(self.graph)

    def add(self, numbers: np.ndarray, vectors: np.ndarray) -> None:
        """Add vectors (n, width) under new rows ``numbers`` (n,)."""
        self.graph.add(numbers, vectors)
        self.fine.write(numbers, vectors)

    def remove(self, numbers: np.ndarray) -> None:
        """Nobody is near these rows any more; their place in the file stays."""
        self.graph.remove(numbers)

    def save(self, file: Path) -> None:
        """Write the graph into ``file``; the rows are in theirs."""
        self.graph.save(file)

    def search(self, vector: np.ndarray, *, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The ``k`` nearest rows (n,) and their cosines (n,), nearest first."""
        rows, _ = self.graph.search(vector, k=max(k, COMPARED))
        cosines = self.fine.cosines(rows, vector)
        best = np.argsort(-cosines, kind="stable")[:k]
        return rows[best], cosines[best]

    def cosines(self, rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """The cosines (n,) of the unit ``vector`` with these rows."""
        return self.fine.cosines(rows, vector)
