"""Our policies for rules and stories say what Rasa's say, and rest only where it changes nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import SHOULD_NOT_BE_SET
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    Event,
    FollowupAction,
    Restarted,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.dialogue_policy import DialoguePolicy
from kefu.components.recall import StoryPolicy
from kefu.components.rules import IndexedRulePolicy, RuleIndex
from kefu.components.states import StatedTracker
from tests.support.graph import Workshop
from tests.support.talks import Talk, Trained, trained

SMALL = settings(deadline=None, max_examples=200)
ACTIONS, INTENTS = ("action_listen", "utter_greet", "order_form"), ("greet", "order")
slot_values = st.sampled_from(([1.0], [0.0, 1.0], SHOULD_NOT_BE_SET, []))
said = st.fixed_dictionaries(
    {},
    optional={
        "intent": st.sampled_from((*INTENTS, "")),
        "entities": st.sampled_from((["size"], [])),
        "text": st.just("x"),
    },
)
done = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"action_name": st.sampled_from(ACTIONS)}),
    st.just({"action_text": "hello"}),
)
state = st.fixed_dictionaries(
    {},
    optional={
        "user": said,
        "prev_action": done,
        "slots": st.fixed_dictionaries({}, optional={"mood": slot_values}),
        "active_loop": st.fixed_dictionaries({"name": st.sampled_from(("order_form", SHOULD_NOT_BE_SET))}),
    },
)


def as_told(found: dict[str, Any]) -> dict[str, Any]:
    """A state as a tracker tells it: tuples where JSON has lists."""
    return {
        kind: {key: tuple(value) if isinstance(value, list) else value for key, value in part.items()}
        for kind, part in found.items()
    }


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    yield trained(Workshop(tmp_path_factory.mktemp("theirs")))


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    yield trained(Workshop(tmp_path_factory.mktemp("ours")), ours=True)


@SMALL
@given(
    rules=st.lists(st.lists(state, min_size=1, max_size=3), max_size=8),
    conversation=st.lists(state, max_size=4),
)
def test_the_index_finds_the_rules_that_trying_all_finds(
    theirs: Trained, rules: list[Any], conversation: list[Any]
) -> None:
    lookup = {json.dumps(rule, sort_keys=True): "action_x" for rule in rules}
    states = [as_told(found) for found in conversation]
    policy = theirs.policies[0]
    assert isinstance(policy, RulePolicy)
    assert RuleIndex(lookup).fitting(states) == policy._get_possible_keys(lookup, states)


def test_another_code_is_another_training() -> None:
    kinds = (IndexedRulePolicy, StoryPolicy, DialoguePolicy)
    assert len({kind.fingerprint_addon({}) for kind in kinds} - {None}) == len(kinds)


def test_both_learn_the_same(theirs: Trained, ours: Trained) -> None:
    assert isinstance(ours.policies[0], IndexedRulePolicy) and isinstance(ours.policies[1], StoryPolicy)
    for one, other in zip(theirs.policies[:2], ours.policies[:2], strict=True):
        assert one.lookup == other.lookup


def chosen(assistant: Trained, tracker: DialogueStateTracker) -> tuple[object, ...]:
    """What Rasa's ensemble makes of all predictions."""
    told = assistant.predictions(tracker)
    best: PolicyPrediction = DefaultPolicyPredictionEnsemble().combine_predictions(
        told, tracker, assistant.domain
    )
    return (
        list(best.probabilities),
        best.policy_name,
        best.policy_priority,
        [event.as_dict().get("event") for event in best.events],
        best.hide_rule_turn,
        best.is_no_user_prediction,
    )


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_the_ensemble_takes_the_same_action(theirs: Trained, ours: Trained, seed: int) -> None:
    dice = random.Random(seed)
    tracker = StatedTracker("one", ours.domain.slots)
    plain = DialogueStateTracker("one", theirs.domain.slots)
    talk, rested = Talk(ours, dice), 0
    for _ in range(12):
        for event in told(talk.turn(tracker)):
            plain.update(event)
            follows = StatedTracker.from_events("one", list(plain.events), slots=ours.domain.slots)
            assert isinstance(follows, StatedTracker)
            assert chosen(ours, follows) == chosen(theirs, plain)
            rested += follows.settled
    assert rested


