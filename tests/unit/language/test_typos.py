"""Typing mistakes made on purpose."""

from __future__ import annotations

import random
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from kefu.language.examples import Example, Span
from kefu.language.typos import noised, with_typos

WORDS = ("where", "is", "my", "parcel", "aaa", "don't", "KF10000001", "12", "订单", "ok?", "the", "I", "👍")
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
SEEDS = st.integers(0, 2**32)


def runs(text: str) -> list[str]:
    """A text as its runs of letters and what stands between them."""
    return re.findall(r"[A-Za-z]+|[^A-Za-z]+", text)


def is_swap(old: str, new: str) -> bool:
    return any(
        new == old[:i] + old[i + 1] + old[i] + old[i + 2 :] and new != old for i in range(len(old) - 1)
    )


def is_drop(old: str, new: str) -> bool:
    return any(new == old[:i] + old[i + 1 :] for i in range(len(old)))


@given(SENTENCES, SEEDS)
def test_one_or_two_words_have_one_mistake_each_and_all_else_stays(text: str, seed: int) -> None:
    before, after = runs(text), runs(with_typos(Example(text), rng=random.Random(seed)).text)
    assert len(before) == len(after)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert all(len(old) >= 3 and (is_swap(old, new) or is_drop(old, new)) for old, new in changed)
    open_to_mistakes = sum(word in ("where", "parcel", "aaa", "don't", "the") for word in text.split())
    assert min(1, open_to_mistakes) <= len(changed) <= min(2, open_to_mistakes)


@given(SENTENCES, st.data(), SEEDS)
def test_entities_stand_where_they_stood(text: str, data: st.DataObject, seed: int) -> None:
    assume(len(text) > 1)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    example = Example(text, "ask", (Span(start, end, "thing"),), "a file, line 1")
    result = with_typos(example, rng=random.Random(seed))
    assert len(result.text) == len(text)
    assert result.text[start:end] == text[start:end]
    assert (result.intent, result.spans, result.source) == (example.intent, example.spans, example.source)


@given(st.lists(SENTENCES, max_size=5), SEEDS)
def test_a_seed_makes_the_same_mistakes(texts: list[str], seed: int) -> None:
    examples = [Example(text) for text in texts]
    assert noised(examples, seed=seed) == noised(examples, seed=seed)
    assert len(noised(examples, seed=seed)) == len(examples)


@given(st.text(), SEEDS)
def test_no_text_is_too_odd(text: str, seed: int) -> None:
    result = with_typos(Example(text), rng=random.Random(seed)).text
    assert len(text) - 2 <= len(result) <= len(text)


def test_every_letter_may_be_hit_and_both_mistakes_are_made() -> None:
    made = {with_typos(Example("card"), rng=random.Random(seed)).text for seed in range(200)}
    assert made == {"acrd", "crad", "cadr", "ard", "crd", "cad", "car"}


def test_other_seeds_make_other_mistakes() -> None:
    examples = [Example("where is my parcel and when will it come")] * 5
    assert noised(examples, seed=1) != noised(examples, seed=2)


def test_a_text_without_a_word_that_may_be_mistyped_stays() -> None:
    for text in ("", "在吗", "👍👍", "KF10000001", "a_bcd", "is it ok", "café12"):
        assert with_typos(Example(text), rng=random.Random(0)).text == text
    covered = Example("parcel", spans=(Span(0, 6, "thing"),))
    assert with_typos(covered, rng=random.Random(0)) == covered
