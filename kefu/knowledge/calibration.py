"""From scores to a probability that the first passage answers the question.

Learnt by cross-fitting: a scorer that has never seen a question variant, nor, for some questions,
any variant of their passage, ranks it; then it is known whether the first passage was right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from kefu.knowledge.scorer import Mix, Scorer, Scores
from kefu.knowledge.views import View

FOLDS = 4
UNANSWERABLE_SHARE = 0.35  # of real messages that reach the passages but no passage answers


@dataclass(frozen=True)
class Trial:
    """Held-out questions: what describes each first place (n, features), and was it right (n,)."""

    features: np.ndarray
    right: np.ndarray
    answerable: np.ndarray


class Calibration:
    """Turns the scores of questions into probabilities (n,)."""

    def __init__(self, classifier: LogisticRegression) -> None:
        self._classifier = classifier

    @classmethod
    def fit(cls, trial: Trial) -> Calibration:
        """Learn from held-out questions, weighted so that the unanswerable have their share."""
        share = np.where(trial.answerable, 1 - UNANSWERABLE_SHARE, UNANSWERABLE_SHARE)
        counts = np.where(trial.answerable, trial.answerable.sum(), (~trial.answerable).sum())
        classifier = LogisticRegression(C=10.0, max_iter=200)
        classifier.fit(trial.features, trial.right, sample_weight=share / counts * len(counts))
        return cls(classifier)

    def probability(self, scores: Scores) -> np.ndarray:
        """How probably the first passage of each question answers it."""
        return np.asarray(self._classifier.predict_proba(features(scores))[:, 1])


def features(scores: Scores) -> np.ndarray:
    """What tells a right first place from a wrong one, (n, 6)."""
    rows = np.arange(len(scores.ranking))
    first = scores.ranking.argmax(axis=1)
    ranked = np.sort(scores.ranking, axis=1)
    top = np.clip(scores.probability[rows, first], 1e-6, 1 - 1e-6)
    return np.stack(
        [
            np.log(top / (1 - top)),
            ranked[:, -1] - ranked[:, -2],
            scores.nearest_grams[rows, first],
            scores.nearest_vectors[rows, first],
            scores.nearest_grams.argmax(axis=1) == first,
            scores.nearest_vectors.argmax(axis=1) == first,
        ],
        axis=1,
    )


def cross_fit(view: View, labels: np.ndarray, *, mix: Mix, folds: int = FOLDS) -> Trial:
    """Rank every question with scorers that never saw it, and never its passage once."""
    trials = [
        _trial(Scorer.fit(view.rows(train), labels[train], mix=mix), view.rows(test), labels[test])
        for train, test in _splits(labels, folds=folds)
    ]
    return Trial(
        features=np.concatenate([trial.features for trial in trials]),
        right=np.concatenate([trial.right for trial in trials]),
        answerable=np.concatenate([trial.answerable for trial in trials]),
    )


def _splits(labels: np.ndarray, *, folds: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(train, test) rows: in each fold some passages are held out whole, and a part of every other's variants."""
    fold_of_passage = labels % folds
    fold_of_variant = _rank_within(labels) % folds
    for fold in range(folds):
        whole = fold_of_passage == fold
        train = ~whole & (fold_of_variant != fold)
        yield np.flatnonzero(train), np.flatnonzero(~train)


def _rank_within(labels: np.ndarray) -> np.ndarray:
    """Each row's number among the rows of its own label.

    >>> _rank_within(np.array([5, 7, 5])).tolist()
    [0, 0, 1]
    """
    rank = np.zeros(len(labels), dtype=int)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        rank[rows] = np.arange(len(rows))
    return rank


def _trial(scorer: Scorer, view: View, labels: np.ndarray) -> Trial:
    scores = scorer.score(view)
    first = scorer.labels[scores.ranking.argmax(axis=1)]
    return Trial(features(scores), first == labels, np.isin(labels, scorer.labels))
