"""Telling words from fingers on a keyboard."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.language.vocabulary import Vocabulary, latin_words

WORDS = ("where", "order", "refund", "headphones", "broken", "the", "please")


@pytest.mark.parametrize(
    "text", ["where is the order", "wher is my ordr", "headphons brokn pls the", "", "在吗", "KF10000001"]
)
def test_what_is_written_in_words(text: str) -> None:
    assert Vocabulary(WORDS).unknown_share(text) <= 0.5


@pytest.mark.parametrize("text", ["asdkjh qwlkej", "fnord", "qwop lmnk the"])
def test_what_is_not(text: str) -> None:
    assert Vocabulary(WORDS).unknown_share(text) > 0.5


@given(st.lists(st.sampled_from(WORDS), min_size=1), st.randoms(use_true_random=False))
def test_known_words_stay_known_in_any_order_and_case(words: list[str], random: object) -> None:
    text = " ".join(word.upper() if len(word) % 2 else word for word in words)
    assert Vocabulary(WORDS).unknown_share(text) == 0.0


@given(st.text(alphabet=string.printable + "订单到哪了"))
def test_any_text_has_a_share(text: str) -> None:
    assert 0.0 <= Vocabulary(WORDS).unknown_share(text) <= 1.0
    assert all(word == word.lower() and len(word) >= 3 for word in latin_words(text))
