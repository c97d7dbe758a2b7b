"""The featurizer encodes what somebody reads, and nothing else."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from kefu.components.base import Place
from kefu.components.featurizer import BertFeaturizer, BertOptions
from kefu.language.encoder import Encoded
from kefu.language.text import Piece


class FakeEncoder:
    """Vectors of lengths, and how many texts were encoded at a time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def encode(self, texts: Sequence[str], pieces: Sequence[Sequence[Piece]]) -> list[Encoded]:
        self.asked.append(len(texts))
        return [
            Encoded(np.full((1, 3), len(text)), np.full(3, -len(text)), [(0, len(text))], own)
            for text, own in zip(texts, pieces, strict=True)
        ]


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def featurizer(encoder: FakeEncoder) -> BertFeaturizer:
    place = Place("bert", cast(Any, None), cast(Any, None))
    return BertFeaturizer(BertOptions(alias="bert"), place, cast(Any, encoder))


def messages() -> list[Message]:
    made = [Message({"text": text, "text_tokens": [Token(text, 0, len(text))]}) for text in ("hello", "bye")]
    return [*made, Message({"text": " ", "text_tokens": []}), Message({"intent": "greet"})]


def test_nothing_is_encoded_until_somebody_reads_it(featurizer: BertFeaturizer, encoder: FakeEncoder) -> None:
    processed = featurizer.process(messages())
    assert [len(message.features) for message in processed] == [2, 2, 2, 0]
    assert {(f.origin, f.attribute) for m in processed for f in m.features} == {("bert", "text")}
    assert encoder.asked == []
    assert processed[1].features[1].features.tolist() == [[-3, -3, -3]]
    assert encoder.asked == [3], "the whole batch at once"
    assert processed[0].features[0].features.tolist() == [[5, 5, 5]]
    assert processed[2].features[1].features.tolist() == [[0, 0, 0]], "no token says nothing"
    assert encoder.asked == [3]


def test_what_is_read_later_is_what_training_sees(featurizer: BertFeaturizer) -> None:
    taught = featurizer.process_training_data(TrainingData(messages())).training_examples
    for one, other in zip(taught, featurizer.process(messages()), strict=True):
        for early, late in zip(one.features, other.features, strict=True):
            assert (early.type, early.origin) == (late.type, late.origin)
            assert early.is_dense() and late.is_dense()
            assert np.array_equal(early.features, late.features)
            assert early.fingerprint() == late.fingerprint()


def test_a_copy_reads_the_same_and_other_names_are_unknown(featurizer: BertFeaturizer) -> None:
    late = featurizer.process(messages())[0].features[0]
    assert copy.deepcopy(late).features.tolist() == [[5, 5, 5]]
    with pytest.raises(AttributeError, match="Later has no attribute 'colour'"):
        _ = late.colour


def test_a_message_that_nobody_needs_any_more_is_gone_at_once(featurizer: BertFeaturizer) -> None:
    gc.disable()
    try:
        message = featurizer.process(messages()[:1])[0]
        assert message.features[0].features.tolist() == [[5, 5, 5]]
        held = weakref.ref(message)
        del message
        assert held() is None
    finally:
        gc.enable()
