"""From scores to a probability that the first passage answers the question.

Learnt by cross-fitting: scorers that have never seen a question, and for some questions
nothing of their passage, rank it; then it is known whether the first passage was right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from kefu.knowledge.scorer import Lessons, Mix, Scorer, Scores

FOLDS = 4
UNANSWERABLE_SHARE = 0.35  # of the questions that are looked up, those that no passage answers


@dataclass(frozen=True)
class Trial:
    """n held-out questions: what describes each first place (n, features), and was it right (n,)."""

    features: np.ndarray
    right: np.ndarray
    answerable: np.ndarray


class Calibration:
    """Turns the scores of questions into probabilities."""

    def __init__(self, classifier: Pipeline) -> None:
        self._classifier = classifier

    @classmethod
    def fit(cls, trial: Trial) -> Calibration:
        """Learn from held-out questions, weighted so that the unanswerable have their share."""
        known = trial.answerable
        weights = np.where(
            known,
            (1 - UNANSWERABLE_SHARE) / max(known.sum(), 1),
            UNANSWERABLE_SHARE / max((~known).sum(), 1),
        )
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
        classifier.fit(trial.features, trial.right, logisticregression__sample_weight=weights * len(known))
        return cls(classifier)

    def probability(self, scores: Scores) -> np.ndarray:
        """How probably the first passage of each question answers it, (n,)."""
        return np.asarray(self._classifier.predict_proba(features(scores))[:, 1])


def features(scores: Scores) -> np.ndarray:
    """What tells a right first place from a wrong one, (n, 6)."""
    rows = np.arange(len(scores.probability))
    first = scores.probability.argmax(axis=1)
    log_odds = _log_odds(scores.probability)
    second = np.partition(log_odds, -2, axis=1)[:, -2]
    return np.stack(
        [
            log_odds[rows, first],
            log_odds[rows, first] - second,
            scores.nearest_grams[rows, first],
            scores.nearest_vectors[rows, first],
            scores.nearest_grams.argmax(axis=1) == first,
            scores.nearest_vectors.argmax(axis=1) == first,
        ],
        axis=1,
    )


def cross_fit(lessons: Lessons, *, mix: Mix, projection: np.ndarray, folds: int = FOLDS) -> Trial:
    """Rank every question once by scorers that never saw it, and once by one without its passage.

    Raises:
        ValueError: a single passage, or passages with a single question, cannot be held out.
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
        whole = lessons.labels % folds == fold
        held_out = whole | (lessons.question & (variant % folds == fold))
        yield np.flatnonzero(~held_out), np.flatnonzero(held_out & lessons.question)


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
    first = scorer.labels[scores.probability.argmax(axis=1)]
    return Trial(features(scores), first == lessons.labels, np.isin(lessons.labels, scorer.labels))


def _log_odds(probability: np.ndarray) -> np.ndarray:
    clipped = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(clipped / (1 - clipped)))
