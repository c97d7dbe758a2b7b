"""The stock side is what Rasa itself suggests."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import yaml

from benchmarks.nlu import ours, stock
from benchmarks.nlu.cells import ROOT
from benchmarks.nlu.provenance import provenance, sources_of
from kefu.language.examples import Example, Span


def test_the_pipeline_is_rasas_default() -> None:
    file = resources.files("rasa") / "engine" / "recipes" / "config_files" / "default_config.yml"
    default = yaml.safe_load(file.read_text(encoding="utf-8"))["pipeline"]
    steps = stock.pipeline(epochs=100, seed=0, tokenizer="WhitespaceTokenizer")
    ours_of_it = [{key: value for key, value in step.items() if key != "random_seed"} for step in steps]
    assert ours_of_it == [step for step in default if step["name"] != "ResponseSelector"]


def test_texts_with_brackets_reach_rasa_as_they_are(tmp_path: Path) -> None:
    from rasa.shared.nlu.training_data.loading import load_data

    example = Example("is [KF1](order) {mine}", "track", (Span(4, 7, "order"),))
    (tmp_path / "nlu.json").write_text(json.dumps(stock.training_data([example])), encoding="utf-8")
    (message,) = load_data(str(tmp_path)).intent_examples
    assert (message.get("text"), message.get("intent")) == (example.text, "track")
    (entity,) = message.get("entities")
    assert (entity["start"], entity["end"], entity["entity"]) == (4, 7, "order")


def test_a_fallback_is_noted_and_the_best_intent_kept() -> None:
    ranking = [{"name": "nlu_fallback", "confidence": 0.7}, {"name": "track", "confidence": 0.2}]
    row = stock.row_of({"intent": ranking[0], "intent_ranking": ranking, "entities": []})
    assert (row.intent, row.confidence, row.strangeness, row.refused) == ("track", 0.2, 0.8, True)


def test_sources_are_followed_through_imports() -> None:
    found = {file.relative_to(ROOT).as_posix() for file in sources_of("kefu.language.typos")}
    assert found >= {"kefu/language/typos.py", "kefu/language/examples.py", "kefu/language/__init__.py"}
    assert not any(name.startswith("kefu/shop") for name in found)


def test_a_result_says_where_it_was_made() -> None:
    known = provenance()
    assert len(known["commit"]) == 40
    assert known["versions"]["rasa"] and known["machine"]["cores"] >= 1


def test_our_recipe_is_the_default_on_one_thread() -> None:
    frozen, usual = ours.recipe(tuning="frozen", seed=3), ours.recipe(tuning=None, seed=3)
    assert (frozen["tuning"], frozen["seed"], frozen["threads"]) == ("frozen", 3, 1)
    assert {key for key in frozen if frozen[key] != usual[key]} == {"tuning"}
