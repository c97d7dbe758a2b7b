"""From scores to a probability that the first passage answers the question.

Learnt by cross-fitting: scorers that have never seen a question, and for some questions
nothing of their passage, rank it; then it is known whether the first passage was right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from kefu.knowledge.scorer import Lessons, Mix, Scorer, Scores

FOLDS = 4
UNANSWERABLE_SHARE = 0.5  # of the questions that are looked up, those that no passage answers
LEAST_SHARE = 1e-12  # a smaller share of the total is as good as none
LEAST_TRIALS = 8  # of right and of wrong first places; fewer teach nothing


@dataclass(frozen=True)
class Trial:
    """n held-out questions: what describes each first place (n, features), was it right (n,), and was
    the right passage there at all (n,)."""

    features: np.ndarray
    right: np.ndarray
    answerable: np.ndarray

    def weights(self) -> np.ndarray:
        """How much each question counts, so that the unanswerable have their share; the mean is 1."""
        known = self.answerable
        shares = np.where(
            known,
            (1 - UNANSWERABLE_SHARE) / max(known.sum(), 1),
            UNANSWERABLE_SHARE / max((~known).sum(), 1),
        )
        return np.asarray(shares / shares.mean())


@dataclass(frozen=True)
class Calibration:
    """Turns the scores of questions into probabilities.

    Without ``weights`` (features,) there was nothing to learn from, and a probability is the square
    of the cosines' mean: near 1 for a known question alone.
    """

    weights: np.ndarray | None = None
    bias: float = 0.0

    @classmethod
    def fit(cls, trial: Trial) -> Calibration:
        """Learn from held-out questions; of too few nothing is learnt."""
        if min(trial.right.sum(), (~trial.right).sum()) < LEAST_TRIALS:
            return cls()
        weights = trial.weights()
        middle, spread = trial.features.mean(axis=0), trial.features.std(axis=0) + 1e-6
        classifier = LogisticRegression(max_iter=300)
        classifier.fit((trial.features - middle) / spread, trial.right, sample_weight=weights)
        slopes = classifier.coef_[0] / spread
        return cls(weights=slopes, bias=float(classifier.intercept_[0] - slopes @ middle))

    def probability(self, scores: Scores) -> np.ndarray:
        """How probably the first passage of each question answers it, (n,)."""
        return self.of(features(scores))

    def of(self, described: np.ndarray) -> np.ndarray:
        """The probability (n,) of first places with these ``features`` (n, features)."""
        if self.weights is None:
            return np.asarray(np.clip(described[:, 2:4].mean(axis=1), 0.0, 1.0) ** 2)
        return np.asarray(expit(described @ self.weights + self.bias))


def features(scores: Scores) -> np.ndarray:
    """What tells a right first place from a wrong one, (n, 7)."""
    rows = np.arange(len(scores.total))
    first = scores.total.argmax(axis=1)
    log_odds = _log_odds(scores.classified)
    return np.stack(
        [
            log_odds[rows, first],
            _lead(log_odds, first),
            scores.nearest_grams[rows, first],
            scores.nearest_vectors[rows, first],
            scores.nearest_grams.argmax(axis=1) == first,
            scores.nearest_vectors.argmax(axis=1) == first,
            _lead(np.log(np.maximum(scores.total, LEAST_SHARE)), first),
        ],
        axis=1,
    )


def cross_fit(lessons: Lessons, *, mix: Mix, projection: np.ndarray, folds: int = FOLDS) -> Trial:
    """Rank every question by scorers that never saw it, and once by one without its passage.

    A passage whose only question is held out is held out whole. Two passages or more.
    """
    trials = []
    for train, test in _splits(lessons, folds=folds):
        scorer = Scorer.fit(lessons.rows(train), mix=mix, projection=projection)
        trials.append(_trial(scorer, lessons.rows(test)))
    return Trial(
        features=np.concatenate([trial.features for trial in trials]),
        right=np.concatenate([trial.right for trial in trials]),
        answerable=np.concatenate([trial.answerable for trial in trials]),
    )


def _splits(lessons: Lessons, *, folds: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(train, test) rows: a fold holds out some passages whole, and some questions of all the others."""
    variant = _number_within(np.where(lessons.question, lessons.labels, -1))
    for fold in range(folds):
        held_out = (lessons.labels % folds == fold) | (lessons.question & (variant % folds == fold))
        left = np.unique(lessons.labels[~held_out & lessons.question])
        train = ~held_out & np.isin(lessons.labels, left)
        test = held_out & lessons.question
        if train.any() and test.any():
            yield np.flatnonzero(train), np.flatnonzero(test)


def _number_within(labels: np.ndarray) -> np.ndarray:
    """Each row's number among the rows of its own label.

    >>> _number_within(np.array([5, 7, 5])).tolist()
    [0, 0, 1]
    """
    number = np.zeros(len(labels), dtype=int)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        number[rows] = np.arange(len(rows))
    return number


def _trial(scorer: Scorer, lessons: Lessons) -> Trial:
    scores = scorer.score(lessons.view)
    first = scorer.labels[scores.total.argmax(axis=1)]
    return Trial(features(scores), first == lessons.labels, np.isin(lessons.labels, scorer.labels))


def _lead(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """How far the first column's value is above the best other one's; 0 where there is no other."""
    if values.shape[1] == 1:
        return np.zeros(len(values))
    others = values.copy()
    rows = np.arange(len(values))
    others[rows, first] = -np.inf
    return np.asarray(values[rows, first] - others.max(axis=1))


def _log_odds(probability: np.ndarray) -> np.ndarray:
    """Log odds (n, c); 0 for a single passage, which is told apart from nothing."""
    if probability.shape[1] == 1:
        return np.zeros(probability.shape)
    clipped = np.clip(probability.astype(np.float64), 1e-9, 1 - 1e-9)
    return np.asarray(np.log(clipped / (1 - clipped)))
