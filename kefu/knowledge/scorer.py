"""How well each passage suits a question: three ways to tell, summed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from kefu.knowledge.kernel import MOST, Kernel
from kefu.knowledge.views import View

_OVERSAMPLED, _POWERS = 10, 2  # directions drawn besides, and rounds that bring out the strongest


@dataclass(frozen=True)
class Mix:
    """How a language's passages are told apart.

    The classifier's log probability, plus ``kernel`` times the kernel regression's score, plus
    ``grams`` times the cosine of n-grams to the nearest question.
    """

    vectors: float  # weight of the sentence vectors beside the n-grams
    dimensions: int  # kept of both views together
    sharpness: float  # inverse strength of the classifier's regularisation
    kernel: float = 24.0
    grams: float = 2.0


def mix_for(language: str) -> Mix:
    """The mixture measured best with all-MiniLM-L6-v2 (docs/decisions.md)."""
    if language == "zh":
        return Mix(vectors=1.0, dimensions=400, sharpness=100.0)
    return Mix(vectors=2.0, dimensions=300, sharpness=200.0)


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
    """For n questions and c passages, all (n, c).

    ``classified`` are the classifier's probabilities, ``nearest_…`` the cosine of each passage's nearest
    question in either view, ``total`` the sum of all signs as probabilities.
    """

    total: np.ndarray
    classified: np.ndarray
    nearest_grams: np.ndarray
    nearest_vectors: np.ndarray


class Scorer:
    """Scores questions against the passages that it was fitted on."""

    def __init__(
        self,
        *,
        labels: np.ndarray,
        weights: np.ndarray,
        bias: np.ndarray,
        projection: np.ndarray,
        kernel: Kernel,
        known: View,
        starts: np.ndarray,
        questions: int,
        mix: Mix,
    ) -> None:
        """``weights`` (dimensions, c) and ``bias`` (c,) are the classifier's, ``starts`` (c,) where each
        passage's questions begin among the first ``questions`` of ``known``; see ``fit``."""
        self.labels = labels
        self._weights = weights
        self._bias = bias
        self._projection = projection
        self._kernel = kernel
        self._known_grams = known.grams.T.tocsr()  # turned once, not with every question
        self._known_vectors = known.vectors
        self._starts = starts
        self._questions = questions
        self._mix = mix

    @classmethod
    def fit(cls, lessons: Lessons, *, mix: Mix, projection: np.ndarray) -> Scorer:
        """Learn from ``lessons``: one passage or more, each with a question.

        ``projection`` comes from ``project``; it knows no labels, so one serves many fits.
        """
        labels, weights, bias = _classifier(lessons, mix=mix, projection=projection)
        known = lessons.rows(_questions_first(lessons))
        questions = int(known.question.sum())
        return cls(
            labels=labels,
            weights=weights,
            bias=bias,
            projection=projection,
            kernel=Kernel.fit(known.view, known.labels, known.weights, passages=labels),
            known=known.view,
            starts=np.unique(known.labels[:questions], return_index=True)[1],
            questions=questions,
            mix=mix,
        )

    def score(self, view: View) -> Scores:
        """Scores of n questions; columns follow ``labels``."""
        logits = view.projected(self._projection, weight=self._mix.vectors) @ self._weights + self._bias
        grams = (view.grams @ self._known_grams).toarray()
        vectors = view.vectors @ self._known_vectors.T
        nearest = self._nearest(grams)
        signs = self._mix.kernel * self._kernel.score(grams, vectors) + self._mix.grams * nearest
        return Scores(
            total=softmax(log_softmax(logits, axis=1) + signs, axis=1),
            classified=softmax(logits, axis=1),
            nearest_grams=nearest,
            nearest_vectors=self._nearest(vectors),
        )

    def _nearest(self, cosines: np.ndarray) -> np.ndarray:
        """The best cosine of each passage's questions."""
        return np.asarray(np.maximum.reduceat(cosines[:, : self._questions], self._starts, axis=1))


def project(view: View, *, mix: Mix) -> np.ndarray:
    """Directions (columns, dimensions) that keep most of both views: a tenth of the classifier's work.

    The randomised decomposition of Halko, Martinsson and Tropp, as scikit-learn's ``randomized_svd`` does it
    of one sparse matrix; here the vectors stay dense, which is a fifth of the work.
    """
    count = view.grams.shape[0]
    columns = view.grams.shape[1] + (view.vectors.shape[1] if mix.vectors else 0)
    dimensions = max(min(mix.dimensions, min(count, columns) - 1), 1)
    drawn = np.random.RandomState(0).normal(size=(count, dimensions + _OVERSAMPLED)).astype(np.float32)
    found = view.spread(drawn, weight=mix.vectors)
    for _ in range(_POWERS):
        found = view.spread(view.projected(found, weight=mix.vectors), weight=mix.vectors)
    basis = np.linalg.qr(found)[0]
    turned = np.linalg.svd(view.projected(basis, weight=mix.vectors), full_matrices=False)[2]
    return np.ascontiguousarray(basis @ turned[:dimensions].T, dtype=np.float32)


def _classifier(
    lessons: Lessons, *, mix: Mix, projection: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels (c,), weights (dimensions, c) and bias (c,); of a single passage nothing is to be told apart."""
    labels = np.unique(lessons.labels)
    if len(labels) == 1:
        return labels, np.zeros((projection.shape[1], 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    classifier = LogisticRegression(C=mix.sharpness, tol=1e-3, max_iter=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 40 steps rank as well as 500
        classifier.fit(
            lessons.view.projected(projection, weight=mix.vectors),
            lessons.labels,
            sample_weight=lessons.weights,
        )
    weights, bias = _both_sides([classifier.coef_, classifier.intercept_[:, None]])
    return labels, weights.T.astype(np.float32), bias[:, 0].astype(np.float32)


def _questions_first(lessons: Lessons) -> np.ndarray:
    """The rows that are compared with: all questions by passage, and what else the kernel has room for."""
    questions, others = np.flatnonzero(lessons.question), np.flatnonzero(~lessons.question)
    order = questions[np.argsort(lessons.labels[questions], kind="stable")]
    room = max(MOST - len(order), 0)
    if len(others) > room:
        others = np.random.default_rng(0).choice(others, room, replace=False)
    return np.concatenate([order, others])


def _both_sides(parts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Of two passages scikit-learn keeps the second one's row alone; it is the difference of both."""
    return [np.concatenate([-part, part]) / 2 if len(part) == 1 else part for part in parts]
