"""Rasa's memory of stories, which is not asked where a rule has spoken.

AugmentedMemoizationPolicy forgets one turn after the other until a story fits: most of the work of a
prediction, and in vain where a rule is certain: Rasa's ensemble then takes the rule (its priority is higher).
"""

from __future__ import annotations

from typing import Any

from rasa.core.policies.memoization import AugmentedMemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.fingerprints import OfItsCode
from kefu.components.states import is_settled


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class StoryPolicy(OfItsCode, AugmentedMemoizationPolicy):
    """AugmentedMemoizationPolicy behind the rules."""

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """What a story says; nothing where a rule is certain."""
        if is_settled(tracker):
            return self._prediction(self._default_predictions(domain))
        prediction = super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
        # by which Rasa's reports tell what is learnt by heart
        prediction.policy_name = AugmentedMemoizationPolicy.__name__
        return prediction
