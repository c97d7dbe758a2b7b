"""A folded conversation goes on as the whole one would: the same slots, the same predictions."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rasa.shared.core.events import SessionStarted, UserUttered, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components import checkpoints
from kefu.components.checkpoints import Depth, folded
from kefu.components.tracker_store import SqlTrackerStore
from tests.support.databases import SqliteDatabases
from tests.support.graph import Workshop
from tests.support.talks import Talk, Trained, trained

# of random talks one is random enough to be told by its seed: nothing to shrink
FEW: dict[str, Any] = {
    "deadline": None,
    "phases": (Phase.explicit, Phase.generate),
    "suppress_health_check": list(HealthCheck),
}
TURNS = 30
LOOKED_AT = 3  # every third turn: Rasa needs long for the whole history


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    before = structlog.get_config()
    # the policies copy and write out every state where debug lines are wanted
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield trained(Workshop(tmp_path_factory.mktemp("policies")))
    structlog.configure(**before)


@pytest.fixture
def url(sqlite_databases: SqliteDatabases) -> str:
    return sqlite_databases.empty()


@pytest.fixture(params=[0, 200], ids=["read anew", "remembered"])
async def store(
    request: pytest.FixtureRequest, url: str, assistant: Trained
) -> AsyncIterator[SqlTrackerStore]:
    made = SqlTrackerStore(assistant.domain, url, remembered=request.param)
    yield made
    made.close()


def whole_of(events: list[dict[str, object]], assistant: Trained) -> DialogueStateTracker:
    """Rasa's own tracker of the latest session, as its own store gives it back."""
    told = deserialise_events(events)
    starts = [place for place, event in enumerate(told) if isinstance(event, SessionStarted)]
    return DialogueStateTracker.from_events("whole", told[starts[-1] :], assistant.domain.slots)


def message(intent: str) -> UserUttered:
    return UserUttered(
        intent, {"name": intent}, [], {"intent": {"name": intent}, "entities": [], "text": intent}
    )  # type: ignore[arg-type]


def assert_alike(ours: DialogueStateTracker, whole: DialogueStateTracker, assistant: Trained) -> None:
    assert ours.current_slot_values() == whole.current_slot_values()
    assert ours.active_loop_name == whole.active_loop_name
    assert ours.is_active_loop_rejected == whole.is_active_loop_rejected
    assert ours.latest_action_name == whole.latest_action_name
    assert ours.followup_action == whole.followup_action
    assert ours.latest_message == whole.latest_message
    assert ours.latest_bot_utterance == whole.latest_bot_utterance
    for intent in (None, "more", "buy", "faq"):
        one, other = ours.copy(), whole.copy()
        if intent:
            one.update(message(intent))
            other.update(message(intent))
        assert assistant.figures(one) == assistant.figures(other), intent


@settings(**FEW, max_examples=int(os.environ.get("KEFU_TALKS", "4")))
@given(seed=st.integers(0, 2**32))
async def test_slots_and_predictions_are_the_same_with_and_without_checkpoint(
    store: SqlTrackerStore, assistant: Trained, seed: int
) -> None:
    talk, conversation = Talk(assistant, random.Random(seed)), f"talk {seed}"
    told: list[dict[str, object]] = []
    most = 0
    for turn in range(TURNS):
        ours = await store.get_or_create_tracker(conversation, append_action_listen=False)
        if told and turn % LOOKED_AT == 0:
            assert_alike(ours, whole_of(told, assistant), assistant)
        told += [event.as_dict() for event in talk.turn(ours)]
        most = max(most, len(ours.events))
        await store.save(ours)
    full = await store.retrieve_full_tracker(conversation)
    assert full is not None and [event.as_dict() for event in full.events] == told
    assert most < 400, "a conversation that is folded stays short"


@settings(**FEW, max_examples=6)
@given(seed=st.integers(0, 2**32))
async def test_a_remembered_tracker_is_the_one_that_would_be_read(
    url: str, assistant: Trained, seed: int
) -> None:
    talk, conversation = Talk(assistant, random.Random(seed)), f"talk {seed}"
    ours, other = (SqlTrackerStore(assistant.domain, url, remembered=most) for most in (200, 0))
    remembered = 0
    for _ in range(TURNS):
        tracker = await ours.get_or_create_tracker(conversation, append_action_listen=False)
        read = await other.retrieve(conversation)
        if read is not None:
            assert_same(tracker, read)
        talk.turn(tracker)
        await ours.save(tracker)
        remembered += conversation in ours._remembered
    ours.close()
    other.close()
    assert remembered > TURNS * 2 // 3


def assert_same(ours: DialogueStateTracker, read: DialogueStateTracker) -> None:
    assert [event.as_dict() for event in ours.events] == [event.as_dict() for event in read.events]
    states = []
    for tracker in (ours, read):
        state = {name: value for name, value in vars(tracker).items() if name not in ("events", "slots")}
        slots = {name: (slot.value, slot.has_been_set) for name, slot in tracker.slots.items()}
        told = {name: value for name, value in state.items() if not name.startswith("_")}
        states.append({**told, "slots": slots, "paused": tracker.is_paused()})
    assert states[0] == states[1]


@settings(**FEW, max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_what_is_folded_can_be_folded_again(assistant: Trained, seed: int) -> None:
    talk, tracker = Talk(assistant, random.Random(seed)), DialogueStateTracker("x", assistant.domain.slots)
    for _ in range(30):
        talk.turn(tracker)
    once = folded(list(tracker.events), assistant.domain, depth=Depth())
    assert once is not None and len(once) < len(tracker.events)
    again = folded(once, assistant.domain, depth=Depth())
    assert again is not None and len(again) <= len(once)


def test_a_fold_that_would_change_something_is_not_made(
    assistant: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came out is compared with what went in, whatever the folding did."""
    tracker = DialogueStateTracker("x", assistant.domain.slots)
    talk = Talk(assistant, random.Random(7))
    for _ in range(12):
        talk.turn(tracker)
    assert folded(list(tracker.events), assistant.domain, depth=Depth()) is not None
    monkeypatch.setattr(checkpoints, "_shortened", lambda applied, *_, **__: iter(applied[-3:]))
    assert folded(list(tracker.events), assistant.domain, depth=Depth()) is None


def test_rules_and_histories_are_shorter_than_what_is_kept() -> None:
    """What ``Depth`` keeps must reach further back than any rule of the project and its ``max_history``."""
    import yaml

    root = Path(__file__).resolve().parents[2]
    depth = Depth()
    config = yaml.safe_load((root / "config.yml").read_text(encoding="utf-8"))
    histories = {policy["name"].split(".")[-1]: policy.get("max_history", 0) for policy in config["policies"]}
    assert histories.pop("DialoguePolicy") < depth.recent, "it sees the turns of rules as well"
    assert max(histories.values()) < depth.seen // 2 + 2
    for file in sorted((root / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(file.read_text(encoding="utf-8")).get("rules", []):
            actions = [step for step in rule["steps"] if "action" in step or "intent" in step or "or" in step]
            assert len(actions) < depth.recent, f"{file.name}: {rule['rule']}"
