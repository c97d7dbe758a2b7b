"""The policies that are compared, trained and asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core.policies.policy import Policy
from rasa.core.policies.ted_policy import TEDPolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.common import override_defaults

from benchmarks.dialogue.talks import Talks
from kefu.components.dialogue_policy import DialoguePolicy

Best = Callable[[DialogueStateTracker, Domain], tuple[str, float]]


@dataclass(frozen=True)
class System:
    """A trained policy: what it holds for right, and what its training cost (CPU seconds)."""

    policy: Policy
    best: Best
    train_cpu_s: float


def ours(talks: Talks, folder: Path, keys: dict[str, Any]) -> System:
    """The policy as config.yml has it."""
    policy, cost = _trained(DialoguePolicy, talks.training, talks.domain, folder, keys)
    return System(policy, policy.best, cost)


def ted(talks: Talks, folder: Path, *, with_rules: bool, epochs: int, max_history: int, seed: int) -> System:
    """TED as `rasa init` sets it up, by Rasa's own trackers; it gets stories alone unless ``with_rules``."""
    keys = {"epochs": epochs, "max_history": max_history, "constrain_similarities": True, "random_seed": seed}
    trackers = talks.with_rules_as_stories() if with_rules else talks.training
    policy, cost = _trained(TEDPolicy, trackers, talks.domain, folder, keys)

    def best(tracker: DialogueStateTracker, domain: Domain) -> tuple[str, float]:
        likely = policy.predict_action_probabilities(tracker, domain).probabilities
        place = max(range(len(likely)), key=likely.__getitem__)
        return domain.action_names_or_texts[place], float(likely[place])

    return System(policy, best, cost)


def _trained(
    kind: type[Any],
    trackers: Sequence[TrackerWithCachedStates],
    domain: Domain,
    folder: Path,
    keys: dict[str, Any],
) -> tuple[Any, float]:
    folder.mkdir(parents=True)
    config = override_defaults(kind.get_default_config(), keys)
    context = ExecutionContext(GraphSchema({}), node_name=kind.__name__)
    place = LocalModelStorage(folder), Resource(kind.__name__), context
    began = time.process_time()
    kind.create(config, *place).train(list(trackers), domain)
    cost = time.process_time() - began
    return kind.load(config, *place), round(cost, 1)
