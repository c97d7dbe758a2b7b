"""Rasa's RulePolicy, which looks for its rules in an index instead of trying all of them.

Its own search compares every rule with every state of the conversation at every prediction. Which rules can
fit at all is told by the latest state: what was done last and what the customer wants. It predicts what
Rasa's policy predicts (tests/contracts/test_rules.py).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

from kefu.components.fingerprints import OfItsCode
from kefu.components.states import Lately, StatedTracker

CERTAIN = 1.0
_LOGGER = logging.getLogger(RulePolicy.__module__)


@dataclass(frozen=True)
class RuleState:
    """One state of a rule: what has to be as it says, and what must not be set.

    ``begins`` says that nothing was done before it: the rule is about the beginning of a conversation.
    """

    begins: bool
    wanted: tuple[tuple[str, str, Any], ...]
    unset: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, state: Mapping[str, Mapping[str, Any]]) -> RuleState:
        """As RulePolicy reads a state; JSON has made lists of its tuples."""
        parts = [(kind, key, value) for kind, part in state.items() for key, value in part.items() if value]
        return cls(
            begins=not state.get(PREVIOUS_ACTION),
            wanted=tuple(
                (kind, key, tuple(value) if isinstance(value, list) else value)
                for kind, key, value in parts
                if value != SHOULD_NOT_BE_SET
            ),
            unset=tuple((kind, key) for kind, key, value in parts if value == SHOULD_NOT_BE_SET),
        )

    def fits(self, state: State) -> bool:
        """Whether a state of a conversation is as this one says."""
        begins = not state.get(PREVIOUS_ACTION)
        if begins or self.begins:
            # of two beginnings the rest is alike: slots with an initial value stand in both
            return begins and self.begins
        return all(state.get(kind, {}).get(key) == value for kind, key, value in self.wanted) and all(
            state.get(kind, {}).get(key) in (None, SHOULD_NOT_BE_SET) or not state[kind][key]
            for kind, key in self.unset
        )

    def of_kind(self, kind: str, key: str) -> Any:
        """What it wants of one part of a state, None where it leaves it open."""
        return next((value for k, name, value in self.wanted if (k, name) == (kind, key)), None)


class RuleIndex:
    """Rules by what their last state wants: the action before and the intent, each of them or neither."""

    def __init__(self, rules: Iterable[str]) -> None:
        self._rules = {key: tuple(map(RuleState.of, reversed(json.loads(key)))) for key in rules}
        self._near: dict[tuple[Any, Any], list[str]] = {}
        for key, states in self._rules.items():
            last = states[0] if states else RuleState.of({})
            named = last.of_kind(PREVIOUS_ACTION, ACTION_NAME), last.of_kind(USER, INTENT)
            # the beginning of a conversation fits whatever is said
            self._near.setdefault((None, None) if last.begins else named, []).append(key)
        self.longest = max(map(len, self._rules.values()), default=0)

    def __len__(self) -> int:
        return len(self._rules)

    def fitting(self, states: Sequence[State]) -> set[str]:
        """The rules that fit the last of ``states``, as far as both go; all of them where there is none."""
        if not states:
            return set(self._rules)
        done, wants = states[-1].get(PREVIOUS_ACTION, {}), states[-1].get(USER, {})
        action, intent = done.get(ACTION_NAME), wants.get(INTENT)
        places = {(action, intent), (action, None), (None, intent), (None, None)}
        near = (key for place in places for key in self._near.get(place, ()))
        latest_first = states[::-1]
        return {
            key
            for key in near
            if all(rule.fits(state) for rule, state in zip(self._rules[key], latest_first, strict=False))
        }


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IndexedRulePolicy(OfItsCode, RulePolicy):
    """RulePolicy with an index; it tells the other policies where it is certain, so that they can rest."""

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """What a rule says, with probability 1, or that none says anything."""
        prediction = super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
        prediction.policy_name = RulePolicy.__name__  # by which Rasa's reports tell what is learnt by heart
        if isinstance(tracker, StatedTracker) and prediction.max_confidence >= CERTAIN:
            tracker.settle()
        return prediction

    @staticmethod
    def format_tracker_states(states: list[State]) -> str | None:
        """What Rasa logs of a conversation, only where anybody reads it: it writes out every state."""
        return RulePolicy.format_tracker_states(states) if _LOGGER.isEnabledFor(logging.DEBUG) else None

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """As many states as the longest rule has, where the tracker tells them; at training all of them."""
        seen: Any = tracker
        if isinstance(tracker, StatedTracker):
            lookups = (self.lookup[RULES], self.lookup[RULES_FOR_LOOP_UNHAPPY_PATH])
            seen = Lately(tracker, max(1, *(self._index(lookup).longest for lookup in lookups)))
        return super()._prediction_states(seen, domain, use_text_for_last_user_input, rule_only_data)

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        return self._index(lookup).fitting(states)

    def _index(self, lookup: dict[str, str]) -> RuleIndex:
        kept: dict[int, tuple[dict[str, str], RuleIndex]] = self.__dict__.setdefault("_indices", {})
        known, index = kept.get(id(lookup), (None, None))
        # a training adds rules to a lookup while it asks
        if known is not lookup or index is None or len(index) != len(lookup):
            index = RuleIndex(lookup)
            kept[id(lookup)] = lookup, index
        return index
