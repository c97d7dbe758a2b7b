"""Why a message was understood as it was."""

from __future__ import annotations

import json

from kefu.evaluation.explain import EntityFound, explained
from tests.unit.evaluation.fakes import FakeUnderstanding

INTENTS = ("greet", "pay", "a", "b", "c", "d", "e")


def test_a_message_is_explained_by_words_neighbours_and_entities() -> None:
    found = explained(FakeUnderstanding(*INTENTS), "pay 12 angry", language="en")
    assert [one.intent for one in found.ranking] == ["pay", "greet", "a", "b", "c"]
    assert (found.words[0].word, found.words[0].weight) == ("pay", 0.8)
    assert (found.nearest[0].text, found.nearest[0].intent, found.nearest[0].similarity) == (
        "about pay",
        "pay",
        1.0,
    )
    assert found.entities == (EntityFound(4, 6, "number", "12", 0.9),)
    assert (found.strangeness, found.out_of_scope) == (0.2, False)
    values = json.loads(json.dumps(found.as_dict()))
    assert values["ranking"][0] == {"intent": "pay", "confidence": 0.8}
    assert values["language"] == "en"
    assert values["further"] == [{"head": "sentiment", "value": "negative", "confidence": 0.9}]
    assert found.as_table().endswith("sentiment negative (0.900)\nlanguage en")


def test_the_bars_are_as_long_as_the_words_are_strong() -> None:
    lines = explained(FakeUnderstanding(*INTENTS), "weird pay").as_table().splitlines()
    assert "  pay    +0.800  " + "█" * 20 in lines
    assert "  weird  -0.040  ░" in lines
    assert lines[-1] == "strangeness 0.900 (out of scope)"


def test_what_is_not_there_is_said_to_be_none() -> None:
    found = explained(FakeUnderstanding(), "")
    assert (found.ranking, found.words, found.nearest, found.entities) == ((), (), (), ())
    assert found.as_table().count("\n  none") == 4 and "language" not in found.as_table()
