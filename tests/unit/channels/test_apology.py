"""The channel's own sentences and the language that it says them in."""

from __future__ import annotations

import pytest

from kefu.channels.apology import PERSON, SENTENCES, apology, language_of


@pytest.mark.parametrize(
    ("text", "session_language", "language"),
    [
        ("我的订单到哪了", "en", "zh"),
        ("退 AirPods 的 refund please", "en", "zh"),
        ("where is my order", "zh", "en"),
        ("KF10000002", "zh", "zh"),
        ("👍", "zh", "zh"),
        ("👍", None, "en"),
        ("ok", "zh", "zh"),
        ("¿?", "es", "en"),
    ],
)
def test_the_script_tells_before_the_session(text: str, session_language: str | None, language: str) -> None:
    assert language_of(text, session_language=session_language) == language


@pytest.mark.parametrize("kind", sorted(SENTENCES))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_apology_offers_a_person(kind: str, language: str) -> None:
    message = apology(kind, language=language, recipient="s")
    assert message["text"] == SENTENCES[kind][language]
    assert message["buttons"] == [{"title": PERSON[language], "payload": "/request_human"}]
