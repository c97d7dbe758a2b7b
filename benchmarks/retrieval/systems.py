"""Four ways to find a passage, all on the same vectors of the packaged encoder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from kefu.evaluation.retrieval_figures import Answer
from kefu.evaluation.retrieval_files import Query
from kefu.evaluation.retrieval_run import answered
from kefu.knowledge.passages import Passage
from kefu.knowledge.ranking import Ranker
from kefu.knowledge.views import Embed, Rewriting, embedded, plain

SYSTEMS = ("characters", "vectors", "both", "ours")
NEVER = 2.0  # a threshold for what has none: the simple ways say how alike, not how sure

Scored = Callable[[Sequence[Passage], Sequence[Query], Embed], np.ndarray]


def run(
    system: str, passages: Sequence[Passage], queries: Sequence[Query], *, embed: Embed, rewriting: Rewriting
) -> tuple[list[Answer], float]:
    """What ``system`` finds for every query, and the CPU seconds that fitting took (0: not told apart)."""
    if system == "ours":
        start = time.process_time()
        ranker = Ranker.fit(passages, embed=embed, rewriting=rewriting)
        seconds = time.process_time() - start
        return answered(ranker, queries), seconds
    own = [one for one in passages if one.language == queries[0].language]  # these read no other
    scores = _SIMPLE[system](own, queries, embed)
    ids = np.array([one.passage_id for one in own])
    return [_answer(query, row, ids) for query, row in zip(queries, scores, strict=True)], 0.0


def _answer(query: Query, row: np.ndarray, ids: np.ndarray) -> Answer:
    found = tuple(str(name) for name in ids[np.argsort(-row, kind="stable")])
    return Answer(query.text, query.wanted, found, float(row.max()), NEVER, 0.0)


def _characters(passages: Sequence[Passage], queries: Sequence[Query], embed: Embed) -> np.ndarray:
    known, asked = _grams(passages, queries)
    return _nearest((asked @ known.T).toarray(), passages)


def _vectors(passages: Sequence[Passage], queries: Sequence[Query], embed: Embed) -> np.ndarray:
    known = embedded(_questions(passages), embed)
    return _nearest(embedded([query.text for query in queries], embed) @ known.T, passages)


def _both(passages: Sequence[Passage], queries: Sequence[Query], embed: Embed) -> np.ndarray:
    """Logistic regression over character n-grams and vectors, side by side."""
    known, asked = _grams(passages, queries)
    vectors = embedded(_questions(passages), embed), embedded([query.text for query in queries], embed)
    labels = np.repeat(np.arange(len(passages)), [len(one.questions) for one in passages])
    classifier = LogisticRegression(C=10.0, max_iter=200)
    classifier.fit(scipy.sparse.hstack([known, vectors[0]]).tocsr(), labels)
    return np.asarray(classifier.predict_proba(scipy.sparse.hstack([asked, vectors[1]]).tocsr()))


_SIMPLE: dict[str, Scored] = {"characters": _characters, "vectors": _vectors, "both": _both}


def _grams(
    passages: Sequence[Passage], queries: Sequence[Query]
) -> tuple[scipy.sparse.csr_matrix, scipy.sparse.csr_matrix]:
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    known = grams.fit_transform([plain(text) for text in _questions(passages)])
    return known, grams.transform([plain(query.text) for query in queries])


def _nearest(cosines: np.ndarray, passages: Sequence[Passage]) -> np.ndarray:
    counts = [len(one.questions) for one in passages]
    return np.asarray(np.maximum.reduceat(cosines, np.cumsum([0, *counts[:-1]]), axis=1))


def _questions(passages: Sequence[Passage]) -> list[str]:
    return [question for one in passages for question in one.questions]
