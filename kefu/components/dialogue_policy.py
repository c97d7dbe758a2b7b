"""The learned policy in Rasa's graph: speaks where no rule and no remembered story does."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import RULE_SNIPPET_ACTION_NAME, SHOULD_NOT_BE_SET
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.fingerprints import OfItsCode
from kefu.components.options import ComponentConfigError, defaults, typed
from kefu.components.resources import trained
from kefu.components.states import is_settled
from kefu.dialogue.moments import LISTEN, Example, Moment
from kefu.dialogue.network import FILES, Network
from kefu.dialogue.recipe import Recipe
from kefu.errors import ConfigError

State = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class DialoguePolicyOptions(Recipe):
    """The keys of a recipe, and how it is used.

    ``actions`` are those that it may choose. They should tell something and move nothing: a form is refused
    here, and what a customer's "yes" does is for rules. Below ``threshold`` it stays silent, so that
    RulePolicy's fallback (0.3) holds. ``priority`` is Rasa's own key.
    """

    actions: tuple[str, ...] | list[str] = (LISTEN,)
    threshold: float = 0.7
    priority: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"threshold is {self.threshold}, wanted more than 0 and at most 1")

    def recipe(self) -> Recipe:
        """The recipe alone."""
        return Recipe(**{field.name: getattr(self, field.name) for field in fields(Recipe)})


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class DialoguePolicy(OfItsCode, Policy):
    """Learns from stories and rules, and generalises over the order in which things are asked.

    It gives one action its probability, and all others none; and none to any where it is unsure, where the
    likeliest action is not one of ``actions``, and where no story or rule knows the intent.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys of DialoguePolicyOptions and their values."""
        return defaults(DialoguePolicyOptions)

    @staticmethod
    def supported_data() -> SupportedData:
        """Stories and rules; a rule is a conversation of one turn."""
        return SupportedData.ML_AND_RULE_DATA

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        network: Network | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, **kwargs)
        self._options = typed(DialoguePolicyOptions, config, component="DialoguePolicy")
        self._network = network

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DialoguePolicy:
        """The trained policy; ModelError where what it learnt is absent or damaged."""
        with trained(model_storage, resource, *FILES) as folder:
            network = Network.load(folder)
        return cls(config, model_storage, resource, execution_context, network=network)

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        """Learn from the stories and rules themselves; stories that Rasa glued together are left out.

        Raises:
            ComponentConfigError: ``actions`` names a form, or what the domain does not have.
            ModelError: there is nothing to learn from.
        """
        from kefu.dialogue.training import fit

        _check(self._options.actions, domain)
        told = [tracker for tracker in training_trackers if not tracker.is_augmented]
        self._network = fit(examples(told, domain), self._options.recipe(), quiet=not sys.stderr.isatty())
        with self._model_storage.write_to(self._resource) as folder:
            self._network.save(folder)
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """The likeliest action alone, or nothing; nothing where a rule is certain, and so would be taken."""
        found = self._default_predictions(domain)
        if is_settled(tracker):
            return self._prediction(found)
        action, probability = self.best(tracker, domain)
        if probability >= self._options.threshold and action in self._options.actions:
            found[domain.index_for_action(action)] = probability
        return self._prediction(found)

    def best(self, tracker: DialogueStateTracker, domain: Domain) -> tuple[str, float]:
        """The likeliest action, whether it may be chosen or not; probability 0 for an unknown intent.

        Raises:
            ValueError: it was not trained.
        """
        if self._network is None:
            raise ValueError("DialoguePolicy has learnt nothing yet: train it and use DialoguePolicy.load.")
        history = moments(self._prediction_states(tracker, domain))
        return self._network.best(history) if self._network.knows(history[-1]) else (LISTEN, 0.0)


def examples(trackers: Sequence[DialogueStateTracker], domain: Domain) -> list[Example]:
    """Each choice of an action in ``trackers`` with the moments before it, each once.

    The states are computed as they are when serving. Those that Rasa's generator keeps on its trackers hold
    one too many where a form ends in a story, so that every later action stands one state too late.
    """
    found: list[Example] = []
    for tracker in trackers:
        history = moments(DialogueStateTracker.past_states(tracker, domain))
        chosen = [event for event in tracker.applied_events() if isinstance(event, ActionExecuted)]
        for place, event in enumerate(chosen, start=1):
            if event.action_name and not event.unpredictable:
                found.append(Example(history[:place], event.action_name))
    return list(dict.fromkeys(found))


def moments(states: Sequence[State]) -> tuple[Moment, ...]:
    """Rasa's states as moments. The words of a message are left out: its intent stands for them."""
    return tuple(map(_moment, states))


def _moment(state: State) -> Moment:
    said, action = state.get("user", {}), state.get("prev_action", {}).get("action_name")
    loop = state.get("active_loop", {}).get("name")
    slots = ((name, values) for name, values in state.get("slots", {}).items() if values != SHOULD_NOT_BE_SET)
    return Moment(
        said.get("intent") or "",
        "" if action in (None, RULE_SNIPPET_ACTION_NAME) else action,  # a rule does not tell what was before
        "" if loop in (None, SHOULD_NOT_BE_SET) else loop,
        tuple(sorted(said.get("entities") or ())),
        tuple(sorted((name, tuple(values)) for name, values in slots)),
    )


def _check(actions: Sequence[str], domain: Domain) -> None:
    known = [name for name in domain.action_names_or_texts if name not in domain.form_names]
    for name in actions:
        if name in domain.form_names:
            raise ComponentConfigError(
                f"config.yml: DialoguePolicy.actions names {name}, a form. A learned policy may open none: "
                "a wrong guess would begin a task. Write a rule for it."
            )
        if name not in known:
            near = ", ".join(get_close_matches(name, known, n=3)) or "none is near"
            raise ComponentConfigError(
                f"config.yml: DialoguePolicy.actions names {name}, which domain.yml does not have. "
                f"Did you mean: {near}?"
            )
