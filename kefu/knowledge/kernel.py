"""Kernel ridge regression from texts to passages: sharp near known texts, silent far from all.

Beside the linear classifier it hears what no plane through the views can part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from kefu.knowledge.views import View

MOST = 8_000  # known texts that it learns from; the memory of learning is their square, 256 MB
GRAMS = 0.25  # how much a cosine of n-grams counts beside the likeness of vectors
RIDGE = 0.03
_BLOCK = 500  # texts whose n-grams are compared with all at a time


@dataclass(frozen=True)
class Kernel:
    """What k of the known texts, at ``rows`` (k,), say for every passage: ``weights`` (k, c)."""

    rows: np.ndarray
    weights: np.ndarray

    @classmethod
    def fit(cls, known: View, labels: np.ndarray, counts: np.ndarray, *, passages: np.ndarray) -> Kernel:
        """Learn from m texts which of ``passages`` (c,) each belongs to, ``labels`` (m,).

        What counts little, ``counts`` (m,) above 0 up to 1, may be missed by as much. Above ``MOST``
        texts it learns from some of them.
        """
        rows = np.arange(len(labels))
        if len(rows) > MOST:
            rows = np.sort(np.random.default_rng(0).choice(rows, MOST, replace=False))
            known = known.rows(rows)
        among = _among(known)
        among[np.diag_indices(len(rows))] += (RIDGE / counts[rows] ** 2).astype(np.float32)
        wanted = (labels[rows][:, None] == passages[None, :]).astype(np.float32)
        # the transpose is in the order that LAPACK wants: solved in place, no second matrix
        solved = scipy.linalg.solve(among.T, wanted, assume_a="pos", overwrite_a=True, check_finite=False)
        return cls(rows, np.ascontiguousarray(solved, dtype=np.float32))

    def score(self, grams: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """About 1 where a passage's texts are near, 0 far from them: (n, c).

        ``grams`` and ``vectors`` (n, m) are the cosines with all known texts in either view.
        """
        if len(self.rows) < grams.shape[1]:
            grams, vectors = grams[:, self.rows], vectors[:, self.rows]
        return np.asarray(_likeness(grams, vectors.copy()) @ self.weights)


def _likeness(grams: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """exp(-distance²) of the vectors, and a share of the n-grams' cosine; written over ``vectors``."""
    vectors *= 2.0
    vectors -= 2.0
    np.exp(vectors, out=vectors)
    vectors += GRAMS * grams
    return vectors


def _among(known: View) -> np.ndarray:
    """The likeness of all pairs (m, m), without a second matrix of that size."""
    found = np.asarray(known.vectors @ known.vectors.T, dtype=np.float32)
    turned = known.grams.T.tocsr()
    for start in range(0, len(found), _BLOCK):
        rows = slice(start, start + _BLOCK)
        found[rows] = _likeness((known.grams[rows] @ turned).toarray(), found[rows])
    return found
