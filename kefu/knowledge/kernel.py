"""Kernel ridge regression from sentence vectors to passages: sharp near known questions, silent far from all.

Beside the linear classifier it hears what no plane through the vectors can part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LANDMARKS = 1_000  # known texts that stand for all (Nyström); the work grows with their square
RIDGE = 0.1
_JITTER = 1e-6  # of two texts alike one would do


@dataclass(frozen=True)
class Kernel:
    """``landmarks`` (m, d) of length 1 and what each says for every passage, ``weights`` (m, c)."""

    landmarks: np.ndarray
    weights: np.ndarray

    @classmethod
    def fit(cls, vectors: np.ndarray, targets: np.ndarray, *, landmarks: np.ndarray) -> Kernel:
        """Learn ``targets`` (n, c), 1 for a text's own passage, from ``vectors`` (n, d) of length 1.

        The landmarks are drawn from the rows ``landmarks``: the texts most like what will be asked.
        """
        rows = landmarks
        if len(rows) > LANDMARKS:
            rows = np.random.default_rng(0).choice(rows, LANDMARKS, replace=False)
        near = _likeness(vectors, vectors[rows])
        among = near[rows] + _JITTER * np.eye(len(rows))
        weights = np.linalg.solve(near.T @ near + RIDGE * among, near.T @ targets)
        # of the precision of a float, but held as doubles: what they are multiplied with is one
        return cls(vectors[rows], weights.astype(np.float32).astype(np.float64))

    def score(self, vectors: np.ndarray) -> np.ndarray:
        """About 1 where a passage's questions are near, 0 far from them: (n, c)."""
        return np.asarray(_likeness(vectors, self.landmarks) @ self.weights)


def _likeness(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """exp(-distance²) of every pair: (n, m)."""
    return np.asarray(np.exp(2.0 * (vectors @ others.T).astype(np.float64) - 2.0))
