"""Entities keep to the wordings that examples have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from kefu.components.wordings import KnownWordings
from tests.support.graph import Workshop


def entity(name: str, start: int, end: int) -> dict[str, Any]:
    return {"entity": name, "start": start, "end": end, "value": "?", "extractor": "E"}


@pytest.fixture(scope="module")
def wordings(tmp_path_factory: pytest.TempPathFactory) -> Any:
    examples = [
        Message({"text": "it Died", "intent": "x", "entities": [entity("reason", 3, 7)]}),
        Message({"text": "台灯不亮了", "intent": "x", "entities": [entity("reason", 2, 5)]}),
        Message({"text": "how much", "intent": "x"}),
    ]
    return Workshop(tmp_path_factory.mktemp("storage")).trained(KnownWordings, examples)


@pytest.mark.parametrize(
    ("text", "found", "kept"),
    [
        ("the lamp died", ("reason", 9, 13), "died"),
        ("the lamp died after a week", ("reason", 9, 19), "died"),
        ("臺燈用了半年不亮了", ("reason", 4, 9), "不亮了"),
        ("blorf wibble", ("reason", 6, 12), None),
        ("how much is it", ("attribute", 4, 8), None),
        ("send it to Ghana", ("country", 11, 16), "Ghana"),
        ("really?", ("reason", 6, 7), None),
        ("17 of them", ("quantity", 0, 2), "17"),
    ],
    ids=["known", "longer", "Traditional", "unknown", "no examples", "an open type", "mark", "digits"],
)
def test_an_entity_is_cut_down_to_a_known_wording(
    wordings: Any, text: str, found: tuple[str, int, int], kept: str | None
) -> None:
    message = Message({"text": text, "entities": [entity(*found)]})
    entities = wordings.process([message])[0].get("entities")
    assert [text[e["start"] : e["end"]] for e in entities] == ([kept] if kept else [])


def test_without_an_annotated_example_no_wording_is_known(tmp_path: Path) -> None:
    component = Workshop(tmp_path).trained(KnownWordings, [Message({"text": "hi", "intent": "greet"})])
    message = Message({"text": "it died", "entities": [entity("reason", 3, 7)]})
    assert component.process([message])[0].get("entities") == []
