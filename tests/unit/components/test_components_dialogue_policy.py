"""The learned policy in Rasa: it speaks where rules and memory do not, and only where it may and is sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.memoization import AugmentedMemoizationPolicy
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates, TrainingDataGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph

from kefu.components.dialogue_policy import DialoguePolicy, examples
from kefu.components.options import ComponentConfigError
from kefu.dialogue.network import META, WEIGHTS
from kefu.errors import ModelError
from tests.support.graph import Workshop
from tests.support.project import read_yaml

DOMAIN = Domain.from_yaml("""
version: "3.1"
intents: [greet, ask_product, ask_recommendation, thank, track_order, pay, odd]
forms: {order_form: {required_slots: []}}
actions: [action_product, action_recommend, action_submit, action_pay]
responses:
  utter_greet: [{text: hello}]
  utter_welcome: [{text: you are welcome}]
""")
# A shop that wrote stories for its questions, and rules for its tasks alone.
TRAINING = """
version: "3.1"
rules:
- rule: a task
  steps: [{intent: track_order}, {action: order_form}, {active_loop: order_form}]
- rule: a task ends
  condition: [{active_loop: order_form}]
  steps: [{action: order_form}, {active_loop: null}, {action: action_submit}]
stories:
- story: a question and a hint
  steps: [{intent: greet}, {action: utter_greet}, {intent: ask_product}, {action: action_product},
          {intent: ask_recommendation}, {action: action_recommend}, {intent: thank}, {action: utter_welcome}]
- story: its order
  steps: [{intent: ask_product}, {action: action_product}, {intent: track_order}, {action: order_form},
          {active_loop: order_form}, {active_loop: null}, {action: action_submit}, {intent: thank},
          {action: utter_welcome}]
- story: paying
  steps: [{intent: ask_recommendation}, {action: action_recommend}, {intent: pay}, {action: action_pay}]
"""
KEYS: dict[str, Any] = {
    "actions": ["action_listen", "utter_greet", "utter_welcome", "action_product", "action_recommend"],
    "width": 32, "copies": 8, "epochs": 12, "batch": 16, "rate": 0.005, "max_history": 9,
}  # fmt: skip
ORDERS = [
    ("ask_product", "greet", "ask_recommendation", "ask_product", "thank"),
    ("thank", "ask_recommendation", "ask_product", "ask_product", "greet"),
    ("ask_recommendation", "ask_recommendation", "thank", "ask_product"),
]
ANSWERS = {"greet": "utter_greet", "ask_product": "action_product", "thank": "utter_welcome",
           "ask_recommendation": "action_recommend"}  # fmt: skip


def trackers() -> list[TrackerWithCachedStates]:
    steps = YAMLStoryReader(DOMAIN).read_from_string(TRAINING)
    return TrainingDataGenerator(StoryGraph(steps), DOMAIN, augmentation_factor=0).generate()


@dataclass(frozen=True)
class Shop:
    """The policies of one small assistant."""

    rules: Policy
    memory: Policy
    learned: DialoguePolicy

    def next(self, events: Sequence[Event], *, learned: bool = True) -> tuple[str, str]:
        """The action that Rasa's ensemble takes, and the policy that it is from."""
        tracker = DialogueStateTracker.from_events("one", events, slots=DOMAIN.slots)
        policies = (self.rules, self.memory, *((self.learned,) if learned else ()))
        only = self.rules._get_rule_only_data()
        told = [one.predict_action_probabilities(tracker, DOMAIN, rule_only_data=only) for one in policies]
        best = DefaultPolicyPredictionEnsemble().combine_predictions(told, tracker, DOMAIN)
        action = DOMAIN.action_names_or_texts[best.probabilities.index(best.max_confidence)]
        return action, str(best.policy_name)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    workshop = Workshop(tmp_path_factory.mktemp("shop"))
    told = trackers()
    rules, memory = workshop.create(RulePolicy), workshop.create(AugmentedMemoizationPolicy, max_history=6)
    for policy in (rules, memory):
        policy.train(told, DOMAIN)
    workshop.create(DialoguePolicy, **KEYS).train(told, DOMAIN)
    return Shop(rules, memory, workshop.load(DialoguePolicy, **KEYS))


def said(intent: str) -> UserUttered:
    return UserUttered(None, {"name": intent, "confidence": 1.0}, [])


def walked(intents: Sequence[str]) -> Iterator[tuple[list[Event], str]]:
    """Each choice of a conversation, with the action that is right."""
    events: list[Event] = [ActionExecuted("action_listen")]
    for intent in intents:
        events.append(said(intent))
        for action in (ANSWERS[intent], "action_listen"):
            yield list(events), action
            events.append(ActionExecuted(action))


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_it_carries_an_order_of_turns_that_rules_and_memory_do_not_know(
    shop: Shop, order: Sequence[str]
) -> None:
    choices = list(walked(order))
    alone = [shop.next(events, learned=False)[0] == wanted for events, wanted in choices]
    assert not all(alone), "rules and memory know this order: it shows nothing"
    assert [shop.next(events)[0] for events, _ in choices] == [wanted for _, wanted in choices]


