"""How well each passage suits a question: a classifier over both views, beside the nearest question."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from kefu.knowledge.views import View


@dataclass(frozen=True)
class Mix:
    """How much each view counts for a language; ``nearest`` weighs the nearest question in the ranking."""

    grams: float
    vectors: float
    nearest: float
    sharpness: float  # inverse strength of regularisation


def mix_for(language: str) -> Mix:
    """The mixture measured best for ``language``; the encoder knows English and little Chinese."""
    if language == "zh":
        return Mix(grams=1.0, vectors=0.4, nearest=0.3, sharpness=30.0)
    return Mix(grams=1.0, vectors=1.0, nearest=0.3, sharpness=30.0)


@dataclass(frozen=True)
class Scores:
    """For n questions and c passages, all (n, c): what ranks, and what it is made of."""

    ranking: np.ndarray
    probability: np.ndarray
    nearest_grams: np.ndarray
    nearest_vectors: np.ndarray


class Scorer:
    """Scores questions against the passages whose question variants it was fitted on."""

    def __init__(
        self,
        *,
        classifier: LogisticRegression,
        basis: np.ndarray,
        known: View,
        starts: np.ndarray,
        labels: np.ndarray,
        mix: Mix,
    ) -> None:
        self._classifier = classifier
        self._basis = basis
        self._known = known
        self._starts = starts
        self._mix = mix
        self.labels = labels

    @classmethod
    def fit(cls, view: View, labels: Sequence[int] | np.ndarray, *, mix: Mix) -> Scorer:
        """Learn from ``view`` (n questions) and ``labels`` (n,), one integer a passage, two or more of them."""
        order = np.argsort(labels, kind="stable")
        known, sorted_labels = view.rows(order), np.asarray(labels)[order]
        names, starts = np.unique(sorted_labels, return_index=True)
        basis = _basis(_kernel(known, known, mix))
        classifier = LogisticRegression(C=mix.sharpness, tol=1e-3, max_iter=60)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # 60 steps rank as well as 500
            classifier.fit(_kernel(known, known, mix) @ basis, sorted_labels)
        return cls(classifier=classifier, basis=basis, known=known, starts=starts, labels=names, mix=mix)

    def score(self, view: View) -> Scores:
        """Scores of n questions; columns follow ``self.labels``."""
        grams = _dense(view.grams @ self._known.grams.T)
        vectors = view.vectors @ self._known.vectors.T
        kernel = _combine(grams, vectors, self._mix)
        probability = _softmax(self._classifier, kernel @ self._basis)
        nearest_grams = np.maximum.reduceat(grams, self._starts, axis=1)
        nearest_vectors = np.maximum.reduceat(vectors, self._starts, axis=1)
        nearest = _combine(nearest_grams, nearest_vectors, self._mix)
        return Scores(probability + self._mix.nearest * nearest, probability, nearest_grams, nearest_vectors)


def _dense(matrix: scipy.sparse.csr_matrix) -> np.ndarray:
    return np.asarray(matrix.todense(), dtype=np.float32)


def _combine(grams: np.ndarray, vectors: np.ndarray, mix: Mix) -> np.ndarray:
    """The cosine of both views together."""
    return (mix.grams * grams + mix.vectors * vectors) / (mix.grams + mix.vectors)


def _kernel(left: View, right: View, mix: Mix) -> np.ndarray:
    return _combine(_dense(left.grams @ right.grams.T), left.vectors @ right.vectors.T, mix)


def _basis(kernel: np.ndarray) -> np.ndarray:
    """Directions that turn similarities into coordinates: a linear model on them equals one on the views.

    The views have thousands of columns and the questions are hundreds, so this is
    the same fit at a tenth of the time.
    """
    values, directions = np.linalg.eigh(kernel.astype(np.float64))
    kept = values > values[-1] * 1e-6
    return np.asarray(directions[:, kept] / np.sqrt(values[kept]), dtype=np.float32)


def _softmax(classifier: LogisticRegression, coordinates: np.ndarray) -> np.ndarray:
    return np.asarray(classifier.predict_proba(coordinates))
