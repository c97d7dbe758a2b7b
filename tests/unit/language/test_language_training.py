"""Training: it learns, it is saved and loaded as it was, it goes on where it was interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kefu.errors import ConfigError, ModelError
from kefu.language.examples import Example, Span
from kefu.language.recipe import Recipe
from kefu.language.training import loop
from kefu.language.training.data import checked, split
from kefu.language.training.fit import fit_understanding
from kefu.language.understanding import Understanding
from tests.support.learnable import learnable
from tests.support.tiny_bert import save_tiny_bert

FRESH = [
    "where is my keyboard",
    "please cancel the lamp",
    "取消键盘",
    "hello there",
    "",
    "👍",
    "x" * 2_000,
    "凭什么不能退？",
]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """A recipe on a random BERT of two layers, fast enough to overfit in a second."""
    model = str(
        save_tiny_bert(tmp_path_factory.mktemp("bert"), characters="台灯键盘取消要发货吗不你好早上呀")
    )
    return Recipe(model=model, epochs=25, learning_rate=3e-3, head_rate=1e-2, typos=0.0, dropout=0.0,
                  batch=16, precision="float32", scale=10.0, characters=False)  # fmt: skip


def fit(
    recipe: Recipe, folder: Path, examples: list[Example] | None = None, *, work: Path | None = None
) -> Understanding:
    fit_understanding(examples or learnable(), recipe, folder=folder, work=work, quiet=True)
    return Understanding.open(folder)


@pytest.mark.parametrize("tuning", ["all", "lora"])
def test_it_overfits_intents_and_entities(recipe: Recipe, tmp_path: Path, tuning: str) -> None:
    own = replace(recipe, tuning=tuning, lora_rank=16, epochs=60)
    examples = learnable()
    understanding = fit(own, tmp_path, examples)
    readings = understanding.read([example.text for example in examples])
    right = [r.ranking[0][0] == e.intent for r, e in zip(readings, examples, strict=True)]
    assert np.mean(right) >= 0.97
    if tuning == "all":
        spans = [tuple(Span(s.start, s.end, s.entity) for s in r.spans) for r in readings]
        assert np.mean([own == e.spans for own, e in zip(spans, examples, strict=True)]) >= 0.9


def test_the_frozen_challenger_alone_is_a_model_too(recipe: Recipe, tmp_path: Path) -> None:
    examples = learnable()
    report = fit_understanding(examples, replace(recipe, tuning="frozen"), folder=tmp_path, quiet=True)
    readings = Understanding.open(tmp_path).read([example.text for example in examples])
    assert report.chosen == "frozen"
    right = [r.ranking[0][0] == e.intent for r, e in zip(readings, examples, strict=True)]
    assert np.mean(right) > 0.9


def test_a_saved_understanding_reads_the_same_after_opening_again(recipe: Recipe, tmp_path: Path) -> None:
    first = fit(replace(recipe, epochs=3), tmp_path)
    before = first.read(FRESH)
    after = Understanding.open(tmp_path).read(FRESH)
    for one, other in zip(before, after, strict=True):
        assert one.ranking == other.ranking
        assert one.spans == other.spans
        assert one.strangeness == other.strangeness
        assert (one.vector == other.vector).all()


def test_every_reading_is_a_distribution_within_the_text(recipe: Recipe, tmp_path: Path) -> None:
    for text, reading in zip(FRESH, fit(replace(recipe, epochs=3), tmp_path).read(FRESH), strict=True):
        assert sum(share for _, share in reading.ranking) == pytest.approx(1.0, abs=1e-5)
        assert [share for _, share in reading.ranking] == sorted(
            (s for _, s in reading.ranking), reverse=True
        )
        assert all(0 <= span.start < span.end <= len(text) for span in reading.spans)
        assert 0.0 <= reading.strangeness <= 1.0


def test_an_interrupted_training_goes_on_to_the_same_end(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = replace(recipe, epochs=4, typos=0.5)
    whole = fit(own, tmp_path / "whole").read(FRESH)
    save, saved = loop._save, []

    def cut_off(state: loop.State, journal: loop.Journal) -> None:
        save(state, journal)
        saved.append(state.epoch)
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_save", cut_off)
    with pytest.raises(KeyboardInterrupt):
        fit(own, tmp_path / "parts", work=tmp_path / "work")
    resumed = fit(own, tmp_path / "parts", work=tmp_path / "work").read(FRESH)
    assert saved[:3] == [1, 2, 3], "the third epoch follows the second: nothing is learnt again"
    assert [r.ranking[0][0] for r in resumed] == [r.ranking[0][0] for r in whole]
    assert np.allclose([r.ranking[0][1] for r in resumed], [r.ranking[0][1] for r in whole], atol=1e-3)


def test_another_recipe_does_not_go_on_from_this_ones_checkpoint(recipe: Recipe, tmp_path: Path) -> None:
    fit(replace(recipe, epochs=2), tmp_path / "one", work=tmp_path / "work")
    report = fit_understanding(
        learnable(), replace(recipe, epochs=3), folder=tmp_path / "two", work=tmp_path / "work", quiet=True
    )
    assert report.epochs in (0, 3 + 1), "three of its own, and one with what was held out"
    assert list((tmp_path / "work" / "logs").rglob("events*")), "TensorBoard has something to show"


@pytest.mark.parametrize(
    "examples",
    [
        [Example("hello", "greet")],
        [Example(f"hello {i}", "greet") for i in range(9)],
        [Example("hello", "greet"), Example("bye", "part"), Example("so long", "part")],
        [Example("你好", None), Example("你好吗", "greet"), Example("再见", "part")],
    ],
    ids=["one example", "one intent", "an intent with one example", "an example without an intent"],
)
def test_poor_data_gives_a_model_that_answers(
    recipe: Recipe, tmp_path: Path, examples: list[Example]
) -> None:
    readings = fit(replace(recipe, epochs=2), tmp_path, examples).read(FRESH)
    assert all(reading.ranking for reading in readings)


def test_without_an_intent_the_other_heads_still_learn(recipe: Recipe, tmp_path: Path) -> None:
    words = {"negative": ["bad", "very bad", "broken"], "positive": ["good", "very good", "thank you"]}
    examples = [Example(t, further=(("sentiment", name),)) for name, own in words.items() for t in own]
    readings = fit(recipe, tmp_path, examples).read(["broken", "thank you", ""])
    assert readings[0].further["sentiment"]["negative"] > 0.5
    assert readings[1].further["sentiment"]["positive"] > 0.5
    assert all(reading.ranking == () for reading in readings)


def test_no_text_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="2 training examples hold no text to learn from"):
        fit_understanding([Example("", "x"), Example("  ", "y")], recipe, folder=tmp_path, quiet=True)


def test_two_labels_for_one_text_are_reported_with_their_lines() -> None:
    data = checked([
        Example("my refund", "status", source="a.csv, line 2"),
        Example("My  refund", "wish", source="b.csv, line 7"),
        Example("my refund", "wish", source="b.csv, line 9"),
        Example("hi", "greet"),
    ])  # fmt: skip
    assert [(e.text, e.intent) for e in data.examples] == [
        ("My  refund", "wish"),
        ("hi", "greet"),
    ]
    assert data.problems[0] == (
        "'my refund' has two labels (a.csv, line 2: status; b.csv, line 7: wish; b.csv, line 9: wish): "
        "learnt as wish"
    )


def test_a_split_holds_every_intent_and_loses_nothing() -> None:
    examples = [Example(f"text {i} of {k}", str(k)) for k in range(5) for i in range(10 + k)]
    learn, held = split(examples, share=0.2, most=100, seed=1)
    assert {e.intent for e in held} == {e.intent for e in learn} == set("01234")
    assert sorted(learn + held, key=str) == sorted(examples, key=str)
    assert split(examples, share=0.2, most=100, seed=1) == (learn, held)
    assert split(examples[:3], share=0.1, most=100, seed=1)[1] == [] or len(examples[:3]) == 3


def test_a_recipe_names_what_it_does_not_know() -> None:
    with pytest.raises(ConfigError, match=r"no 'learning_rat'; .* Did you mean learning_rate\?"):
        Recipe.from_dict({"learning_rat": 1})
    with pytest.raises(ConfigError, match="epochs is 'many', wanted int"):
        Recipe.from_dict({"epochs": "many"})
    with pytest.raises(ConfigError, match="tuning is 'some', wanted one of all, lora, frozen"):
        Recipe(tuning="some")
    assert Recipe.from_dict(Recipe(epochs=2).as_dict()) == Recipe(epochs=2)


def test_layers_can_be_left_out(recipe: Recipe, tmp_path: Path) -> None:
    fit(replace(recipe, epochs=1), tmp_path / "two")
    fit(replace(recipe, epochs=1, layers=1), tmp_path / "one")
    sizes = [(tmp_path / name / "encoder.onnx").stat().st_size for name in ("one", "two")]
    assert sizes[0] < sizes[1]
    with pytest.raises(ModelError, match="layers: 9 wanted of an encoder that has 2"):
        fit(replace(recipe, layers=9), tmp_path / "nine")


def test_a_student_learns_from_a_teacher(recipe: Recipe, tmp_path: Path) -> None:
    examples = learnable()
    student = replace(recipe, layers=1, teacher=recipe.model, epochs=40)
    readings = fit(student, tmp_path, examples, work=tmp_path / "work").read([e.text for e in examples])
    assert np.mean([r.ranking[0][0] == e.intent for r, e in zip(readings, examples, strict=True)]) > 0.8
    assert (tmp_path / "work" / "development-teacher.pt").is_file()


def test_what_carried_and_what_is_near(recipe: Recipe, tmp_path: Path) -> None:
    understanding = fit(recipe, tmp_path)
    words = understanding.carried("please cancel the lamp")
    assert [word for word, _ in words] == ["please", "cancel", "the", "lamp"]
    example, likeness = understanding.nearest("cancel my lamp", most=1)[0]
    assert example.text == "cancel my lamp"
    assert likeness > 0.95
    assert understanding.carried("") == []


def test_a_damaged_understanding_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    fit(replace(recipe, epochs=1), tmp_path)
    (tmp_path / "heads.npz").unlink()
    with pytest.raises(ModelError, match=r"no whole understanding .* Train again"):
        Understanding.open(tmp_path)


def test_a_dictionary_teaches_new_characters_what_they_mean_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the packaged weights: 退款 comes nearer to a refund than to a lamp without any example."""
    from kefu.language.training import characters
    from kefu.language.training.kit import make_kit
    from kefu.language.training.vectors import seen

    monkeypatch.setattr(characters, "_WORDS", 6_000)  # of 20,000: a quarter of a minute instead of one
    examples = [Example("我要退钱", "refund"), Example("台灯多少钱", "lamp")]
    kit = make_kit(examples, Recipe(spelling=False), kept=tmp_path)
    assert kit.new_rows is not None
    monkeypatch.delattr(characters, "taught_rows")  # another order of examples needs no second teaching
    again = make_kit(examples[::-1], Recipe(spelling=False), kept=tmp_path)
    assert again.new_rows is not None and bool((again.new_rows == kit.new_rows).all())
    assert len(kit.new_rows) > 2_000
    texts = ["退款", "台灯", "refund, money back", "lamp, light"]
    items = kit.reader.items([Example(text, None) for text in texts])
    money, lamp, refund, light = seen(kit.network("frozen"), items, recipe=kit.recipe).sentences
    assert money @ refund > money @ light
    assert lamp @ light > lamp @ refund
