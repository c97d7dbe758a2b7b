"""Random conversations, as Rasa's processor would write them: what policies predict is what happens."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from rasa.core.policies.memoization import AugmentedMemoizationPolicy
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.generator import TrainingDataGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph

from kefu.components.dialogue_policy import DialoguePolicy
from kefu.components.recall import StoryPolicy
from kefu.components.rules import IndexedRulePolicy
from tests.support.graph import Workshop

DOMAIN = """
version: "3.1"
intents: [greet, order, inform, stop, faq, browse, more, buy]
entities: [size]
slots:
  mood: {type: categorical, values: [glad, cross], mappings: [{type: custom}]}
  size: {type: text, mappings: [{type: from_entity, entity: size}]}
  note: {type: any, influence_conversation: false, mappings: [{type: custom}]}
  requested_slot: {type: text, influence_conversation: false, mappings: [{type: custom}]}
forms:
  order_form: {required_slots: [size]}
actions: [action_note, action_submit, action_faq, action_list, action_detail, action_stop, action_buy]
responses:
  utter_greet: [{text: hello}]
"""
TRAINING = """
version: "3.1"
rules:
- rule: greeting
  steps: [{intent: greet}, {action: utter_greet}]
- rule: a question at the very beginning
  conversation_start: true
  steps: [{intent: faq}, {action: action_note}, {action: action_faq}]
- rule: a question
  steps: [{intent: faq}, {action: action_faq}]
- rule: an order
  steps: [{intent: order}, {action: action_note}, {action: order_form}, {active_loop: order_form}]
- rule: an order is complete
  condition: [{active_loop: order_form}]
  steps: [{action: order_form}, {active_loop: null}, {action: action_submit}]
- rule: enough
  steps: [{intent: stop}, {action: action_stop}, {active_loop: null}]
stories:
- story: browsing
  steps: [{intent: browse}, {action: action_list}, {intent: more}, {action: action_detail},
          {intent: more}, {action: action_list}, {intent: buy}, {action: action_buy}]
- story: browsing and leaving
  steps: [{intent: browse}, {action: action_list}, {intent: buy}, {action: action_detail}]
"""
INTENTS = ("greet", "order", "inform", "stop", "faq", "browse", "more", "buy")


@dataclass(frozen=True)
class Trained:
    """A domain with the policies that were trained on its rules and stories."""

    domain: Domain
    policies: Sequence[Policy]

    def predictions(self, tracker: DialogueStateTracker) -> list[PolicyPrediction]:
        """What each policy makes of a conversation."""
        only = self.policies[0]._get_rule_only_data()
        return [
            policy.predict_action_probabilities(tracker, self.domain, rule_only_data=only)
            for policy in self.policies
        ]

    def figures(self, tracker: DialogueStateTracker) -> list[object]:
        """The predictions in a form that can be compared."""
        return [
            (list(p.probabilities), p.hide_rule_turn, [type(e) for e in p.events], p.is_no_user_prediction)
            for p in self.predictions(tracker)
        ]


def trained(workshop: Workshop, *, ours: bool = False, augmentation: int = 0) -> Trained:
    """Rules and stories learnt as in `rasa train`, by Rasa's policies for them or by ours."""
    domain = Domain.from_yaml(DOMAIN)
    steps = YAMLStoryReader(domain).read_from_string(TRAINING)
    generator = TrainingDataGenerator(StoryGraph(steps), domain, augmentation_factor=augmentation)
    # Rasa orders stories by a number that a process counts up, compared as text: "99" is behind "100"
    trackers = sorted(generator.generate(), key=lambda tracker: tracker.sender_id)
    policies = [
        workshop.create(IndexedRulePolicy if ours else RulePolicy),
        workshop.create(StoryPolicy if ours else AugmentedMemoizationPolicy, max_history=6),
        workshop.create(
            DialoguePolicy, actions=["action_list", "action_detail"], width=16, epochs=2, threshold=0.2
        ),
    ]
    for policy in policies:
        policy.train(trackers, domain)
    return Trained(domain, policies)


class Talk:
    """One conversation: ``turn`` appends what a turn would have brought."""

    def __init__(self, assistant: Trained, dice: random.Random) -> None:
        self._assistant = assistant
        self._dice = dice

    def turn(self, tracker: DialogueStateTracker) -> list[Event]:
        """Say something at random and act as predicted; the events that came, in order."""
        before = len(tracker.events)
        if not before or self._dice.random() < 0.01:
            self._log(tracker, ActionExecuted("action_session_start"), SessionStarted())
            self._log(tracker, ActionExecuted("action_listen"))
        self._log(tracker, self._words())
        for step in range(9):
            action, hidden = self._next(tracker, first=step == 0)
            self._run(tracker, action, hidden=hidden)
            if action == "action_listen":
                return list(tracker.events)[before:]
        self._log(tracker, ActionExecuted("action_listen"))
        return list(tracker.events)[before:]

    def _words(self) -> UserUttered:
        intent = self._dice.choice(INTENTS)
        entities = [{"entity": "size", "value": "M", "start": 0, "end": 1}] if intent == "inform" else []
        parsed = {"intent": {"name": intent, "confidence": 0.9}, "entities": entities, "text": intent}
        return UserUttered(
            intent, parsed["intent"], entities, {**parsed, "intent_ranking": []}, input_channel="chat"
        )  # type: ignore[arg-type]

    def _next(self, tracker: DialogueStateTracker, *, first: bool) -> tuple[str, bool]:
        """The action of the surest policy, as Rasa's ensemble chooses it; listening where none is sure."""
        best = max(self._assistant.predictions(tracker), key=lambda p: (p.max_confidence, p.policy_priority))
        if first:
            self._log(tracker, DefinePrevUserUtteredFeaturization(False))
        for event in best.events:
            self._log(tracker, event)
        if best.max_confidence < 0.5:
            return "action_listen", False
        action = self._assistant.domain.action_names_or_texts[
            int(best.probabilities.index(best.max_confidence))
        ]
        return action, bool(best.hide_rule_turn)

    def _run(self, tracker: DialogueStateTracker, action: str, *, hidden: bool) -> None:
        if action == "order_form" and tracker.active_loop_name and self._dice.random() < 0.4:
            self._log(tracker, ActionExecutionRejected(action))
            return
        self._log(tracker, ActionExecuted(action, "policy", 1.0, hide_rule_turn=hidden))
        self._log(tracker, *self._outcome(tracker, action))

    def _outcome(self, tracker: DialogueStateTracker, action: str) -> list[Event]:
        if action == "action_listen":
            return []
        if action == "order_form":
            begun: list[Event] = [] if tracker.active_loop_name else [ActiveLoop("order_form")]
            if self._dice.random() < 0.3:
                return [*begun, SlotSet("size", "M"), SlotSet("requested_slot", None), ActiveLoop(None)]
            return [*begun, SlotSet("requested_slot", "size"), BotUttered("which size?")]
        if action == "action_stop":
            return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("size", None)]
        if action == "action_note":
            mood = self._dice.choice(["glad", "cross", None])
            return [SlotSet("mood", mood), SlotSet("note", {"n": self._dice.randrange(9)})]
        return [BotUttered("words", {"custom": {"of": action}})]

    @staticmethod
    def _log(tracker: DialogueStateTracker, *events: Event) -> None:
        for event in events:
            tracker.update(event)
