"""The whole report over a model: which rows count where, and training data that contradicts itself."""

from __future__ import annotations

import json
import random

import pytest

from kefu.errors import ConfigError, KefuError
from kefu.evaluation.examples import NONE, Labelled
from kefu.evaluation.predictions import Prediction, from_parse_data, reader_of
from kefu.evaluation.report import UnderstandingReport, evaluate
from kefu.evaluation.training import as_examples, contradictions, recipe_of
from kefu.language.examples import Example, Span
from tests.unit.evaluation.fakes import FakeUnderstanding

ROWS = (
    Labelled("greet me", "greet", language="en", spans=()),
    Labelled("pay 12 now", "pay", language="en", spans=(Span(4, 6, "number"),)),
    Labelled("weird pay", "pay", language="en"),
    Labelled("weird things", NONE),
    Labelled("", "bye", accept=("greet", "pay")),
)


def read(
    rows: tuple[Labelled, ...] = ROWS, *, gated: bool = True
) -> tuple[UnderstandingReport, list[Prediction]]:
    return evaluate(rows, reader_of(FakeUnderstanding("greet", "pay"), gated=gated))


def test_every_section_counts_the_rows_that_it_is_about() -> None:
    report, found = read()
    assert [one.intent for one in found] == ["greet", "pay", NONE, NONE, "greet"]
    assert found[2].best == "pay" and found[2].confidence == 0.8
    values = report.as_dict()
    assert (values["accuracy"], values["examples"]) == (0.8, 5)
    outside = values["out_of_scope"]
    assert (outside["in_scope_accuracy"], outside["in_scope_accuracy_ungated"]) == (0.75, 1.0)
    assert (outside["recall"], outside["precision"], outside["accuracy"]) == (1.0, 0.5, 0.8)
    # three rows at least as strange as the fourth would be needed for more
    assert outside["auroc"] == pytest.approx(3.5 / 4)
    assert values["calibration"]["examples"] == 4  # confidence in an intent, where there is one
    assert (values["entities"]["messages"], values["entities"]["f1"]) == (2, 1.0)
    assert [row["language"] for row in values["languages"]] == ["en"]
    json.dumps(values)


def test_without_a_row_out_of_scope_nothing_is_kept_out() -> None:
    rows = tuple(row for row in ROWS if not row.outside)
    report, found = read(rows, gated=False)
    assert NONE not in {one.intent for one in found}
    assert report.outside is None and "out_of_scope" not in report.as_dict()
    assert report.as_dict()["accuracy"] == 1.0


def test_a_file_without_entities_or_intents_has_no_such_section() -> None:
    report, _ = read((Labelled("greet", "greet"),))
    assert report.entities is None and report.as_table().count("\n\n") == 2
    report, _ = read((Labelled("pay 3", spans=(Span(4, 5, "number"),)),))
    assert report.intents is None and report.calibration is None
    assert set(report.as_dict()) == {"entities", "latency"}


def test_rows_are_read_one_by_one_and_stand_for_themselves() -> None:
    fake = FakeUnderstanding("greet", "pay")
    report, _ = evaluate(ROWS, reader_of(fake, gated=True))
    assert set(fake.batches) == {1}
    shuffled = random.Random(1).sample(ROWS, len(ROWS))
    other, _ = evaluate(shuffled, reader_of(fake, gated=True))
    assert other.as_dict() | {"latency": None} == report.as_dict() | {"latency": None}


def test_a_model_without_intents_answers_with_none() -> None:
    _, (found,) = evaluate([Labelled("pay 3", "pay")], reader_of(FakeUnderstanding(), gated=False))
    assert (found.intent, found.best, found.confidence) == ("", "", 0.0)


def test_the_fallback_of_the_assistant_is_out_of_scope() -> None:
    ranking = [
        {"name": "nlu_fallback", "confidence": 0.7},
        {"name": "greet", "confidence": 0.3},
        {"name": "out_of_scope", "confidence": 0.2},
    ]
    entities = [{"start": 0, "end": 2, "entity": "number", "value": "12"}]
    row = {"intent": ranking[0], "intent_ranking": ranking, "entities": entities}
    found = from_parse_data(row)
    assert (found.intent, found.best, found.confidence, found.strangeness) == (NONE, "greet", 0.3, None)
    assert found.spans == (Span(0, 2, "number"),)
    assert from_parse_data(row, moved=-1).spans == (Span(1, 3, "number"),)
    strange = from_parse_data({"intent": {"name": "greet", "confidence": 1.0}, "strangeness": 0.25})
    assert (strange.intent, strange.strangeness, strange.spans) == ("greet", 0.25, ())


def test_a_message_that_no_classifier_named_is_no_crash() -> None:
    found = from_parse_data(
        {"intent": {"name": None, "confidence": 0.0}, "intent_ranking": [], "entities": []}
    )
    assert (found.intent, found.best, found.confidence) == ("", "", 0.0)


# --- training data


def test_a_text_in_scope_and_out_of_it_is_told_with_its_lines() -> None:
    rows = [
        Labelled("where is it", "track", line=2, source="a.csv, line 2"),
        Labelled("hello", "greet", line=3),
        Labelled("where  is it ", NONE, line=4),
        Labelled("hello", "bye", line=9),
    ]
    assert contradictions(rows) == ["a.csv: 'where is it' is out of scope (line 4) and track (line 2)"]


def test_what_is_known_to_be_out_of_scope_is_no_class() -> None:
    rows = [Labelled("hi", "greet", source="a.csv, line 2"), Labelled("moon?", NONE, source="a.csv, line 3")]
    within, outside = as_examples(rows)
    assert within == [Example("hi", "greet", (), "a.csv, line 2")]
    assert outside == [Example("moon?", None, (), "a.csv, line 3")]
    with pytest.raises(KefuError, match=r"a.csv, line 3.*out of scope"):
        as_examples(rows[1:])


def test_a_recipe_is_changed_by_key_and_value() -> None:
    recipe = recipe_of(["epochs=3", "learning_rate=2e-5", "tuning=lora", "ngrams=false"], seed=7)
    changed = (recipe.epochs, recipe.learning_rate, recipe.tuning, recipe.ngrams, recipe.seed)
    assert changed == (3, 2e-5, "lora", False, 7)


@pytest.mark.parametrize(
    ("option", "words"), [("epochs", "key=value"), ("epoch=3", "epochs"), ("epochs=x", "int")]
)
def test_a_recipe_that_cannot_be_read_says_why(option: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        recipe_of([option])
