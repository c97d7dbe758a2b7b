"""A short message that is an example has that example's intent."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.nlu.training_data.message import Message

from kefu.components.known import KnownExamples
from tests.support.graph import Workshop

EXAMPLES = [
    ("好", "affirm"),
    ("你好", "greet"),
    ("ok", "affirm"),
    ("ok!", "thank"),
    ("where is my parcel now", "track"),
]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("好。", "affirm"),
        ("你好！！", "greet"),
        ("OK", "unsure"),
        ("where is my parcel now", "unsure"),
        ("", "unsure"),
    ],
    ids=["a word", "another", "of two intents", "long", "nothing"],
)  # fmt: skip
def test_the_intent_of_the_example(tmp_path: Path, text: str, intent: str) -> None:
    examples = [Message({"text": text, "intent": name}) for text, name in EXAMPLES]
    ranking = [{"name": "unsure", "confidence": 0.6}, {"name": "affirm", "confidence": 0.4}]
    message = Message({"text": text, "intent": dict(ranking[0]), "intent_ranking": ranking})
    found = Workshop(tmp_path).trained(KnownExamples, examples).process([message])[0]
    assert found.get("intent")["name"] == intent
    assert sum(one["confidence"] for one in found.get("intent_ranking")) == pytest.approx(1.0)
