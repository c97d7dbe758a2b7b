"""Discomfort is a reason to give a thing back; fire, shock and injury are a matter of safety."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.cues import is_discomfort
from actions.safety import ActionEscalateSafety
from kefu.language.text import simplified
from tests.project.test_examples import plain
from tests.support.acting import SESSION, Stage, stage
from tests.support.databases import SqliteDatabases
from tests.support.project import LANGUAGES, examples
from tests.support.talking import Talk


@pytest.fixture
def alice(
    monkeypatch: pytest.MonkeyPatch, sqlite_databases: SqliteDatabases, tmp_path: Path
) -> Iterator[Stage]:
    with stage(monkeypatch, sqlite_databases.shop(), tmp_path, "C1001") as acting:
        yield acting


@pytest.mark.parametrize(
    "text",
    [
        "they hurt my ears",
        "my headphones hurt my ears after an hour",
        "it hurts to wear them",
        "the headphones pinch my head",
        "they are so uncomfortable",
        "my ears hurt",
        "the lamp strains my eyes",
        "too tight",
        "耳机戴着耳朵疼",
        "戴久了夹得头疼",
        "戴著不舒服",
        "耳機夾頭",
        "台灯太刺眼，眼睛累",
    ],
)
def test_what_is_uncomfortable(text: str) -> None:
    assert is_discomfort(simplified(text))


@pytest.mark.parametrize(
    "text",
    [
        "I hurt my hand on the lid",
        "they hurt my son",
        "it burned my ears",
        "my ears hurt and bleed since i use the headphones",
        "the earbuds got so hot they hurt my ear",
        "I got an electric shock, my head hurts",
        "my ears hurt and I cannot hear anything any more",
        "耳朵疼得流血",
        "戴耳机耳朵疼得流脓",
        "充电时冒烟，闻了头疼",
        "被烫伤了，很疼",
        "耳机漏电，耳朵疼",
    ],
)
def test_what_is_a_matter_of_safety(text: str) -> None:
    assert not is_discomfort(simplified(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_example_of_a_safety_matter_is_taken_for_discomfort(language: str) -> None:
    texts = [plain(text) for text in examples(language)["safety_issue"]]
    assert len(texts) > 100
    assert [text for text in texts if is_discomfort(simplified(text))] == []


def tickets(stage: Stage) -> list[str]:
    with stage.store.read() as tx:
        return [row.kind for row in tx.tickets.of_session(SESSION)]


@pytest.mark.parametrize(("language", "text"), [("en", "they hurt my ears"), ("zh", "戴著耳朵疼")])
def test_discomfort_opens_no_ticket_and_prepares_a_return(alice: Stage, language: str, text: str) -> None:
    talk = Talk(alice, language)
    said = talk.say(ActionEscalateSafety(), "safety_issue", text)
    assert said.startswith(("I am sorry that it is not comfortable", "用着不舒服"))
    assert talk.slots["reason"] == "unwanted" and talk.slots["requested_slot"] == "item"
    assert ["KF10000003", 1] in talk.slots["offered"]
    assert "KF10000005" not in [order for order, _ in talk.slots["offered"]]  # a course hurts no ears
    assert tickets(alice) == []


def test_injury_opens_a_ticket_at_once(alice: Stage) -> None:
    said = Talk(alice).say(ActionEscalateSafety(), "safety_issue", "the lamp burned my hand")
    assert "emergency number" in said
    assert tickets(alice) == ["safety"]
