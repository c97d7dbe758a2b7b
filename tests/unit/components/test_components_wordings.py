"""Entities keep to the wordings that examples have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.nlu.training_data.message import Message

from kefu.components.wordings import KnownWordings, known_part
from kefu.language.tagging import units
from kefu.language.text import fold_case
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


WORDINGS = frozenset({"died", "a", "it died", "不亮了", "亮了", "坏了", "不亮了 a", "week"})


def longest(text: str, start: int, end: int) -> tuple[int, int] | None:
    """As ``known_part``, by folding every run."""
    cut = units(text)
    touched = [i for i, unit in enumerate(cut) if start < unit.end and unit.start < end]
    near = cut[max(0, touched[0] - 4) : touched[-1] + 5] if touched else []
    runs = [(a.start, b.end) for i, a in enumerate(near) for b in near[i:] if a.start < end and start < b.end]
    known = [run for run in runs if fold_case(text[run[0] : run[1]]) in WORDINGS]
    return max(known, key=lambda run: run[1] - run[0], default=None)


@settings(deadline=None)
@given(st.text(alphabet="it DIEDaweek不亮壞坏了 ,İ", max_size=40), st.integers(0, 40), st.integers(1, 12))
def test_the_longest_known_wording_is_found_without_folding_every_run(
    text: str, start: int, length: int
) -> None:
    lengths = frozenset(map(len, WORDINGS))
    assert known_part(text, start, start + length, WORDINGS) == longest(text, start, start + length)
    assert known_part(text, start, start + length, WORDINGS, lengths=lengths) == longest(
        text, start, start + length
    )
