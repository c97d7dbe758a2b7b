"""TF-IDF of one text at a time, for those who wait for it: scikit-learn's own numbers without its checks.

``TfidfVectorizer.transform`` is made for many texts. For one, it builds and checks four matrices, one of them
as long as the vocabulary, which takes ten times as long as the counting itself.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer


class Tfidf:
    """The rows of a fitted ``vectorizer``: sublinear counts, idf, length 1. Safe between threads."""

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        if not (vectorizer.sublinear_tf and vectorizer.use_idf and vectorizer.norm == "l2"):
            raise ValueError("found another kind of TF-IDF; wanted sublinear_tf, use_idf and the norm l2")
        self._analyze = vectorizer.build_analyzer()
        self._vocabulary: dict[str, int] = vectorizer.vocabulary_
        self._idf = np.asarray(vectorizer.idf_, dtype=vectorizer.dtype)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """The columns (n,) of the n-grams that ``text`` has, in no order, and their values (n,)."""
        found = Counter(map(self._vocabulary.get, self._analyze(text)))
        found.pop(None, None)  # those that no text had
        columns = np.fromiter(found.keys(), dtype=np.int32, count=len(found))
        counts = np.fromiter(found.values(), dtype=self._idf.dtype, count=len(found))
        values = (np.log(counts) + 1) * self._idf[columns]
        length = np.sqrt(np.sum(values * values, dtype=np.float64))
        return columns, values if not length else (values / length).astype(self._idf.dtype)
