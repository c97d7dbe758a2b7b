"""Every short way through a message gives what the long one gives."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import process
from rapidfuzz.distance import OSA

from kefu.language import text as texts
from kefu.language.catalogue import Catalogue, Shape
from kefu.language.encoder import Encoder
from kefu.language.entities import CatalogueMatcher
from kefu.language.export import export_encoder
from kefu.language.languages import LATIN, LanguageDetector
from kefu.language.lexical import LexicalHead
from kefu.language.numbers import NumberMatcher
from kefu.language.vocabulary import Vocabulary
from tests.support.tiny_bert import save_tiny_bert

QUICKLY = settings(max_examples=200, deadline=None)  # the first call of some loads a dictionary
SAID = ("where is my order", "please cancel it", "我的订单到哪了", "取消 order", "do you ship to Spain")
NEAR = st.text(alphabet=string.ascii_letters + "OoQIilLSsBZz .,:-'@$€我号码是", max_size=60)
WORDS_OF_MANY = (
    "the", "is", "order", "my", "lamp", "de", "la", "que", "où", "est", "und", "die", "não", "para", "il",
    "per", "een", "het", "się", "bir", "của", "yang", "och", "det", "kalle", "straße", "xyzzy",
)  # fmt: skip


@QUICKLY
@given(st.text(alphabet=string.printable + "\x00\x07\x1b", max_size=80))
def test_plain_latin_text_needs_no_folding(text: str) -> None:
    assert texts.fold(text) == texts._fold.__wrapped__(text)


def test_a_message_cut_once_is_not_changed_by_who_asked_before() -> None:
    first = texts.split("where is 我的订单")
    first.clear()
    assert [piece.text for piece in texts.split("where is 我的订单")] == ["where", "is", "我", "的", "订单"]


@pytest.fixture(scope="module")
def head() -> LexicalHead:
    return LexicalHead.fit(SAID, [0, 1, 2, 1, 0], classes=4)


@QUICKLY
@given(said=st.lists(st.one_of(st.sampled_from(SAID), st.text(max_size=40)), max_size=4))
def test_n_grams_of_one_text_score_as_those_of_many(head: LexicalHead, said: list[str]) -> None:
    plain = head._ngrams.transform(said) @ head._weights + head._bias
    assert head.logits(said).shape == (len(said), 4)
    assert np.allclose(head.logits(said), plain, rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector()


def by_statistics(detector: LanguageDetector, words: Sequence[str], *, numbers: bool) -> str | None:
    """The language of three words or more, the letters of which are always counted."""

    def hits(code: str, beside: str) -> int:
        spoken = [detector._function_words.get(word, frozenset()) for word in words]
        return sum(code in codes and beside not in codes for codes in spoken)

    shares = detector._shares(" ".join(words))
    best = max((code for code in LATIN if code != "en"), key=lambda code: (hits(code, "en"), shares[code]))
    foreign, english = hits(best, "en"), hits("en", best)
    strange = any(not char.isascii() for word in words for char in word)
    against = foreign > english and (foreign >= 2 or shares["en"] <= 0.05)
    if not against and not (english == 0 and strange and shares["en"] <= 0.01):
        return "en"
    return None if numbers else best


@QUICKLY
@given(words=st.lists(st.sampled_from(WORDS_OF_MANY), min_size=3, max_size=9), numbers=st.booleans())
def test_letters_are_not_counted_only_where_they_say_nothing(
    detector: LanguageDetector, words: list[str], numbers: bool
) -> None:
    assert detector._latin(words, numbers=numbers) == by_statistics(detector, words, numbers=numbers)


def test_letters_are_counted_for_few_messages(
    detector: LanguageDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    shares = detector._shares
    monkeypatch.setattr(detector, "_shares", lambda text: counted.append(text) or shares(text))
    assert detector.detect("where is my order and when will it arrive") == "en"
    assert counted == []
    assert detector.detect("quiero cancelar mi pedido por favor") == "es"
    assert len(counted) == 1


@pytest.fixture(scope="module")
def numbers() -> NumberMatcher:
    orders = (Shape("KF", 8), Shape("", 6))
    return NumberMatcher(Catalogue((), ("SAVE10", "WELCOME"), orders, (Shape("SF", 10), Shape("", 12))))


@QUICKLY
@given(text=st.one_of(NEAR, st.text(max_size=60)))
def test_without_a_digit_the_patterns_of_numbers_find_nothing(numbers: NumberMatcher, text: str) -> None:
    folded = texts.fold(text)
    found = [one for step in numbers._steps() for one in step(folded)]
    if not any(char.isdecimal() or char in "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖" for char in folded):
        words = [one for step in numbers._steps_of_words() for one in step(folded)]
        assert sorted(map(repr, found)) == sorted(map(repr, words))


@QUICKLY
@given(data=st.data())
def test_a_misspelt_name_is_the_nearest_of_all(demo: CatalogueMatcher, data: st.DataObject) -> None:
    names = sorted(demo._squeezed)
    letters = list(data.draw(st.sampled_from(names)))
    for _ in range(data.draw(st.integers(0, 3))):
        letters[data.draw(st.integers(0, len(letters) - 1))] = data.draw(st.sampled_from("aeiostrnk"))
    joined = "".join(letters)
    allowed = 1 if len(joined) < 8 else 2
    best = process.extractOne(joined, list(demo._squeezed), scorer=OSA.distance, score_cutoff=allowed)
    nearest = demo._squeezed[best[0]] if best and best[0][0] == joined[0] else None
    assert demo._nearest(joined, odd=True) == nearest


@QUICKLY
@given(
    st.lists(st.sampled_from(["where", "order", "wher", "ordr", "qwlkej", "asdf", "zz"]), max_size=8),
    st.sampled_from([-1.0, 0.0, 0.1, 0.3, 0.5, 0.7, 1.0]),
)
def test_what_is_made_of_no_words_is_found_without_looking_at_each(words: list[str], share: float) -> None:
    vocabulary, text = Vocabulary(["where", "order"]), " ".join(words)
    assert vocabulary.is_strange(text, share=share) == (vocabulary.unknown_share(text) > share)


def test_a_message_alone_is_read_as_in_a_batch(tmp_path: Path) -> None:
    model = save_tiny_bert(tmp_path / "bert")
    encoder = Encoder.open(export_encoder(str(model), cache=tmp_path / "cache"))
    rng = random.Random(3)
    for length in (0, 1, 7, 40):
        words = [rng.choice(["where", "is", "订", "单", "order"]) for _ in range(length)]
        # twice the same: int8 scales its activations over a whole batch
        (alone,), (first, second) = encoder.read([words]), encoder.read([words, words])
        assert alone.owners == first.owners == second.owners
        assert np.allclose(alone.subwords, first.subwords, atol=1e-5)
        assert np.allclose(
            encoder.sentences([" ".join(words)]), encoder.sentences([" ".join(words)] * 2), atol=1e-5
        )
