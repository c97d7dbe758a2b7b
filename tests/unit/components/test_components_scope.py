"""What is out of scope, and how a customer feels: read off the Reading that the classifier left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.shared.nlu.training_data.message import Message

from kefu.components.entities import CATALOGUE
from kefu.components.scope import OutOfScope
from kefu.components.sentiment import SentimentAnalyzer
from kefu.language.understanding import Reading
from tests.support.graph import Workshop

FURTHER = {
    "sentiment": {"negative": 0.7, "neutral": 0.2, "positive": 0.1},
    "urgency": {"high": 0.1, "low": 0.6, "normal": 0.3},
}


def message(
    *, intent: str = "track_order", confidence: float = 0.3, strangeness: float = 0.95, **more: Any
) -> Message:
    """A message as the classifier leaves it."""
    reading = Reading(
        ranking=((intent, confidence), ("faq", 0.1)), spans=(), strangeness=strangeness, energy=-2.5,
        distance=0.75, further=FURTHER, vector=np.ones(1),
    )  # fmt: skip
    ranking = [{"name": intent, "confidence": confidence}, {"name": "faq", "confidence": 0.1}]
    text = {"text": "who won the match", **more}
    return Message({**text, "reading": reading, "intent": dict(ranking[0]), "intent_ranking": ranking})


def test_a_strange_message_is_out_of_scope_and_says_why(tmp_path: Path) -> None:
    (found,) = Workshop(tmp_path).create(OutOfScope).process([message()])
    told = found.as_dict(only_output_properties=True)
    assert told["out_of_scope"] == {"score": 0.95, "energy": -2.5, "distance": 0.75}
    assert told["intent"] == {"name": "out_of_scope", "confidence": 0.95}
    assert [one["name"] for one in told["intent_ranking"]] == ["out_of_scope", "track_order", "faq"]


@pytest.mark.parametrize(
    "kept",
    [
        {"strangeness": 0.89},
        {"confidence": 0.6},
        {"intent": "safety_issue"},
        {"entities": [{"entity": "product", "start": 0, "end": 3, "extractor": CATALOGUE}]},
    ],
    ids=["not so strange", "sure of the intent", "grave", "something of the shop is named"],
)
def test_an_intent_is_kept_where_there_is_a_reason(tmp_path: Path, kept: dict[str, Any]) -> None:
    one = message(**kept)
    before = dict(one.get("intent"))
    (found,) = Workshop(tmp_path).create(OutOfScope).process([one])
    assert found.get("intent") == before
    assert found.get("out_of_scope")["score"] == kept.get("strangeness", 0.95)


def test_an_entity_that_is_learnt_is_no_reason(tmp_path: Path) -> None:
    one = message(entities=[{"entity": "country", "start": 0, "end": 3, "extractor": "Bert"}])
    (found,) = Workshop(tmp_path).create(OutOfScope).process([one])
    assert found.get("intent")["name"] == "out_of_scope"


def test_a_message_without_a_word_is_not_understood_which_is_something_else(tmp_path: Path) -> None:
    (found,) = Workshop(tmp_path).create(OutOfScope).process([message(text="  ", strangeness=1.0)])
    assert found.get("intent")["name"] == "track_order"
    assert found.get("out_of_scope")["score"] == 1.0


def test_its_options_are_heard(tmp_path: Path) -> None:
    options = {"threshold": 0.5, "unsure": 0.9, "intent": "strange", "never_from": ["greet"]}
    gate = Workshop(tmp_path).create(OutOfScope, **options)
    both = [message(strangeness=0.6, confidence=0.8), message(intent="greet")]
    assert [m.get("intent")["name"] for m in gate.process(both)] == ["strange", "greet"]


def test_sentiment_and_urgency_are_told_with_their_confidences(tmp_path: Path) -> None:
    (found,) = Workshop(tmp_path).create(SentimentAnalyzer).process([message()])
    assert found.as_dict(only_output_properties=True)["sentiment"] == {
        "label": "negative", "confidence": 0.7, "urgency": "low", "urgency_confidence": 0.6,
    }  # fmt: skip


def test_a_classifier_without_such_heads_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"learnt no head 'anger', only \['sentiment', 'urgency'\]. Set Bert"
    ):
        Workshop(tmp_path).create(SentimentAnalyzer, sentiment="anger").process([message()])


@pytest.mark.parametrize("kind", [OutOfScope, SentimentAnalyzer])
def test_it_stands_behind_the_classifier(tmp_path: Path, kind: Any) -> None:
    judge = Workshop(tmp_path).create(kind)
    with pytest.raises(
        ValueError, match=f"{kind.__name__} found a message that nobody has read. Place it behind"
    ):
        judge.process([Message({"text": "hello"})])
    mute = Message({"intent": {"name": "greet"}})
    assert judge.process([mute])[0].data == {"intent": {"name": "greet"}}
