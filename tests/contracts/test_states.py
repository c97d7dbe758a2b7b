"""A tracker that remembers its states tells what Rasa's own tells: the same states, the same predictions."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    Event,
    FollowupAction,
    Restarted,
    UserUtteranceReverted,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.states import StatedTracker
from tests.support.graph import Workshop
from tests.support.talks import Talk, Trained, trained

# of random talks one is random enough to be told by its seed: nothing to shrink
FEW: dict[str, Any] = {
    "deadline": None,
    "phases": (Phase.explicit, Phase.generate),
    "suppress_health_check": list(HealthCheck),
    "max_examples": int(os.environ.get("KEFU_TALKS", "4")),
}
TURNS = 12


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield trained(Workshop(tmp_path_factory.mktemp("policies")))
    structlog.configure(**before)


def pair(assistant: Trained) -> tuple[StatedTracker, DialogueStateTracker]:
    slots = assistant.domain.slots
    return StatedTracker("one", slots), DialogueStateTracker("one", slots)


def log(tracker: DialogueStateTracker, events: list[Event]) -> None:
    """Events of its own for each tracker: some events change the message that stands before them."""
    for event in deserialise_events([event.as_dict() for event in events]):
        tracker.update(event)


def assert_alike(ours: DialogueStateTracker, whole: DialogueStateTracker, assistant: Trained) -> None:
    only = assistant.policies[0]._get_rule_only_data()
    for unset in (False, True):
        for ignore, rule_only in ((False, None), (True, None), (True, only)):
            told = [t.past_states(assistant.domain, unset, ignore, rule_only) for t in (ours, whole)]
            assert told[0] == told[1]
            assert isinstance(ours, StatedTracker)
            for most in (1, 4):
                last = ours.past_states(assistant.domain, unset, ignore, rule_only, most=most)
                assert last == told[1][-most:]
    assert [e.as_dict() for e in ours.applied_events()] == [e.as_dict() for e in whole.applied_events()]
    assert assistant.figures(ours) == assistant.figures(whole)
    assert assistant.figures(ours.copy()) == assistant.figures(whole.copy())
    assert ours.current_slot_values() == whole.current_slot_values()
    assert ours.idx_after_latest_restart() == whole.idx_after_latest_restart()


@settings(**FEW)
@given(seed=st.integers(0, 2**32))
def test_states_and_predictions_are_those_of_a_plain_tracker(assistant: Trained, seed: int) -> None:
    """``Talk`` asks for predictions at every step, so that ours has remembered something each time."""
    dice = random.Random(seed)
    (ours, whole), talk = pair(assistant), Talk(assistant, dice)
    for _ in range(TURNS):
        new = talk.turn(ours)
        log(whole, new)
        assert_alike(ours, whole, assistant)


@settings(**FEW)
@given(seed=st.integers(0, 2**32))
def test_what_is_taken_back_is_forgotten(assistant: Trained, seed: int) -> None:
    dice = random.Random(seed)
    (ours, whole), talk = pair(assistant), Talk(assistant, dice)
    backs = (UserUtteranceReverted, ActionReverted, Restarted, lambda: FollowupAction("utter_greet"))
    for _ in range(TURNS):
        new = talk.turn(ours)
        log(whole, new)
        if dice.random() < 0.5:
            back = dice.choice(backs)()
            ours.update(back)
            log(whole, [back])
        assert_alike(ours, whole, assistant)


def test_a_message_that_is_read_otherwise_later_is_looked_at_again(assistant: Trained) -> None:
    """Rasa's policies may decide after an action whether a message counts by its words."""
    (ours, whole) = pair(assistant)
    message = UserUttered("hello", {"name": "greet", "confidence": 1.0})
    events = [ActionExecuted("action_listen"), message, ActionExecuted("utter_greet")]
    for event in events:
        ours.update(event)
        whole.update(event)
    before = ours.past_states(assistant.domain)
    message.use_text_for_featurization = True
    assert ours.past_states(assistant.domain) == whole.past_states(assistant.domain) != before


def test_what_a_caller_changes_is_a_copy(assistant: Trained) -> None:
    ours, _ = pair(assistant)
    ours.update(ActionExecuted("action_listen"))
    ours.update(UserUttered("hello", {"name": "greet", "confidence": 1.0}))
    ours.update(ActionExecuted("utter_greet"))
    told = ours.past_states(assistant.domain)
    told[-1]["user"].clear()
    assert ours.past_states(assistant.domain)[-1]["user"]


def test_each_state_is_computed_once(assistant: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    original = Domain.get_active_state
    monkeypatch.setattr(Domain, "get_active_state", lambda *a, **k: looked.append(1) or original(*a, **k))
    ours, _ = pair(assistant)
    for _ in range(20):
        ours.update(ActionExecuted("action_listen"))
        ours.update(UserUttered("hello", {"name": "greet", "confidence": 1.0}))
        ours.past_states(assistant.domain)
    # each before its action, and the one of the moment at each of the 20 calls
    assert len(looked) == 40


def test_a_tracker_that_forgets_its_first_events_tells_of_those_that_it_has(assistant: Trained) -> None:
    slots = assistant.domain.slots
    ours, whole = StatedTracker("one", slots, 7), DialogueStateTracker("one", slots, 7)
    for intent in ("greet", "order", "faq", "stop"):
        for event in (UserUttered(intent, {"name": intent}), ActionExecuted("utter_greet")):
            log(ours, [event])
            log(whole, [event])
            assert [e.as_dict() for e in ours.applied_events()] == [
                e.as_dict() for e in whole.applied_events()
            ]
    assert len(ours.events) == 7
