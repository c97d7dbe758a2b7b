"""One language of the large index: both views of a segment and what changed since, judged together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from kefu.knowledge.delta import Fresh
from kefu.knowledge.fusion import Judge, Pairs
from kefu.knowledge.grams import grams_of, most_alike
from kefu.knowledge.lexical import bm25
from kefu.knowledge.segments import Segment
from kefu.knowledge.terms import Terms
from kefu.knowledge.views import plain

DEPTH = 48  # candidates of each view
_MOST_ROWS = 8  # wordings of a candidate that are compared


@dataclass(frozen=True)
class Question:
    """A question in both views: its ``words``, its n-grams, and its unit ``vector`` (d,)."""

    words: tuple[str, ...]
    grams: frozenset[str]
    vector: np.ndarray


@dataclass(frozen=True)
class Candidates:
    """The passages that may answer: c ids and what describes their pairs with the question."""

    ids: tuple[str, ...]
    table: np.ndarray


@dataclass
class _Seen:
    """What is known of one candidate while candidates are collected."""

    passage_id: str
    cosine: float | None = None
    bm25: float = 0.0
    grams: float = 0.0
    covered: float = 0.0
    vector_rank: float = 0.0
    word_rank: float = 0.0


@dataclass(frozen=True)
class LanguageIndex:
    """A segment with the terms of its language and its judge. Immutable; safe to search in threads.

    ``unseen``: rows that are not there yet, while they are asked about.
    """

    language: str
    segment: Segment
    terms: Terms
    judge: Judge
    unseen: frozenset[int] = frozenset()

    def question(self, text: str, vector: np.ndarray) -> Question:
        """``text`` as it is searched."""
        words = tuple(dict.fromkeys(self.terms(text)))
        return Question(words, grams_of(plain(text), self.language), vector)

    def candidates(self, question: Question, *, moment: datetime, fresh: Fresh) -> Candidates:
        """Passages in force at ``moment`` from the segment and from what changed since."""
        weights = self.segment.lexical.weights(question.words)
        seen = [
            *self._of_segment(question, weights, moment.timestamp(), fresh.hidden),
            *self._of_new(question, weights, moment, fresh),
        ]
        by_vector = sorted(seen, key=lambda one: -(one.cosine or 0.0))[:DEPTH]
        by_words = sorted((one for one in seen if one.bm25 > 0), key=lambda one: -one.bm25)[:DEPTH]
        for rank, one in enumerate(by_vector):
            one.vector_rank = 1 / (1 + rank)
        for rank, one in enumerate(by_words):
            one.word_rank = 1 / (1 + rank)
        names = ("cosine", "grams", "bm25", "covered", "vector_rank", "word_rank")
        columns = {name: np.array([getattr(one, name) or 0.0 for one in seen]) for name in names}
        return Candidates(tuple(one.passage_id for one in seen), Pairs(**columns).table())

    def _of_segment(
        self, question: Question, weights: Mapping[str, float], moment: float, hidden: frozenset[str]
    ) -> Iterator[_Seen]:
        segment = self.segment
        # what is hidden takes places of what is not: as many more are asked for, within reason
        depth = DEPTH + min(len(hidden), 4 * DEPTH)
        rows, cosines = segment.vectors.search(question.vector, k=depth)
        numbers, scores = segment.lexical.search(weights, k=depth)
        found: dict[int, _Seen] = {}
        there = ~np.isin(rows, list(self.unseen)) if self.unseen else slice(None)
        rows, cosines = rows[there], cosines[there]  # a database has them already
        for number, cosine in zip(segment.owners(rows).tolist(), cosines.tolist(), strict=True):
            one = found.setdefault(number, _Seen(""))
            one.cosine = max(cosine, one.cosine or 0.0)
        for number, score in zip(numbers.tolist(), scores.tolist(), strict=True):
            found.setdefault(number, _Seen("")).bm25 = score
        known = np.array(list(found), dtype=np.int64)
        alive = known[segment.in_force(known, moment)].tolist()
        self._fill_cosines({number: found[number] for number in alive}, question)
        for number in alive:
            one = found[number]
            one.passage_id = segment.ids[number]
            if one.passage_id not in hidden:
                self._describe(one, number, question, weights)
                yield one

    def _rows(self, number: int) -> list[int]:
        return [row for row in self.segment.rows(number)[:_MOST_ROWS] if row not in self.unseen]

    def _fill_cosines(self, found: Mapping[int, _Seen], question: Question) -> None:
        """The cosines of those that were found by their words alone."""
        rows = [
            (one, row) for number, one in found.items() if one.cosine is None for row in self._rows(number)
        ]
        cosines = self.segment.vectors.cosines(np.array([row for _, row in rows]), question.vector)
        for (one, _), cosine in zip(rows, cosines.tolist(), strict=True):
            one.cosine = max(cosine, one.cosine or 0.0)

    def _describe(self, one: _Seen, number: int, question: Question, weights: Mapping[str, float]) -> None:
        texts = [self.segment.texts[row] for row in self._rows(number)]
        one.grams = most_alike(question.grams, [grams_of(text, self.language) for text in texts])
        one.covered = _covered(weights, " ".join(texts))

    def _of_new(
        self, question: Question, weights: Mapping[str, float], moment: datetime, fresh: Fresh
    ) -> Iterator[_Seen]:
        length = self.segment.mean_length
        near = fresh.nearest(question.vector, k=DEPTH)
        worded = fresh.best_worded(weights, mean_length=length, k=DEPTH)
        for entry in {id(entry): entry for entry, _ in (*near, *worded)}.values():
            if entry.passage.in_force(moment):
                yield _Seen(
                    passage_id=entry.passage.passage_id,
                    cosine=float((entry.vectors @ question.vector).max(initial=0.0)),
                    bm25=bm25(entry.words, weights, mean_length=length),
                    grams=most_alike(question.grams, entry.grams),
                    covered=_covered(weights, " ".join(map(plain, entry.passage.questions))),
                )


def _covered(weights: Mapping[str, float], text: str) -> float:
    """How much of the question's words, by their weight, stands somewhere in ``text``."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in text) / total if total else 0.0
