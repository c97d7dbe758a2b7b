"""The slot ``language`` follows the messages; the policy never wins an action."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.policy import LanguagePolicy
from tests.support.graph import Workshop

DOMAIN = Domain.from_dict({
    "intents": ["greet"],
    "actions": ["action_x"],
    "slots": {"language": {
        "type": "categorical", "values": ["en", "zh"], "influence_conversation": False,
        "mappings": [{"type": "custom"}],
    }},
})  # fmt: skip


@pytest.fixture
def policy(tmp_path: Path) -> LanguagePolicy:
    shop = Workshop(tmp_path)
    shop.create(LanguagePolicy).train([], DOMAIN)
    return shop.load(LanguagePolicy)


def tracker(
    language: str | None, *, slot: str | None = None, begun: str | None = None
) -> DialogueStateTracker:
    found = DialogueStateTracker.from_events("one", [], slots=DOMAIN.slots)
    if slot:
        found.update(SlotSet("language", slot))
    message = UserUttered("…", {"name": "greet"}, [], {"language": language}, metadata={"language": begun})
    found.update(message)
    return found


@pytest.mark.parametrize(
    ("spoken", "slot", "set_to"),
    [
        ("zh", None, "zh"),
        ("zh", "en", "zh"),
        ("zh", "zh", None),
        (None, None, "en"),
        (None, "zh", None),
        ("fr", "zh", None),
        ("fr", None, "en"),
    ],
)
def test_the_slot_follows_the_message(
    policy: LanguagePolicy, spoken: str | None, slot: str | None, set_to: str | None
) -> None:
    prediction = policy.predict_action_probabilities(tracker(spoken, slot=slot), DOMAIN)
    assert prediction.events == ([SlotSet("language", set_to)] if set_to else [])
    assert max(prediction.probabilities) == 0.0


@pytest.mark.parametrize(
    ("spoken", "slot", "begun", "set_to"),
    [(None, None, "zh", "zh"), ("en", None, "zh", "en"), (None, "en", "zh", None), (None, None, "es", "en")],
)
def test_words_without_a_language_are_answered_in_the_session_s(
    policy: LanguagePolicy, spoken: str | None, slot: str | None, begun: str, set_to: str | None
) -> None:
    prediction = policy.predict_action_probabilities(tracker(spoken, slot=slot, begun=begun), DOMAIN)
    assert prediction.events == ([SlotSet("language", set_to)] if set_to else [])


def test_its_event_counts_although_another_policy_wins(policy: LanguagePolicy) -> None:
    mine = policy.predict_action_probabilities(tracker("zh"), DOMAIN)
    winner = PolicyPrediction.for_action_name(DOMAIN, "action_x", "RulePolicy")
    combined = DefaultPolicyPredictionEnsemble().combine_predictions([winner, mine], tracker("zh"), DOMAIN)
    assert combined.policy_name == "RulePolicy"
    assert SlotSet("language", "zh") in combined.events


def test_a_domain_without_the_slot_is_left_alone(policy: LanguagePolicy) -> None:
    bare = DialogueStateTracker.from_events("one", [UserUttered("hi")], slots=[])
    assert policy.predict_action_probabilities(bare, Domain.empty()).events == []
