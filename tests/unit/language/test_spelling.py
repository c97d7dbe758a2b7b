"""Mistyped words put right, and right words let be."""

from __future__ import annotations

import json
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.errors import ModelError
from kefu.language.spelling import Speller
from kefu.language.text import split

TEXTS = (
    "where is my parcel?",
    "I lost my card, what now?",
    "my card was stolen",
    "the money came from my card",
    "a refund from the shop, please",
    "please fill in the form",
    "I didn't get my refund",
    "is the lumora lamp back in stock",
    "我的订单 KF10000001 到哪了",
    "can I pay by card from abroad",
)
SPARED = (
    "KF10000001", "12", "3.5", "me@shpo.com", "iPhnoe", "RFUND", "订单", "👍", "?", "x1card", "in", "yo",
    "u", "https", "naïve", "", "a_crd", "Q&A", "parcle2",
)  # fmt: skip
KNOWN = (
    "where",
    "is",
    "parcel",
    "didn't",
    "lumora",
    "pay",
    "abroad",
    "please",
    "stolen",
    "shop",
    "photosynthesis",
)


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller.fit(TEXTS)


@pytest.fixture(scope="module")
def practised() -> Speller:
    """A speller that saw every sentence as often as training data usually show a wording."""
    return Speller.fit(TEXTS * 5)


def corrected(speller: Speller, text: str) -> str:
    return " ".join(speller.correct(text.split()))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wehre is my parcel", "where is my parcel"),  # swapped
        ("where is my parcl", "where is my parcel"),  # dropped
        ("it is my parcell", "it is my parcel"),  # doubled
        ("where is my parcrl", "where is my parcel"),  # the key beside it
        ("hwere is my arcel", "where is my parcel"),  # the first letter, two words
        ("is the umora lamp back", "is the lumora lamp back"),  # a name of the training texts
        ("i diidn't get it", "i didn't get it"),
        ("thnuder tonight", "thunder tonight"),  # in no training text
        ("Wehre is it", "Where is it"),
        ("ok . Wehre is it", "ok . Where is it"),
        ("i dno't know", "i don't know"),
        ("i dno\u2019t know", "i don't know"),
    ],
)
def test_a_mistyped_word_is_put_right(speller: Speller, typed: str, meant: str) -> None:
    assert corrected(speller, typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("i lost my car", "i lost my card"),
        ("can i pay by car from here", "can i pay by card from here"),
        ("please fill in the from", "please fill in the form"),
    ],
)
def test_a_word_that_is_one_but_not_there_is_put_right(practised: Speller, typed: str, meant: str) -> None:
    assert corrected(practised, typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "they changed the shops",
        "can i pay by cards",
        "please fill in the forms",
        "the weather in spring",
        "i dont know",
        "i cant pay",
        "thats right",
        "well-known shops",
        "the customer's parcel",
        "my name is Mira Parcle",
    ],
)
def test_what_is_right_stays(speller: Speller, practised: Speller, text: str) -> None:
    assert corrected(speller, text) == text
    assert corrected(practised, text) == text


def test_may_and_may_not_are_never_taken_for_each_other() -> None:
    speller = Speller.fit(["I can't pay", "I can't log in", "I cant pay now"] * 5)
    assert speller.correct(["I", "can", "pay"]) == ["I", "can", "pay"]


def test_no_word_becomes_its_opposite() -> None:
    speller = Speller.fit(["please reactivate my card"] * 5)
    assert speller.correct(["please", "deactivate", "my", "card"])[1] == "deactivate"


def test_a_slip_of_the_training_texts_is_no_correction() -> None:
    speller = Speller.fit(["i want to rtack my order", *["where is my order"] * 5])
    assert speller.correct(["i", "want", "to", "track", "my", "order"])[3] == "track"


@pytest.mark.parametrize("word", SPARED)
def test_what_is_spared(speller: Speller, word: str) -> None:
    assert speller.correct([word]) == [word]
    assert speller.correct(["my", word, "card"]) == ["my", word, "card"]


