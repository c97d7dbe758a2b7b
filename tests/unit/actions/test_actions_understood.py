"""Who is upset and cannot wait: what counts as that, what it changes, and what is written down of a turn."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import base
from actions.confirm import ActionAffirm
from actions.fallback import ActionTwoStageFallback
from actions.handoff import ActionComplaint, ActionEscalateLegal, ActionRequestHuman
from actions.turn import Event, Turn
from actions.understood import decision, urgent
from kefu.shop.identity import Identity
from kefu.store.threaded import ThreadedStore
from tests.support.demo_shop import NOW, DemoShop, demo_shop

ALICE = Identity("alice", "C1001")


def heard(label: str, sure: float, urgency: str, certain: float) -> dict[str, Any]:
    """A message's sentiment as SentimentAnalyzer gives it."""
    return {"label": label, "confidence": sure, "urgency": urgency, "urgency_confidence": certain}


UPSET = heard("negative", 0.95, "high", 0.9)
CALM = heard("neutral", 0.95, "low", 0.9)


def said(intent: str, sentiment: dict[str, Any] | None = None) -> Event:
    """A customer's message as the tracker keeps it."""
    message: dict[str, Any] = {"text": "Ann, 5 Elm Road", "intent": {"name": intent, "confidence": 0.3}}
    message["intent_ranking"] = [dict(message["intent"]), {"name": "track_order", "confidence": 0.2}]
    return {"event": "user", "parse_data": message | ({"sentiment": sentiment} if sentiment else {})}


def replied(**custom: Any) -> Event:
    """The assistant's words with what it noted on them."""
    return {"event": "bot", "data": {"custom": custom}}


def turn(*events: Event) -> Turn:
    """The turn that answers the last of the events."""
    tracker = Tracker("alice", {}, events[-1]["parse_data"], list(events), False, None, {}, None)
    return Turn(tracker, CollectingDispatcher(), ALICE, NOW, lambda: "Asia/Shanghai")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[DemoShop]:
    with demo_shop(tmp_path) as shop:
        yield shop


def words(shop: DemoShop, action: base.KefuAction, *events: Event) -> list[str]:
    """The responses that an action says."""
    at = turn(*events)
    with shop.write() as tx:
        action.act(at, tx)
    return [message["response"] for message in at.dispatcher.messages]


def summaries(shop: DemoShop) -> list[str]:
    with shop.read() as tx:
        return [ticket.summary for ticket in tx.tickets.of_session("alice")]


