"""Every conversation of chats/*.chat, word for word, with the rows it leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.driven.rows import check
from tests.driven.servers import Assistant
from tests.driven.transcript import Chat, read

CHATS = [chat for file in sorted((Path(__file__).parent / "chats").glob("*.chat")) for chat in read(file)]
WANTED = 60
MOST_OTHERWISE = 0.04


@pytest.fixture(scope="module")
def otherwise() -> list[str]:
    """The chats that ended at a sentence which was not understood as written."""
    return []


def test_there_are_enough_conversations_in_both_languages() -> None:
    chinese = [chat for chat in CHATS if re.search(r"[\u4e00-\u9fff]", chat.steps[0].said)]
    assert len(CHATS) >= WANTED
    assert len(chinese) >= WANTED // 3


@pytest.mark.parametrize("chat", CHATS, ids=lambda chat: f"{chat.file}: {chat.title}")
def test_conversation(chat: Chat, running: Assistant, otherwise: list[str]) -> None:
    """A step that is misunderstood ends its chat and is counted; anything else that goes wrong fails here.

    The model is trained where the tests run, and no two kinds of processor train quite the same one:
    ``test_nearly_all_go_as_written`` says how many sentences may be heard otherwise.
    """
    running.reset()
    talk = running.begin(chat.speaker)
    heard: list[str] = []
    for step in chat.steps:
        said = step.said.replace("{code}", running.last_code(talk)) if "{code}" in step.said else step.said
        reply = talk.say(said)
        heard += [f"> {said}", *(f"< {line}" for line in reply.splitlines())]
        missing = [f"wanted: {text}" for text in step.wanted if text.lower() not in reply.lower()]
        problems = _problems(step.unwanted, reply)
        if missing and not problems:
            otherwise.append("\n".join([f"{chat.file}:{step.line}", *missing, *heard[-4:]]))
            return
        with running.store.read() as tx:
            problems += [found for row in step.rows if (found := check(tx, talk.session_id, row))]
        assert not problems, "\n".join([f"{chat.file}:{step.line}", *problems, *heard])


def test_nearly_all_go_as_written(otherwise: list[str]) -> None:
    print("\n\n".join(otherwise))
    assert len(otherwise) <= MOST_OTHERWISE * len(CHATS), "\n\n".join(otherwise)


def _problems(unwanted: list[str], reply: str) -> list[str]:
    lower = reply.lower()
    problems = [] if reply.strip() else ["there was no answer"]
    problems += [f"unwanted: {text}" for text in unwanted if text.lower() in lower]
    left = re.findall(r"\{[a-z_]+\}", reply)
    return problems + [f"a placeholder was left: {json.dumps(left)}" for _ in left[:1]]
