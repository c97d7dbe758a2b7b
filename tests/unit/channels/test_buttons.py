"""Buttons leave as nonces and come back as what they stand for."""

from __future__ import annotations

import pytest

from kefu.channels.buttons import exchange, is_press, nonce_of, parse_data, press_of
from kefu.channels.records import Press


def test_every_payload_is_replaced_and_kept() -> None:
    messages = [
        {"recipient_id": "s", "text": "hello"},
        {"recipient_id": "s", "text": "Which?", "buttons": [{"title": "A", "payload": '/inform{"x": "1"}'}]},
    ]
    sent, presses = exchange(messages)
    assert sent[0] == messages[0]
    payload = sent[1]["buttons"][0]["payload"]
    assert is_press(payload) and nonce_of(payload) == presses[0].nonce
    assert (presses[0].title, presses[0].intent, presses[0].entities) == ("A", "inform", {"x": "1"})
    assert messages[1]["buttons"] == [{"title": "A", "payload": '/inform{"x": "1"}'}], (
        "the input is left alone"
    )


def test_no_two_buttons_share_a_nonce() -> None:
    buttons = [{"title": "Yes", "payload": "/affirm"}] * 50
    _, presses = exchange([{"text": "?", "buttons": buttons}])
    assert len({press.nonce for press in presses}) == 50


@pytest.mark.parametrize(
    ("payload", "intent", "entities"),
    [
        ("/affirm", "affirm", {}),
        ('/track_order{"order_number":"KF10000001"}', "track_order", {"order_number": "KF10000001"}),
        ('/inform@0.9{"n": ["1", "2"]}', "inform", {"n": ["1", "2"]}),
        ("/inform{broken}", "inform", {}),
        ('/inform{"a": {"b": 1}}', "inform", {"a": {"b": 1}}),
    ],
)
def test_payloads_are_read_as_rasa_reads_them(payload: str, intent: str, entities: object) -> None:
    press = press_of("Title", payload)
    assert (press.intent, press.entities, press.title) == (intent, entities, "Title")


@pytest.mark.parametrize(("payload", "text"), [("the red one", "the red one"), ("", "Title"), ("/", "Title")])
def test_a_payload_without_an_intent_is_text(payload: str, text: str) -> None:
    press = press_of("Title", payload)
    assert (press.intent, press.title) == ("", text)


def test_a_press_is_understood_with_certainty() -> None:
    understood = parse_data(Press("n", "耳机", "inform", {"product": ["P101", "P102"]}))
    assert understood["text"] == "耳机"
    assert understood["intent"] == {"name": "inform", "confidence": 1.0} == understood["intent_ranking"][0]
    assert [entity["value"] for entity in understood["entities"]] == ["P101", "P102"]
    assert all((entity["start"], entity["end"]) == (0, 2) for entity in understood["entities"])
    assert understood["language"] is None