@pytest.mark.parametrize(
    ("sentiment", "is_urgent"),
    [
        (heard("negative", 0.8, "high", 0.8), True),
        (heard("negative", 0.7999, "high", 0.99), False),
        (heard("negative", 0.99, "high", 0.7999), False),
        (heard("negative", 0.99, "low", 0.99), False),
        (heard("neutral", 0.99, "high", 0.99), False),
        (heard("positive", 0.99, "high", 0.99), False),
        ({"label": "negative", "urgency": "high"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_urgent_is_what_is_surely_negative_and_surely_pressing(
    sentiment: dict[str, Any] | None, is_urgent: bool
) -> None:
    assert urgent({"sentiment": sentiment}) is is_urgent


def test_a_pressed_button_has_no_feelings() -> None:
    assert not urgent({"intent": {"name": "request_human"}})


def test_a_ticket_opened_in_an_urgent_message_says_so(shop: DemoShop) -> None:
    assert words(shop, ActionRequestHuman(), said("request_human", UPSET)) == ["utter_human_open"]
    assert summaries(shop) == ["urgent: asked in the chat (request_human)"]


def test_whatever_goes_to_a_person_says_so(shop: DemoShop) -> None:
    assert words(shop, ActionEscalateLegal(), said("legal_threat", UPSET)) == ["utter_escalated_legal"]
    assert summaries(shop) == ["urgent: asked in the chat (legal_threat)"]


@pytest.mark.parametrize("sentiment", [CALM, None])
def test_a_ticket_opened_in_a_calm_message_does_not(shop: DemoShop, sentiment: dict[str, Any] | None) -> None:
    assert words(shop, ActionRequestHuman(), said("request_human", sentiment)) == ["utter_human_open"]
    assert summaries(shop) == ["asked in the chat (request_human)"]


@pytest.mark.parametrize(("before", "urgency"), [(UPSET, "urgent: "), (CALM, "")])
def test_a_yes_to_a_person_is_as_urgent_as_what_it_was_offered_on(
    shop: DemoShop, before: dict[str, Any], urgency: str
) -> None:
    complaint = said("complaint", before)
    assert words(shop, ActionComplaint(), complaint) == ["utter_complaint"]
    words(shop, ActionAffirm(), complaint, replied(offer={"kind": "human"}), said("affirm", CALM))
    assert summaries(shop) == [f"{urgency}asked in the chat (affirm)"]


def test_an_urgent_message_long_answered_is_past(shop: DemoShop) -> None:
    answered = [said("complaint", UPSET), replied(passage="returns.1")]
    words(shop, ActionRequestHuman(), *answered, said("request_human", CALM))
    assert summaries(shop) == ["asked in the chat (request_human)"]


@pytest.mark.parametrize(
    ("sentiment", "response"),
    [
        (UPSET, "utter_fallback_urgent"),
        (CALM, "utter_ask_affirmation"),
        (None, "utter_ask_affirmation"),
        (heard("negative", 0.79, "high", 0.99), "utter_ask_affirmation"),
    ],
)
def test_not_understood_and_urgent_is_offered_a_person_and_no_guesses(
    shop: DemoShop, sentiment: dict[str, Any] | None, response: str
) -> None:
    assert words(shop, ActionTwoStageFallback(), said("nlu_fallback", sentiment)) == [response]
    assert summaries(shop) == [], "a person is offered, not called"


def test_the_offer_is_taken_up_by_yes(shop: DemoShop) -> None:
    unclear = said("nlu_fallback", UPSET)
    at = turn(unclear)
    with shop.write() as tx:
        ActionTwoStageFallback().act(at, tx)
    (message,) = at.dispatcher.messages
    assert [button["payload"] for button in message["buttons"]] == ["/request_human"]
    words(shop, ActionAffirm(), unclear, replied(**message["custom"]), said("affirm", CALM))
    assert summaries(shop) == ["urgent: asked in the chat (affirm)"]


@pytest.mark.parametrize(("times", "response"), [(2, "utter_ask_rephrase"), (3, "utter_fallback_person")])
def test_later_stages_are_as_they_were(shop: DemoShop, times: int, response: str) -> None:
    unclear = [said("nlu_fallback", UPSET)] * times
    assert words(shop, ActionTwoStageFallback(), *unclear) == [response]


NEAR = [{"text": "where is my order", "intent": "track_order", "similarity": 0.93}]
CARRIED = [{"start": 0, "end": 5, "weight": 0.4}]


def test_a_decision_names_what_was_understood() -> None:
    message = {
        "text": "where is KF10000001",
        "intent": {"name": "nlu_fallback", "confidence": 0.35},
        "intent_ranking": [
            {"name": "nlu_fallback", "confidence": 0.35},
            {"name": "track_order", "confidence": 0.31},
            {"name": "cancel_order", "confidence": 0.29},
        ],
        "out_of_scope": {"score": 0.7, "energy": -2.5, "distance": 0.7},
        "sentiment": UPSET,
        "entities": [{"entity": name, "value": "KF10000001"} for name in ("product", "order_number")] * 2,
        "explanation": {"nearest": NEAR, "carried": CARRIED},
    }
    assert decision(message) == {
        "intent": "nlu_fallback",
        "confidence": 0.35,
        "runner_up": {"name": "track_order", "confidence": 0.31},
        "strangeness": 0.7,
        "sentiment": UPSET,
        "entities": ["order_number", "product"],
        "nearest": NEAR,
        "carried": CARRIED,
    }


def test_a_decision_about_nothing_says_nothing() -> None:
    known = {"intent": None, "confidence": None, "runner_up": None, "strangeness": None, "sentiment": None}
    assert decision({}) == {**known, "entities": [], "nearest": None, "carried": None}


@given(text=st.text(), other=st.text())
def test_nothing_that_was_written_stands_in_a_decision(text: str, other: str) -> None:
    def of(words: str) -> dict[str, Any]:
        entity = {"entity": "product", "value": words, "start": 0, "end": len(words)}
        return decision({**said("faq", UPSET)["parse_data"], "text": words, "entities": [entity]})

    assert of(text) == of(other)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
async def test_every_action_writes_its_decision_down_when_asked_to(
    shop: DemoShop, level: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(base, "serving", lambda: ThreadedStore(shop.store))
    at = turn(said("complaint", UPSET))
    with caplog.at_level(level, logger=base.logger.name):
        await ActionComplaint().run(at.dispatcher, at.tracker, {})
    assert [message["response"] for message in at.dispatcher.messages] == ["utter_complaint"]
    told = [line for line in caplog.messages if line.startswith("decision ")]
    assert len(told) == (level == logging.DEBUG)
    for line in told:
        record = json.loads(line.removeprefix("decision "))
        assert record == {"session": "alice", "action": "action_complaint", **decision(at.message)}
        assert "Elm Road" not in line
