"""The transcript of README.md, replayed: every line of it is said again, days and numbers aside."""

from __future__ import annotations

import calendar
import re

import pytest
import yaml

from scripts.readme_transcript import README, Dialogue, read
from tests.driven.servers import ROOT, Assistant

DIALOGUES = read(README.read_text(encoding="utf-8"))
MONTHS = "|".join(calendar.month_name[1:])
CHANGING = (
    (re.compile(rf"\b\d{{1,2}} (?:{MONTHS}) \d{{4}}\b"), "DAY"),
    (re.compile(r"\d{4}年\d{1,2}月\d{1,2}日"), "DAY"),
    (re.compile(r"\b(?:TK|RT|RF|IN)-[\w-]+"), "NUMBER"),
)
# Which of the two is said depends on the hour at which it is asked.
BY_THE_HOUR = ("utter_human_open", "utter_human_closed")


def masked(line: str) -> str:
    """A line without what differs from day to day.

    >>> masked("It left on 3 May 2026, return RT-1a2b.")
    'It left on DAY, return NUMBER.'
    """
    for pattern, word in CHANGING:
        line = pattern.sub(word, line)
    return "a person answers" if by_the_hour(line) else line.strip()


def by_the_hour(line: str) -> bool:
    return any(pattern.fullmatch(line.strip()) for pattern in _patterns())


def _patterns() -> list[re.Pattern[str]]:
    responses = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
    texts = [variant["text"] for name in BY_THE_HOUR for variant in responses[name]]
    return [re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(text))) for text in texts]


def test_the_transcript_shows_both_languages_and_a_guest() -> None:
    said = [exchange.said for dialogue in DIALOGUES for exchange in dialogue.exchanges]
    assert any(re.search(r"[\u4e00-\u9fff]", text) for text in said)
    assert "guest" in {dialogue.speaker for dialogue in DIALOGUES}
    assert all(exchange.heard for dialogue in DIALOGUES for exchange in dialogue.exchanges)


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.heading.strip("# "))
def test_a_dialogue_goes_as_it_is_written(dialogue: Dialogue, running: Assistant) -> None:
    running.reset()
    talk = running.begin(dialogue.speaker)
    for exchange in dialogue.exchanges:
        reply = talk.say(exchange.said)
        heard = [masked(line) for line in reply.splitlines() if line.strip()]
        assert heard == [masked(line) for line in exchange.heard], f"> {exchange.said}\n{reply}"