def test_rules_come_first_whatever_it_thinks(shop: Shop) -> None:
    events = [ActionExecuted("action_listen"), said("track_order")]
    assert shop.next(events) == ("order_form", "RulePolicy")


def test_what_moves_something_is_never_its_choice(shop: Shop) -> None:
    """It knows what would come next, and says nothing; so RulePolicy's fallback speaks."""
    before = [event for events, _ in walked(["thank", "ask_product", "thank"]) for event in events][-5:]
    events = [ActionExecuted("action_listen"), *before, ActionExecuted("action_listen"), said("pay")]
    tracker = DialogueStateTracker.from_events("one", events, slots=DOMAIN.slots)
    assert shop.learned.best(tracker, DOMAIN)[0] == "action_pay"
    assert set(shop.learned.predict_action_probabilities(tracker, DOMAIN).probabilities) == {0.0}
    assert shop.next(events) == ("action_default_fallback", "RulePolicy")


def test_an_intent_of_no_story_is_left_to_the_fallback(shop: Shop) -> None:
    events = [ActionExecuted("action_listen"), said("odd")]
    assert shop.next(events) == ("action_default_fallback", "RulePolicy")


def test_below_its_threshold_it_is_silent(shop: Shop, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    unsure = {**KEYS, "epochs": 1, "copies": 0, "threshold": 1.0}
    workshop.create(DialoguePolicy, **unsure).train(trackers(), DOMAIN)
    policy = workshop.load(DialoguePolicy, **unsure)
    tracker = DialogueStateTracker.from_events("one", [ActionExecuted("action_listen"), said("greet")])
    assert 0 < policy.best(tracker, DOMAIN)[1] < 1
    assert policy.predict_action_probabilities(tracker, DOMAIN).max_confidence == 0


def test_a_conversation_longer_than_it_looks_back_is_its_last_part(shop: Shop) -> None:
    long = list(walked(ORDERS[0] * 4))[-1][0]
    tracker = DialogueStateTracker.from_events("one", long, slots=DOMAIN.slots)
    recent = DialogueStateTracker.from_events("one", long[-20:], slots=DOMAIN.slots)
    assert shop.learned.best(tracker, DOMAIN) == shop.learned.best(recent, DOMAIN)


def test_the_state_behind_a_form_is_the_one_of_serving() -> None:
    """Rasa's generator keeps one state too many where a form ends; every later answer would be off by one."""
    told = {(e.history[-1].intent, e.history[-1].action): e.action for e in examples(trackers(), DOMAIN)}
    assert told["track_order", "action_submit"] == "action_listen"
    assert told["thank", "action_listen"] == "utter_welcome"
    assert told["thank", "utter_welcome"] == "action_listen"


@pytest.mark.parametrize("file", [WEIGHTS, META])
def test_a_model_cut_in_half_does_not_load(tmp_path: Path, file: str) -> None:
    workshop = Workshop(tmp_path)
    quick = {**KEYS, "epochs": 1, "copies": 0}
    workshop.create(DialoguePolicy, **quick).train(trackers(), DOMAIN)
    (kept,) = tmp_path.rglob(file)
    kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    with pytest.raises(ModelError, match=f"{file} is absent or .*Train again"):
        workshop.load(DialoguePolicy, **quick)


def test_no_stories_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Write stories below data/stories"):
        Workshop(tmp_path).create(DialoguePolicy, **KEYS).train([], DOMAIN)


@pytest.mark.parametrize(
    ("action", "told"),
    [("order_form", "names order_form, a form"), ("utter_gret", "Did you mean: utter_greet")],
)
def test_what_it_may_choose_is_checked(tmp_path: Path, action: str, told: str) -> None:
    with pytest.raises(ComponentConfigError, match=told):
        Workshop(tmp_path).create(DialoguePolicy, actions=[action]).train(trackers(), DOMAIN)


def test_it_says_that_it_has_learnt_nothing(tmp_path: Path) -> None:
    tracker = DialogueStateTracker.from_events("one", [])
    with pytest.raises(ValueError, match="has learnt nothing yet"):
        Workshop(tmp_path).create(DialoguePolicy).predict_action_probabilities(tracker, DOMAIN)


def test_the_project_lets_it_choose_nothing_that_moves_something() -> None:
    """What config.yml names is what only tells: no task, no yes or no, no ticket."""
    (policy,) = (
        one for one in read_yaml("config.yml")["policies"] if one["name"].endswith(".DialoguePolicy")
    )
    moving = (
        "submit", "begin", "affirm", "deny", "stop", "amend", "escalate", "request", "form", "fallback",
        "returnable",
    )  # fmt: skip
    assert [name for name in policy["actions"] if any(part in name for part in moving)] == []