@pytest.mark.parametrize(
    "text",
    ["see https://wehre.example/parcl?id=crad", "on www.parcl.shop", "on parcl.com", "mail me@parcl.com"],
)
def test_web_addresses_are_spared(speller: Speller, text: str) -> None:
    pieces = [piece.text for piece in split(text)]
    assert speller.correct(pieces) == pieces
    assert speller.correct([*pieces, "wehre", "is", "my", "parcl"])[-1] == "parcel"


def test_short_words_are_spared_unless_asked_for(speller: Speller) -> None:
    lost = ["i", "lost", "y", "card", "fo", "he", "shop"]
    assert speller.correct(lost)[4] == "fo"
    bold = Speller.fit([*TEXTS, "a card for the shop"], shortest=2)
    assert bold.correct(lost)[4:6] == ["for", "the"]
    assert Speller.from_dict(bold.as_dict()).correct(lost) == bold.correct(lost)


def test_names_given_besides_are_right() -> None:
    assert Speller.fit(TEXTS).correct(["the", "lampo", "please"]) == ["the", "lamp", "please"]
    assert Speller.fit(TEXTS, also=["Lampo 300"]).correct(["the", "lampo", "please"])[1] == "lampo"


def test_training_texts_come_back_as_they_are(practised: Speller) -> None:
    assert [corrected(practised, text) for text in TEXTS] == [" ".join(text.split()) for text in TEXTS]


@given(st.lists(st.sampled_from(KNOWN), max_size=8))
def test_known_words_stay_in_any_order(words: list[str]) -> None:
    speller = Speller(counts={word: 1 for word in KNOWN}, pairs={}, general=())
    assert speller.correct(words) == words


MESSAGES = st.lists(
    st.one_of(
        st.sampled_from((*SPARED, *KNOWN, "wehre", "parcl", "Crad", "car")),
        st.text(alphabet=string.ascii_letters + "'-\u2019", max_size=8),
        st.text(max_size=6),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def twin() -> Speller:
    """Fitted on the same texts, in another order."""
    return Speller.fit(TEXTS[::-1])


@given(MESSAGES)
def test_as_many_words_and_twice_the_same(speller: Speller, twin: Speller, words: list[str]) -> None:
    result = speller.correct(words)
    assert len(result) == len(words)
    assert result == twin.correct(words)
    for word, found in zip(words, result, strict=True):
        assert word == found or (len(word) > 2 and abs(len(word) - len(found)) <= 1)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=5), MESSAGES)
def test_round_trip_through_json(texts: list[str], words: list[str]) -> None:
    speller = Speller.fit([*TEXTS, *texts])
    values = speller.as_dict()
    again = Speller.from_dict(json.loads(json.dumps(values)))
    assert again.as_dict() == values
    assert again.correct(words) == speller.correct(words)


@pytest.mark.parametrize("words", [[], ["我", "的", "订单"], ["👍", "👍🏽"], [""], [" "], ["a" * 2000]])
def test_nothing_to_correct(speller: Speller, words: list[str]) -> None:
    assert speller.correct(words) == words


def test_without_a_training_text_there_is_still_english() -> None:
    assert Speller.fit([]).correct(["thier", "house"]) == ["their", "house"]


@pytest.mark.parametrize("values", [{}, {"counts": "a", "pairs": {}, "general": "", "shortest": 3}])
def test_a_damaged_speller_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="Speller.as_dict"):
        Speller.from_dict(values)


def test_it_is_small_and_quick() -> None:
    letters = string.ascii_lowercase
    texts = [
        f"{a}{b}{c}ing the {b}{a}{c}{a} of {c}{b}{a}{b}" for a in letters for b in letters for c in letters
    ]
    values = Speller.fit(texts).as_dict()
    assert len(json.dumps(values)) < 1_000_000
    started = time.process_time()
    Speller.from_dict(values)
    assert time.process_time() - started < 1.0  # about 0.06 s; the bound only tells slow from broken
