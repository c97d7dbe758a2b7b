"""Candidates of both indexes as pairs with the question, what describes a pair, and how pairs are ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from kefu.knowledge.calibration import UNANSWERABLE_SHARE

FEATURES = (
    "cosine", "grams", "bm25", "covered", "vector_rank", "word_rank", "cosine_gap", "grams_gap", "both",
)  # fmt: skip
CERTAINTIES = ("score", "margin", "cosine", "grams", "covered", "agreed")
_FEWEST_LESSONS = 40  # questions; below, what was learnt elsewhere ranks better


@dataclass(frozen=True)
class Pairs:
    """One question with its c candidates: what each view says of them, all (c,), 0 where it says nothing.

    ``vector_rank`` and ``word_rank``: 1 for the first of a view, 1/2 for the second, 0 for none.
    """

    cosine: np.ndarray
    grams: np.ndarray
    bm25: np.ndarray
    covered: np.ndarray
    vector_rank: np.ndarray
    word_rank: np.ndarray

    def table(self) -> np.ndarray:
        """What describes each pair, (c, features)."""
        best = max(float(self.bm25.max(initial=0.0)), 1e-6)
        columns = (
            self.cosine, self.grams, self.bm25 / best, self.covered, self.vector_rank, self.word_rank,
            self.cosine - self.cosine.max(initial=0.0), self.grams - self.grams.max(initial=0.0),
            (self.vector_rank > 0) & (self.word_rank > 0),
        )  # fmt: skip
        return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


@dataclass(frozen=True)
class Weights:
    """A logistic regression: log odds are ``weights`` · features + ``bias``."""

    weights: tuple[float, ...]
    bias: float

    def log_odds(self, table: np.ndarray) -> np.ndarray:
        """Of each row of ``table`` (n, features)."""
        return np.asarray(table @ np.array(self.weights) + self.bias)


@dataclass(frozen=True)
class Lesson:
    """A question with its candidates' ``table``, and which of them answers it; None: none does."""

    table: np.ndarray
    right: int | None
    answerable: bool


