"""What `kefu train` spares Rasa, gluing stories together, teaches our policies nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrainingDataGenerator
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph

from kefu.components.dialogue_policy import examples
from tests.support.graph import Workshop
from tests.support.talks import DOMAIN, TRAINING, trained

FACTORS = (0, 50)


@pytest.mark.parametrize("ours", [False, True])
def test_rules_and_memory_are_the_same_without_glued_stories(ours: bool, tmp_path: Path) -> None:
    rules, memory = (
        ("IndexedRulePolicy", "StoryPolicy") if ours else ("RulePolicy", "AugmentedMemoizationPolicy")
    )
    learnt: list[dict[str, Any]] = []
    for factor in FACTORS:
        folder = tmp_path / str(factor)
        folder.mkdir()
        trained(Workshop(folder), ours=ours, augmentation=factor)
        files = [p for kind in (rules, memory) for p in (folder / kind).iterdir()]
        learnt.append({str(file.relative_to(folder)): json.loads(file.read_text("utf-8")) for file in files})
        learnt[-1][f"{rules}/rule_policy.json"]["lookup"][
            "rules_not_in_stories"
        ].sort()  # a set, kept as a list
    assert learnt[0] == learnt[1]
    assert learnt[0][f"{rules}/rule_policy.json"]["lookup"]["rules"]


def test_the_learned_policy_has_the_same_lessons_without_glued_stories() -> None:
    domain = Domain.from_yaml(DOMAIN)
    lessons, glued = [], []
    for factor in FACTORS:
        steps = YAMLStoryReader(domain).read_from_string(TRAINING)
        trackers = TrainingDataGenerator(StoryGraph(steps), domain, augmentation_factor=factor).generate()
        told = [tracker for tracker in trackers if not tracker.is_augmented]
        glued.append(len(trackers) - len(told))
        lessons.append(Counter(map(repr, examples(told, domain))))
    assert glued[0] == 0 < glued[1]
    assert lessons[0] == lessons[1]
