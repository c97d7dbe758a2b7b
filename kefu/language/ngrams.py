"""Weighted character n-grams: the view of a text that carries Chinese and forgives typos."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from kefu.errors import ModelError
from kefu.language.text import fold_case
from kefu.tfidf import Tfidf

_SPACE, _DIGIT = re.compile(r"\s+"), re.compile(r"\d")


def seen(text: str) -> str:
    """A text as the n-grams see it: folded, lower case, one kind of digit, single spaces.

    >>> seen("訂單 KF10000002")
    '订单 kf00000000'
    """
    return _SPACE.sub(" ", _DIGIT.sub("0", fold_case(text))).strip()


class NgramModel:
    """TF-IDF over character n-grams, each row of length 1; knows the n-grams of its training texts."""

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        self._vectorizer = vectorizer
        self._one = Tfidf(vectorizer)

    @classmethod
    def fit(cls, texts: Sequence[str], *, shortest: int, longest: int, least: int) -> NgramModel:
        """Learn the n-grams of ``shortest`` to ``longest`` characters that ``least`` texts hold.

        Raises:
            ModelError: no such n-gram.
        """
        vectorizer = _vectorizer(shortest, longest, min_df=min(least, max(len(texts), 1)))
        try:
            vectorizer.fit([seen(text) for text in texts])
        except ValueError as error:
            raise ModelError(f"{len(texts)} training texts hold no n-gram to learn: {error}.") from error
        return cls(vectorizer)

    @property
    def size(self) -> int:
        """How many n-grams it knows."""
        return len(self._vectorizer.vocabulary_)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """One sparse row (len(texts), n-grams) a text; zero for a text without a known n-gram."""
        if not texts:
            return csr_matrix((0, self.size), dtype=np.float32)
        return self._vectorizer.transform([seen(text) for text in texts]).astype(np.float32)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Of one text what ``transform`` gives, sooner: columns (n,) and values (n,), float32."""
        columns, values = self._one.row(seen(text))
        return columns, values.astype(np.float32)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        vocabulary = sorted(self._vectorizer.vocabulary_, key=self._vectorizer.vocabulary_.__getitem__)
        shortest, longest = self._vectorizer.ngram_range
        weights = [round(float(w), 6) for w in self._vectorizer.idf_]
        return {"shortest": shortest, "longest": longest, "ngrams": vocabulary, "weights": weights}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NgramModel:
        """The inverse of ``as_dict``."""
        vocabulary = {ngram: place for place, ngram in enumerate(values["ngrams"])}
        vectorizer = _vectorizer(values["shortest"], values["longest"], vocabulary=vocabulary)
        vectorizer.idf_ = np.asarray(values["weights"], dtype=np.float64)
        return cls(vectorizer)


def _vectorizer(shortest: int, longest: int, **options: Any) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=(shortest, longest), sublinear_tf=True, lowercase=False, **options
    )
