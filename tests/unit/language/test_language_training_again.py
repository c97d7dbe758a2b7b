"""A training that goes on from an earlier one of nearly the same examples, or begins anew."""

from __future__ import annotations

import filecmp
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kefu.language.calibration import Calibration
from kefu.language.examples import Example, Span
from kefu.language.recipe import Recipe
from kefu.language.training import again, fit
from kefu.language.training.again import Begun
from kefu.language.training.candidates import Measured, continued
from kefu.language.training.fit import FitReport, fit_understanding
from kefu.language.understanding import Understanding
from tests.support.learnable import learnable
from tests.support.tiny_bert import save_tiny_bert

MORE = Example("cancel my shiny lamp", "cancel_order", (Span(16, 20, "thing"),))
TEXTS = [example.text for example in learnable()]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    model = save_tiny_bert(tmp_path_factory.mktemp("bert"), characters="台灯键盘取消要发货吗不你好早上呀")
    return Recipe(model=str(model), epochs=25, learning_rate=3e-3, head_rate=1e-2, typos=0.0, dropout=0.0,
                  batch=16, precision="float32", scale=10.0, characters=False, changed_most=0.1)  # fmt: skip


@pytest.fixture(scope="module")
def first(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a training from nothing left its model and what later ones go on from."""
    folder = tmp_path_factory.mktemp("first")
    assert not trained(recipe, folder, learnable(), begun=folder / "begun").went_on
    return folder


def trained(recipe: Recipe, folder: Path, examples: list[Example], *, begun: Path | None) -> FitReport:
    return fit_understanding(examples, recipe, folder=folder / "model", begun=begun, quiet=True)


def read(folder: Path) -> list[tuple[str, float]]:
    return [reading.ranking[0] for reading in Understanding.open(folder / "model").read(TEXTS)]


def test_it_goes_on_and_knows_by_heart_what_it_knew_and_what_is_new(
    recipe: Recipe, first: Path, tmp_path: Path
) -> None:
    examples = [*learnable(), MORE]
    before = sorted((first / "begun").iterdir())
    report = trained(recipe, tmp_path, examples, begun=first / "begun")
    assert report.went_on and report.chosen == "tuned"
    assert report.epochs == 8, "a share of 0.3 of 25"
    readings = Understanding.open(tmp_path / "model").read([example.text for example in examples])
    right = [own.ranking[0][0] == e.intent for own, e in zip(readings, examples, strict=True)]
    assert np.mean(right) >= 0.97 and right[-1]
    assert [Span(s.start, s.end, s.entity) for s in readings[-1].spans] == list(MORE.spans)
    assert sorted((first / "begun").iterdir()) == before, "nothing goes on from what itself went on"


def test_the_same_change_gives_the_same_model(recipe: Recipe, first: Path, tmp_path: Path) -> None:
    for name in "ab":
        assert trained(recipe, tmp_path / name, [*learnable(), MORE], begun=first / "begun").went_on
    same = ["encoder.onnx", "understanding.json", "encoder.json"]
    assert filecmp.cmpfiles(tmp_path / "a/model", tmp_path / "b/model", same, shallow=False)[0] == same
    assert read(tmp_path / "a") == read(tmp_path / "b")


def test_what_was_held_out_is_held_out_again(recipe: Recipe, first: Path) -> None:
    begun = again.nearest(first / "begun", fit.make_kit([*learnable(), MORE], recipe), [*learnable(), MORE])
    assert begun is not None
    learn, held = begun.split([MORE, *learnable()])
    assert len(held) == len(begun.held) >= 3 and MORE in learn
    assert sorted([*learn, *held], key=str) == sorted([MORE, *learnable()], key=str)


@pytest.mark.parametrize(
    ("examples", "changed_most"),
    [
        ([*learnable(), MORE], 0.0),
        (learnable()[:-8], 0.1),
        ([*learnable()[1:], replace(MORE, intent="another")], 0.1),
        ([*learnable()[1:], replace(MORE, spans=(Span(10, 15, "colour"),))], 0.1),
        ([*learnable()[1:], replace(MORE, further=(("sentiment", "negative"),))], 0.1),
    ],
    ids=["never wanted", "too many changes", "another intent", "another entity", "another head"],
)
def test_what_it_cannot_go_on_from_is_trained_from_nothing(
    recipe: Recipe, first: Path, examples: list[Example], changed_most: float
) -> None:
    own = replace(recipe, changed_most=changed_most)
    assert again.nearest(first / "begun", fit.make_kit(examples, own), examples) is None


def test_the_same_examples_are_trained_from_nothing(recipe: Recipe, first: Path, tmp_path: Path) -> None:
    """Else a training that broke off at its very end, or that is wished for again, gave another model."""
    report = trained(recipe, tmp_path, learnable(), begun=first / "begun")
    assert not report.went_on
    assert filecmp.cmp(tmp_path / "model/encoder.onnx", first / "model/encoder.onnx", shallow=False)


def test_a_training_that_is_still_being_written_down_is_not_looked_at(
    recipe: Recipe, first: Path, tmp_path: Path
) -> None:
    (folder,) = (first / "begun").iterdir()
    (tmp_path / ".new-x").mkdir()
    (tmp_path / ".new-x" / "told.json").write_text((folder / "told.json").read_text())
    examples = [*learnable(), MORE]
    assert again.nearest(tmp_path, fit.make_kit(examples, recipe), examples) is None


def test_the_nearest_training_is_gone_on_from(recipe: Recipe, first: Path, tmp_path: Path) -> None:
    short = replace(recipe, epochs=1, changed_most=0.0)
    for examples in (learnable(), learnable()[:-3]):
        trained(short, tmp_path, examples, begun=tmp_path / "begun")
    kept = [*learnable()[:-2]]
    begun = again.nearest(tmp_path / "begun", fit.make_kit(kept, recipe), kept)
    assert begun is not None and len(begun.examples) == len(learnable()) - 3


def test_one_that_goes_on_and_is_worse_is_trained_from_nothing(
    recipe: Recipe, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, examples = replace(recipe, epochs=3), [*learnable(), MORE]
    gone_on: list[Any] = []

    def spoilt(*arguments: Any, **named: Any) -> Any:
        made = continued(*arguments, **named)
        if named["journal"].stage.startswith("development-again"):
            gone_on.append(made)
            for name in ("intents.weights", "intents.bias", "intents.points"):
                made.heads[name][:] *= -1.0
        return made

    monkeypatch.setattr(fit, "continued", spoilt)
    report = trained(short, tmp_path / "a", examples, begun=first / "begun")
    assert gone_on and not report.went_on
    trained(short, tmp_path / "b", examples, begun=None)
    assert filecmp.cmp(tmp_path / "a/model/encoder.onnx", tmp_path / "b/model/encoder.onnx", shallow=False)
    assert read(tmp_path / "a") == read(tmp_path / "b")


@pytest.mark.parametrize(
    ("lost", "won", "tags", "good"),
    [(0, 0, 0.9, True), (1, 0, 0.9, True), (2, 0, 0.9, False), (5, 3, 0.9, True), (9, 4, 0.9, False),
     (0, 9, 0.9, True), (0, 0, 0.88, True), (0, 9, 0.8, False)],
)  # fmt: skip
def test_as_good_is_no_more_mistakes_than_chance_makes(lost: int, won: int, tags: float, good: bool) -> None:
    examples = [Example(f"text {number}", "greet") for number in range(100)]
    before = [True] * lost + [False] * won + [True] * (100 - lost - won)
    after = [False] * lost + [True] * won + [True] * (100 - lost - won)
    held = {again._digest(example): right for example, right in zip(examples, before, strict=True)}
    begun = Begun(Path(), "", frozenset(held), held, tags=0.9)
    measured = Measured(sum(after) / 100, tags, 100, Calibration(), tuple(after))
    assert begun.is_matched(examples, measured) is good
