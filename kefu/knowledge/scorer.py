"""How well each passage suits a question: a classifier over both views, beside the nearest known question."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.extmath import randomized_svd

from kefu.knowledge.views import View


@dataclass(frozen=True)
class Mix:
    """How the classifier sees a language."""

    vectors: float  # weight of the sentence vectors beside the n-grams
    dimensions: int  # kept of both views together
    sharpness: float  # inverse strength of regularisation


def mix_for(language: str) -> Mix:
    """The mixture measured best with all-MiniLM-L6-v2, which knows English and hardly any Chinese."""
    if language == "zh":
        return Mix(vectors=0.0, dimensions=500, sharpness=100.0)
    return Mix(vectors=3.0, dimensions=200, sharpness=100.0)


@dataclass(frozen=True)
class Lessons:
    """What is learnt from: n texts with the integer of their passage and how much each counts.

    ``question`` marks the rows that people would type; the others (titles, sentences of
    answers) lend their words but are never compared with or tested on.
    """

    view: View
    labels: np.ndarray
    weights: np.ndarray
    question: np.ndarray

    def rows(self, index: np.ndarray) -> Lessons:
        """The lessons at ``index``."""
        return Lessons(self.view.rows(index), self.labels[index], self.weights[index], self.question[index])


@dataclass(frozen=True)
class Scores:
    """For n questions and c passages, all (n, c): the classifier's view and the nearest questions'."""

    probability: np.ndarray
    nearest_grams: np.ndarray
    nearest_vectors: np.ndarray


class Scorer:
    """Scores questions against the passages that it was fitted on."""

    def __init__(
        self,
        *,
        classifier: LogisticRegression,
        projection: np.ndarray,
        known: View,
        starts: np.ndarray,
        mix: Mix,
    ) -> None:
        self._classifier = classifier
        self._projection = projection
        self._known = known
        self._starts = starts
        self._mix = mix

    @property
    def labels(self) -> np.ndarray:
        """The passages' integers, in the order of the scores' columns."""
        return np.asarray(self._classifier.classes_)

    @classmethod
    def fit(cls, lessons: Lessons, *, mix: Mix, projection: np.ndarray) -> Scorer:
        """Learn from ``lessons``: two passages or more, each with a question.

        ``projection`` comes from ``project``; it knows no labels, so one serves many fits.
        """
        classifier = LogisticRegression(C=mix.sharpness, tol=1e-3, max_iter=40)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # 40 steps rank as well as 500
            classifier.fit(
                lessons.view.blended(mix.vectors) @ projection,
                lessons.labels,
                sample_weight=lessons.weights,
            )
        questions = np.flatnonzero(lessons.question)
        order = questions[np.argsort(lessons.labels[questions], kind="stable")]
        _, starts = np.unique(lessons.labels[order], return_index=True)
        return cls(
            classifier=classifier,
            projection=projection,
            known=lessons.view.rows(order),
            starts=starts,
            mix=mix,
        )

    def score(self, view: View) -> Scores:
        """Scores of n questions; columns follow ``labels``."""
        coordinates = view.blended(self._mix.vectors) @ self._projection
        return Scores(
            probability=np.asarray(self._classifier.predict_proba(coordinates)),
            nearest_grams=self._nearest((view.grams @ self._known.grams.T).toarray()),
            nearest_vectors=self._nearest(view.vectors @ self._known.vectors.T),
        )

    def _nearest(self, cosines: np.ndarray) -> np.ndarray:
        """The best cosine of each passage's questions."""
        return np.asarray(np.maximum.reduceat(cosines, self._starts, axis=1))


def project(view: View, *, mix: Mix) -> np.ndarray:
    """Directions (columns, dimensions) that keep most of both views: a tenth of the classifier's work."""
    blended: scipy.sparse.csr_matrix = view.blended(mix.vectors)
    dimensions = min(mix.dimensions, min(blended.shape) - 1)
    _, _, directions = randomized_svd(blended, dimensions, n_iter=2, random_state=0)
    return np.asarray(directions.T, dtype=np.float32)