@dataclass(frozen=True)
class Judge:
    """Ranks the pairs of a question and says how probably the first one answers it."""

    pairs: Weights
    certainty: Weights
    lessons: int = 0

    def rank(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """(the candidates' order, their scores (c,), the first one's probability); ``table`` has rows."""
        scores = self.pairs.log_odds(table)
        order = np.argsort(-scores, kind="stable")
        log_odds = self.certainty.log_odds(_certainties(table, scores, order)[None, :])[0]
        return order, scores, float(1 / (1 + np.exp(-log_odds)))

    @classmethod
    def fit(cls, lessons: Sequence[Lesson], *, otherwise: Judge) -> Judge:
        """Learn from ``lessons``, each half judged by what the other taught; few give ``otherwise``."""
        lessons = [lesson for lesson in lessons if len(lesson.table)]
        answerable = sum(lesson.right is not None for lesson in lessons)
        if answerable < _FEWEST_LESSONS:
            return otherwise
        halves = (lessons[::2], lessons[1::2])
        judged = [_judged(_fit_pairs(taught), others) for taught, others in (halves, halves[::-1])]
        certainty = _fit_certainty([one for half in judged for one in half])
        return cls(_fit_pairs(lessons), certainty or otherwise.certainty, len(lessons))

    def as_json(self) -> dict[str, Any]:
        """What ``from_json`` reads."""
        return {
            "pairs": dict(zip((*FEATURES, "bias"), (*self.pairs.weights, self.pairs.bias), strict=True)),
            "certainty": dict(
                zip((*CERTAINTIES, "bias"), (*self.certainty.weights, self.certainty.bias), strict=True)
            ),
            "lessons": self.lessons,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Judge:
        """What ``as_json`` gave; KeyError where something is missing."""
        pairs, certainty = kept["pairs"], kept["certainty"]
        return cls(
            Weights(tuple(pairs[name] for name in FEATURES), pairs["bias"]),
            Weights(tuple(certainty[name] for name in CERTAINTIES), certainty["bias"]),
            kept["lessons"],
        )


def _certainties(table: np.ndarray, scores: np.ndarray, order: np.ndarray) -> np.ndarray:
    """What describes the first place, (6,)."""
    first = order[0]
    second = scores[order[1]] if len(order) > 1 else scores[first] - 5.0
    named = dict(zip(FEATURES, table[first], strict=True))
    agreed = float(named["vector_rank"] == 1.0) + float(named["word_rank"] == 1.0)
    return np.array(
        [scores[first], scores[first] - second, named["cosine"], named["grams"], named["covered"], agreed]
    )


def _fit_pairs(lessons: Sequence[Lesson]) -> Weights:
    """A right pair and all wrong ones of each question weigh the same."""
    taught = [lesson for lesson in lessons if lesson.right is not None]
    table = np.concatenate([lesson.table for lesson in taught])
    right = np.concatenate([np.arange(len(lesson.table)) == lesson.right for lesson in taught])
    wrong = np.concatenate(
        [np.full(len(lesson.table), 1 / max(len(lesson.table) - 1, 1)) for lesson in taught]
    )
    return _fitted(table, right, np.where(right, 1.0, wrong))


def _judged(pairs: Weights, lessons: Sequence[Lesson]) -> list[tuple[np.ndarray, bool, bool]]:
    """(what describes the first place, whether it is right, whether there is an answer) of each."""
    judged = []
    for lesson in lessons:
        scores = pairs.log_odds(lesson.table)
        order = np.argsort(-scores, kind="stable")
        described = _certainties(lesson.table, scores, order)
        judged.append((described, lesson.right == int(order[0]), lesson.answerable))
    return judged


def _fit_certainty(judged: Sequence[tuple[np.ndarray, bool, bool]]) -> Weights | None:
    """None where every first place was right, or none: nothing is learnt from that."""
    table = np.stack([described for described, _, _ in judged])
    right = np.array([right for _, right, _ in judged])
    answerable = np.array([known for _, _, known in judged])
    if right.all() or not right.any():
        return None
    weights = np.where(
        answerable,
        (1 - UNANSWERABLE_SHARE) / max(answerable.sum(), 1),
        UNANSWERABLE_SHARE / max((~answerable).sum(), 1),
    )
    return _fitted(table, right, weights * len(judged))


def _fitted(table: np.ndarray, right: np.ndarray, weights: np.ndarray) -> Weights:
    """A logistic regression over standardised columns, told in the columns' own units.

    No weight is below zero: each column speaks for the passage, or it would learn the habits of
    those few that were asked about.
    """
    mean, spread = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-6)
    scaled, sign = (table - mean) / spread, np.where(right, 1.0, -1.0)

    def loss(guess: np.ndarray) -> tuple[float, np.ndarray]:
        odds = sign * (scaled @ guess[:-1] + guess[-1])
        slope = -weights * sign * expit(-odds)
        gradient = np.append(scaled.T @ slope + guess[:-1], slope.sum())
        return float(weights @ np.logaddexp(0.0, -odds) + guess[:-1] @ guess[:-1] / 2), gradient

    width = table.shape[1]
    bounds = [(0.0, None)] * width + [(None, None)]
    found = minimize(loss, np.zeros(width + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    own = found[:-1] / spread
    return Weights(tuple(own.tolist()), float(found[-1] - own @ mean))


# For an index that has too few questions to learn from: what the English ones of 50,000 made passages
# of `benchmarks.knowledge` taught.
ELSEWHERE = Judge(
    pairs=Weights((8.51, 0.0, 0.0, 0.0, 6.86, 0.92, 14.46, 0.0, 2.79), -10.40),
    certainty=Weights((0.0, 0.0, 14.43, 0.0, 0.0, 0.0), -12.66),
)
