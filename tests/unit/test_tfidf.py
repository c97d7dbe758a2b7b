"""One text at a time weighs what scikit-learn says of it among many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from kefu.knowledge.views import vectorizer
from kefu.language.ngrams import NgramModel
from kefu.tfidf import Tfidf

TEXTS = [
    "where is my order",
    "cancel my order please",
    "我的订单到哪了",
    "取消订单",
    "the the the lamp",
    "é ß İ",
]
WORDS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(" ".join(TEXTS).split()), max_size=12).map(" ".join),
    st.text(alphabet="我的订单到哪了order where\n\t\u3000", max_size=60),
)
FITTED = [
    vectorizer("en").fit(TEXTS),
    vectorizer("zh").fit(TEXTS),
    TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, lowercase=False).fit(TEXTS),
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FITTED), WORDS)
def test_a_row_is_scikit_learns(fitted: TfidfVectorizer, text: str) -> None:
    plain = fitted.transform([text])
    plain.sort_indices()
    columns, values = Tfidf(fitted).row(text)
    rising = np.argsort(columns)
    columns, values = columns[rising], values[rising]
    assert columns.tolist() == plain.indices.tolist()
    assert values.dtype == plain.dtype
    assert np.allclose(values, plain.data, rtol=0, atol=1e-6)


@settings(deadline=None)
@given(WORDS)
def test_the_model_of_n_grams_says_the_same_of_one_as_of_many(text: str) -> None:
    model = NgramModel.fit(TEXTS, shortest=1, longest=4, least=1)
    columns, values = model.row(text)
    row = np.zeros(model.size, dtype=np.float32)
    row[columns] = values
    assert np.allclose(row, model.transform([text]).toarray()[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("other", [{"sublinear_tf": False}, {"norm": "l1"}, {"use_idf": False}])
def test_another_weighing_is_refused(other: dict[str, object]) -> None:
    fitted = TfidfVectorizer(**{"sublinear_tf": True, **other}).fit(TEXTS)
    with pytest.raises(ValueError, match="wanted sublinear_tf, use_idf and the norm l2"):
        Tfidf(fitted)
