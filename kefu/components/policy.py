"""The policy that keeps the slot ``language``; it never chooses an action."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.options import defaults, typed
from kefu.components.resources import trained

SLOT = "language"
_FILE = "languages.json"


@dataclass(frozen=True)
class LanguagePolicyOptions:
    """``default`` speaks until a language is known; ``priority`` is Rasa's own key."""

    languages: tuple[str, ...] | list[str] = ("en", "zh")
    default: str = "en"
    priority: int = 0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class LanguagePolicy(Policy):
    """Gives every action probability zero and, where the language changed, a SlotSet event.

    Rasa applies the events of every policy, also of those that do not win, before the
    action runs; the slot is therefore right for the first words of the answer.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The keys of LanguagePolicyOptions and their values."""
        return defaults(LanguagePolicyOptions)

    @staticmethod
    def supported_data() -> SupportedData:
        """Rules and stories: it learns nothing from either."""
        return SupportedData.ML_AND_RULE_DATA

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, **kwargs)
        self._options = typed(LanguagePolicyOptions, config, component="LanguagePolicy")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguagePolicy:
        """The trained policy; ModelError where the model was trained without it."""
        with trained(model_storage, resource, _FILE):
            return cls(config, model_storage, resource, execution_context)

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        """Leave a mark in the model that this policy belongs to it."""
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(list(self._options.languages)), encoding="utf-8")
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Zero for every action; the event is mandatory, so it counts although this never wins."""
        return self._prediction(self._default_predictions(domain), events=self._events(tracker))

    def _events(self, tracker: DialogueStateTracker) -> list[Event]:
        if SLOT not in tracker.slots or tracker.latest_message is None:
            return []
        current = tracker.get_slot(SLOT)
        spoken = tracker.latest_message.parse_data.get("language")
        begun = (tracker.latest_message.metadata or {}).get("language")  # the session's, from our channel
        known = (language for language in (spoken, current, begun) if language in self._options.languages)
        wanted = next(known, self._options.default)
        return [] if wanted == current else [SlotSet(SLOT, wanted)]
