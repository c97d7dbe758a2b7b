"""Whatever is typed or taught: an answer within the text, or an error that says what to do; never a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kefu.language.examples import Example, Span
from kefu.language.recipe import Recipe
from kefu.language.training.fit import fit_understanding
from kefu.language.understanding import Reading, Understanding
from tests.support.learnable import learnable
from tests.support.tiny_bert import save_tiny_bert

LONG = ("where is my lamp " * 118)[:2_000]
TYPED = {
    "empty": "",
    "white space": " \t\r\n\u3000",
    "2,000 characters": LONG,
    "2,000 letters without a space": "x" * 2_000,
    "2,000 Chinese characters": "我的台灯到哪了" * 285 + "我的台灯到",
    "one emoji": "👍",
    "only emoji": "😡😡🤬💔👨‍👩‍👧🇨🇳✌🏽",
    "only marks": "?!?!……。。。---",
    "only digits": "10000002 42",
    "mixed scripts": "我的lamp到哪里了 where заказ 注文 طلبي",
    "control characters": "where\x00is\x07my\x1b[31m lamp\x7f\u200b\u202e\ufeff",
    "only control characters": "\x00\x01\x07\x1b",
    "an unknown language": "γεια σας, πού είναι η παραγγελία μου",
    "right to left": "أين طلبي من فضلك",
    "no language": "asdf qwer zxcv jkl;",
    "rhetorical, Chinese": "凭什么不能退？",
    "rhetorical, English": "and why on earth should i not get a refund?",
    "a counter-question": "你说呢？",
    "a lone surrogate": "where is my lamp \ud83d",
    "surrogates alone": "\ud800\udc00\udfff",
    "combining marks": "w\u0301h\u0301e\u0301r\u0301e\u0301 is my lamp",
    "full-width": "Ｗｈｅｒｅ ｉｓ ｍｙ ｌａｍｐ",
    "characters that fold to several": "ﬁnd ㈱ my ㎏ ½ lamp İ ẞ",
    "a command": '/greet{"slot": "x"}',
    "markup": '<script>alert(1)</script> [lamp](thing) {"a": 1}',
}
WORDLESS = ("empty", "white space", "only control characters", "surrogates alone")  # without a unit
ANY = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=60)
SPOKEN = st.text(
    alphabet="where is my lamp 我的台灯到哪了取消!?,。\ud800\u200b\x00👍１ＡİßЖa\u0301", max_size=80
)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """A recipe of a second, on a random BERT of two layers."""
    model = str(save_tiny_bert(tmp_path_factory.mktemp("bert")))
    return Recipe(model=model, epochs=8, learning_rate=3e-3, head_rate=1e-2, typos=0.0, dropout=0.0, batch=16,
                  precision="float32", scale=10.0, characters=False)  # fmt: skip


@pytest.fixture(scope="module")
def folder(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    saved = tmp_path_factory.mktemp("understanding")
    fit_understanding(learnable(), recipe, folder=saved, quiet=True)
    return saved


@pytest.fixture(scope="module")
def understanding(folder: Path) -> Understanding:
    return Understanding.open(folder)


def held(text: str, reading: Reading, understanding: Understanding) -> None:
    """Assert what every reading promises."""
    names, shares = zip(*reading.ranking, strict=True)
    assert sorted(names) == sorted(understanding.intents)
    assert sum(shares) == pytest.approx(1.0, abs=1e-5)
    assert list(shares) == sorted(shares, reverse=True)
    assert min(shares) >= 0.0
    assert all(0 <= span.start < span.end <= len(text) for span in reading.spans)
    assert all(a.end <= b.start for a, b in zip(reading.spans, reading.spans[1:], strict=False))
    assert all(text[span.start : span.end].strip() for span in reading.spans)
    assert all(0.0 <= span.confidence <= 1.0 for span in reading.spans)
    assert 0.0 <= reading.strangeness <= 1.0
    assert np.isfinite([reading.energy, reading.distance]).all()
    assert float(np.linalg.norm(reading.vector)) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("name", TYPED)
def test_whatever_is_typed_is_read(understanding: Understanding, name: str) -> None:
    (reading,) = understanding.read([TYPED[name]])
    held(TYPED[name], reading, understanding)


@pytest.mark.parametrize("name", WORDLESS)
def test_what_holds_no_word_speaks_for_no_intent(understanding: Understanding, name: str) -> None:
    (reading,) = understanding.read([TYPED[name]])
    assert {share for _, share in reading.ranking} == {1 / len(understanding.intents)}
    assert reading.strangeness == 1.0
    assert reading.spans == ()


def test_all_of_it_in_one_batch_keeps_its_order(understanding: Understanding) -> None:
    readings = understanding.read(list(TYPED.values()))
    for (name, text), reading in zip(TYPED.items(), readings, strict=True):
        held(text, reading, understanding)
        assert (reading.strangeness == 1.0 and not reading.spans) == (name in WORDLESS), name


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(ANY, SPOKEN))
def test_any_text_is_read(understanding: Understanding, text: str) -> None:
    (reading,) = understanding.read([text])
    held(text, reading, understanding)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(ANY, SPOKEN))
def test_any_text_is_explained(understanding: Understanding, text: str) -> None:
    carried = understanding.carried(text)
    assert all(-1.0 <= fall <= 1.0 for _, fall in carried)
    likeness = [cosine for _, cosine in understanding.nearest(text, most=3)]
    assert likeness == sorted(likeness, reverse=True)
    assert all(-1.001 <= cosine <= 1.001 for cosine in likeness)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(ANY, SPOKEN))
def test_what_was_saved_reads_any_text_as_what_is_open(
    folder: Path, understanding: Understanding, text: str
) -> None:
    (before,), (after,) = understanding.read([text]), Understanding.open(folder).read([text])
    assert (after.ranking, after.spans, after.strangeness) == (
        before.ranking,
        before.spans,
        before.strangeness,
    )


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("取消鍵盤", "取消键盘"),
        ("我的臺燈到哪了", "我的台灯到哪了"),
        ("Ｗｈｅｒｅ ｉｓ ｍｙ ｌａｍｐ", "Where is my lamp"),
    ],
)
def test_traditional_and_full_width_characters_are_understood_as_plain_ones(
    understanding: Understanding, typed: str, same: str
) -> None:
    (one,), (other,) = understanding.read([typed]), understanding.read([same])
    assert (one.ranking, one.spans) == (other.ranking, other.spans)


def test_an_entity_after_what_is_not_shown_keeps_its_place(recipe: Recipe, tmp_path: Path) -> None:
    """Offsets are those of what was typed, though folding and cutting come before the encoder."""
    fit_understanding(learnable(), replace(recipe, epochs=25), folder=tmp_path, quiet=True)
    own = Understanding.open(tmp_path)
    for text in ("cancel my lamp", "\ufeff\x00 cancel \t my\u200b lamp\ud83d", "Ｃａｎｃｅｌ my lamp"):
        (reading,) = own.read([text])
        assert [(s.start, s.end) for s in reading.spans] == [(text.index("lamp"), text.index("lamp") + 4)]


@pytest.mark.parametrize(
    "odd",
    [
        Example("\x00\x07", "greet"),
        Example("👍", "greet"),
        Example("hello " * 400, "greet"),
        Example("hello\ufeff\u202e", "greet", (Span(3, 7, "thing"),)),
        Example("取消台灯", "cancel_order", (Span(3, 3, "thing"), Span(-2, 9, "thing"), Span(9, 4, "thing"))),
    ],
    ids=["control characters", "an emoji", "2,400 characters", "inside a token", "outside the text"],
)
def test_an_odd_example_is_learnt_from_or_reported(recipe: Recipe, tmp_path: Path, odd: Example) -> None:
    own = replace(odd, source="odd.csv, line 7")
    report = fit_understanding([*learnable(), own], replace(recipe, epochs=2), folder=tmp_path, quiet=True)
    (reading,) = Understanding.open(tmp_path).read([odd.text])
    assert sum(share for _, share in reading.ranking) == pytest.approx(1.0, abs=1e-5)
    mended = [problem for problem in report.problems if "odd.csv, line 7" in problem]
    assert len(mended) == len(odd.spans)


def test_a_hub_that_cannot_be_reached_is_said_in_one_sentence(tmp_path: Path) -> None:
    """The hub's own client, sent to an address where nobody listens."""
    program = """
from kefu.errors import ModelError
from kefu.language.weights import find_weights
try:
    find_weights("nobody/no-such-bert")
except ModelError as error:
    print(error)
"""
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1", "HF_HOME": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **nowhere},
    )
    assert shown.stdout.startswith("The model 'nobody/no-such-bert' is no folder here and cannot be fetched")
    assert "Use model: packaged, a local folder, or check the network." in shown.stdout
