"""The same conversation in three trackers, turn by turn: Rasa's whole one, the folded one, and ours."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import process_time
from typing import Any

from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.channels import rasa_3_6_21
from kefu.components.checkpoints import Depth, folded
from kefu.components.states import StatedTracker
from kefu.errors import ModelError

TURNS = (10, 200, 500)
KEPT_TURNS = 5  # behind a checkpoint, on average
KINDS = ("whole", "folded", "ours")
ANSWER: dict[str, Any] = {
    "events": [{"event": "slot", "timestamp": None, "name": "focus_order", "value": "KF10000002"}] * 5,
    "responses": [{"text": None, "response": "utter_order_status", "custom": {}, "buttons": []}],
}


def measure(archive: str, *, window: int) -> dict[str, dict[str, float]]:
    """Median CPU milliseconds of a turn's predictions by kind and turn; of one answer's check by kind."""
    processor = Agent.load(archive).processor
    if processor is None:
        raise ModelError(f"found no model in {archive}; name another")
    domain = processor.domain
    times = {
        kind: {str(turn): _window(kind, processor, domain, turn, window) for turn in TURNS} for kind in KINDS
    }
    return {**times, "check": _checks(times=20)}


def _window(kind: str, processor: MessageProcessor, domain: Domain, turn: int, window: int) -> float:
    history = [event for number in range(1, turn) for event in _turn(domain, number)]
    times = []
    for _ in range(window):
        # a tracker is read anew for each turn, as it is when serving
        tracker = _tracker(kind, history, domain)
        times.append(_predictions(processor, tracker, domain, turn))
    return round(statistics.median(times), 2)


def _tracker(kind: str, history: list[Event], domain: Domain) -> DialogueStateTracker:
    events = _own(history)
    if kind != "whole":
        cut = max(0, len(events) - KEPT_TURNS * len(_turn(domain, 2)))
        short = folded(events[:cut], domain, depth=Depth()) if cut else None
        events = [*short, *events[cut:]] if short is not None else events
    tracker = (StatedTracker if kind == "ours" else DialogueStateTracker)("someone", domain.slots)
    for event in events:
        tracker.update(event)
    return tracker


def _predictions(
    processor: MessageProcessor, tracker: DialogueStateTracker, domain: Domain, turn: int
) -> float:
    """One turn's events, with a prediction before each action."""
    spent = 0.0
    for event in _own(_turn(domain, turn)):
        if isinstance(event, ActionExecuted):
            began = process_time()
            processor._predict_next_with_tracker(tracker)
            spent += process_time() - began
        tracker.update(event)
    return 1000 * spent


def _checks(*, times: int) -> dict[str, float]:
    action = RemoteAction("action_order_status", None)
    stock = _check(action, times)
    rasa_3_6_21.apply()
    return {"rasa": stock, "ours": _check(action, times)}


def _check(action: RemoteAction, times: int) -> float:
    return round(_milliseconds(lambda: action._validate_action_result(ANSWER), times), 3)


def _milliseconds(work: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        began = process_time()
        work()
        spent.append(1000 * (process_time() - began))
    return statistics.median(spent)


def _own(events: list[Event]) -> list[Event]:
    return deserialise_events([event.as_dict() for event in events])


def _turn(domain: Domain, number: int) -> list[Event]:
    """A question after an order's status, as our pipeline and actions write it."""
    intent = {"name": "track_order", "confidence": 0.97}
    parsed: dict[str, Any] = {"text": "where is my order KF10000002", "intent": intent, "entities": []}
    begin: list[Event] = [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
    ]
    return [
        *(begin if number == 1 else []),
        UserUttered(parsed["text"], intent, [], parsed, input_channel="chat"),  # type: ignore[arg-type]
        DefinePrevUserUtteredFeaturization(False),
        ActionExecuted("action_order_status", "RulePolicy", 1.0, hide_rule_turn=True),
        SlotSet("focus_order", f"KF{number}"),
        BotUttered("Order KF10000002 is shipped. " * 8, {"custom": {"kind": "order", "number": number}}),
        ActionExecuted("action_listen", "RulePolicy", 1.0, hide_rule_turn=True),
    ]
