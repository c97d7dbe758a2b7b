"""Generated requests and messages against a real server, the assistant scripted; all: benchmarks/fuzz."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.fuzz import interface
from benchmarks.fuzz.__main__ import UNLIMITED
from benchmarks.fuzz.inputs import KINDS, drawn
from benchmarks.fuzz.talking import Came, Rest, Socket
from tests.integration.test_readiness import action_server
from tests.support.channel_server import Running, chat_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("home")
    with action_server("act") as url, chat_server(home, action_url=url, **UNLIMITED) as running:
        yield running


@pytest.mark.parametrize("number", range(4))
def test_every_answer_is_one_that_the_document_names(server: Running, number: int) -> None:
    """By ``number``: with a token or without, by the schema or against it."""
    tried = interface.cases(server.url, number=number, count=50)
    assert tried["wrong"] == [] and tried["cases"] >= 45, tried


@pytest.mark.parametrize("way", [Rest, Socket])
def test_every_message_is_answered_or_refused(server: Running, way: type[Rest] | type[Socket]) -> None:
    door, wrong = way(server.url), []
    for sent in drawn(3, count=120):
        came = door.send(sent)
        if not came.right:
            wrong.append((sent, came))
    door.close()
    assert wrong == []


def test_all_classes_are_drawn_and_the_same_ones_again() -> None:
    first = drawn(3, count=120)
    assert {sent.kind for sent in first} == set(KINDS) and first == drawn(3, count=120)


def test_an_empty_answer_would_be_found(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Rest(server.url)
    sent = next(sent for sent in drawn(3, count=120) if sent.kind == "words")
    monkeypatch.setattr("kefu.channels.turns.Turns._speak", _nothing)
    assert door.send(sent) == Came("empty")
    door.close()


async def _nothing(*values: object) -> list[object]:
    return []
