"""The same conversation in both stores, turn by turn, each turn timed."""

from __future__ import annotations

import statistics
from pathlib import Path
from time import perf_counter
from typing import Any

from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from kefu.components.tracker_store import SqlTrackerStore

TURNS = (10, 200, 500)
ACTIONS = 3  # of a turn: each copies the tracker once (MessageProcessor._run_action)
DOMAIN = """
version: "3.1"
intents: [track_order]
slots:
  language: {type: categorical, values: [en, zh], influence_conversation: false, mappings: [{type: custom}]}
  focus_order: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  offered: {type: any, influence_conversation: false, mappings: [{type: custom}]}
actions: [action_order_status]
"""


async def measure(folder: Path, *, rounds: int, window: int) -> dict[str, dict[str, dict[str, float]]]:
    """Median milliseconds of load, save and the copies of a turn, by store and turn."""
    domain = Domain.from_yaml(DOMAIN)
    times: dict[str, dict[int, list[dict[str, float]]]] = {
        kind: {turn: [] for turn in TURNS} for kind in ("stock", "ours")
    }
    for number in range(rounds):
        stores = {
            "stock": SQLTrackerStore(domain, db=str(folder / f"stock{number}.db")),
            "ours": SqlTrackerStore(domain, f"sqlite:///{folder / f'ours{number}.db'}"),
        }
        written = await stores["stock"].get_or_create_tracker("someone", append_action_listen=False)
        for turn in range(1, TURNS[-1] + 1):
            measured = next((last for last in TURNS if last - window < turn <= last), None)
            if measured is None:
                await _turn(stores["ours"], domain, turn)
                # Rasa's loads take minutes together: between the measured turns it is only written to
                await _turn(stores["stock"], domain, turn, written)
                continue
            # one after the other in each turn, so that whatever else the machine does meets both
            for kind, store in stores.items():
                times[kind][measured].append(await _turn(store, domain, turn))
            written = await stores["stock"].get_or_create_tracker("someone", append_action_listen=False)
        stores["ours"].close()  # type: ignore[attr-defined]
    return {kind: {str(t): _medians(rows) for t, rows in turns.items()} for kind, turns in times.items()}


async def _turn(
    store: TrackerStore, domain: Domain, number: int, known: DialogueStateTracker | None = None
) -> dict[str, float]:
    began = perf_counter()
    tracker = known or await store.get_or_create_tracker("someone", append_action_listen=False)
    loaded = perf_counter()
    if number == 1:
        tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted()], domain)
        tracker.update(ActionExecuted("action_listen"))
    tracker.update_with_events(_events(number), domain)
    before_copies = perf_counter()
    for _ in range(0 if known else ACTIONS):
        tracker.copy()
    copied = perf_counter()
    await store.save(tracker)
    saved = perf_counter()
    parts = {"load": loaded - began, "copy": copied - before_copies, "save": saved - copied}
    return {name: 1000 * spent for name, spent in {**parts, "turn": sum(parts.values())}.items()}


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(row[name] for row in rows), 2) for name in rows[0]}


def _events(number: int) -> list[Event]:
    """A turn as it comes out of our pipeline: the sizes are those of an order's status."""
    ranking = [{"name": f"intent_{place}", "confidence": 1 / (place + 2)} for place in range(50)]
    parsed: dict[str, Any] = {
        "text": "where is my order KF10000002",
        "intent": {"name": "track_order", "confidence": 0.97},
        "entities": [{"entity": "order_number", "value": "KF10000002", "start": 18, "end": 28}],
        "intent_ranking": ranking,
        "knowledge": [{"passage_id": f"p{place}", "probability": 0.2} for place in range(5)],
        "language": "en",
    }
    return [
        UserUttered(parsed["text"], parsed["intent"], parsed["entities"], parsed, input_channel="chat"),  # type: ignore[arg-type]
        DefinePrevUserUtteredFeaturization(False),
        SlotSet("language", "en"),
        ActionExecuted("action_order_status", "RulePolicy", 1.0, hide_rule_turn=True),
        SlotSet("focus_order", f"KF{number}"),
        SlotSet("offered", [["KF10000002", None]]),
        BotUttered("Order KF10000002 is shipped. " * 8, {"custom": {"kind": "order", "number": number}}),
        ActionExecuted("action_listen", "RulePolicy", 1.0, hide_rule_turn=True),
    ]
