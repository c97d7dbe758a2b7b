"""Character n-grams: learnt, kept as JSON, forgiving about digits and forms."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kefu.errors import ModelError
from kefu.language.ngrams import NgramModel

TEXTS = ["我的订单到哪了", "where is my order", "取消订单", "cancel my order", ""]


@pytest.fixture
def model() -> NgramModel:
    return NgramModel.fit(TEXTS, shortest=1, longest=3, least=1)


def test_rows_are_of_length_one_and_zero_for_no_text(model: NgramModel) -> None:
    lengths = np.sqrt(model.transform(TEXTS).power(2).sum(axis=1)).A.ravel()
    assert lengths == pytest.approx([1, 1, 1, 1, 0], abs=1e-5)


def test_json_keeps_every_value(model: NgramModel) -> None:
    again = NgramModel.from_dict(json.loads(json.dumps(model.as_dict())))
    fresh = ["cancel 订单", "哪里 my"]
    assert abs(again.transform(fresh) - model.transform(fresh)).max() < 1e-4


def test_traditional_and_wide_forms_read_alike(model: NgramModel) -> None:
    rows = model.transform(["我的订单 KF10000002", "我的訂單 ＫＦ９９９９９９９９"])
    assert abs(rows[0] - rows[1]).max() == 0


def test_no_text_to_learn_from_is_an_error() -> None:
    with pytest.raises(ModelError, match="no n-gram"):
        NgramModel.fit(["", " "], shortest=1, longest=2, least=1)


def test_no_texts_give_no_rows(model: NgramModel) -> None:
    assert model.transform([]).shape[0] == 0