def told(events: Sequence[Event]) -> list[Event]:
    return list(deserialise_events([event.as_dict() for event in events]))


def greeted(*events: Event) -> list[Event]:
    return [ActionExecuted("action_listen"), UserUttered("hi", {"name": "greet", "confidence": 1.0}), *events]


def test_where_a_rule_is_certain_the_others_rest(ours: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(StoryPolicy, "recall", lambda self, *a, **k: asked.append("story"))
    monkeypatch.setattr(type(ours.policies[2]), "best", lambda self, *a: asked.append("learnt") or ("", 0.0))
    ours.predictions(StatedTracker.from_events("one", greeted(), slots=ours.domain.slots))
    assert asked == []
    ours.predictions(DialogueStateTracker.from_events("one", greeted(), slots=ours.domain.slots))
    assert asked == ["story", "learnt"]


def test_behind_a_declined_action_all_are_asked(ours: Trained, theirs: Trained) -> None:
    """The ensemble takes the probability of a declined action away: what others say then counts."""
    events = greeted(ActionExecutionRejected("utter_greet"))
    tracker = StatedTracker.from_events("one", events, slots=ours.domain.slots)
    assert chosen(ours, tracker) == chosen(
        theirs, DialogueStateTracker.from_events("one", told(events), slots=theirs.domain.slots)
    )
    assert isinstance(tracker, StatedTracker) and not tracker.settled


def test_what_was_certain_is_asked_again_when_something_happened(ours: Trained) -> None:
    tracker = StatedTracker.from_events("one", greeted(), slots=ours.domain.slots)
    assert isinstance(tracker, StatedTracker)
    ours.predictions(tracker)
    assert tracker.settled
    tracker.update(ActionExecuted("utter_greet"))
    assert not tracker.settled


STATE = ("followup_action", "latest_action", "_paused", "active_loop", "latest_message",
         "latest_bot_utterance", "sender_id", "is_rule_tracker", "model_id")  # fmt: skip


def assert_copied(tracker: StatedTracker) -> None:
    """A copy is what Rasa's replay of the events gives."""
    replayed, twin = DialogueStateTracker.copy(tracker), tracker.copy()
    assert type(twin) is type(replayed) is StatedTracker
    for name in STATE:
        assert getattr(twin, name) == getattr(replayed, name), name
    assert list(twin.events) == list(replayed.events)
    assert {n: (s.value, s.has_been_set) for n, s in twin.slots.items()} == {
        n: (s.value, s.has_been_set) for n, s in replayed.slots.items()
    }


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_a_copy_is_what_a_replay_gives(ours: Trained, seed: int) -> None:
    dice = random.Random(seed)
    tracker, talk = StatedTracker("one", ours.domain.slots), Talk(ours, dice)
    assert_copied(tracker)
    for _ in range(10):
        talk.turn(tracker)
        assert_copied(tracker)
        if dice.random() < 0.3:
            tracker.update(dice.choice((Restarted(), FollowupAction("utter_greet"))))
            assert_copied(tracker)
            tracker.clear_followup_action()  # as Rasa's processor does without an event
            assert_copied(tracker)


def test_a_copy_does_not_change_what_it_was_made_of(ours: Trained) -> None:
    tracker = StatedTracker.from_events("one", greeted(ActionExecuted("order_form")), slots=ours.domain.slots)
    twin = tracker.copy()
    twin.update(UserUttered("M", {"name": "inform"}))
    twin._set_slot("size", "M")
    assert len(tracker.events) == 3 and tracker.get_slot("size") is None
    assert tracker.latest_message is not None and tracker.latest_message.text == "hi"
