"""What an action is told of a conversation: the last messages, not the whole of it.

Actions read slots, the latest message in full, and of what was before the last messages: how often in a row
nothing was understood, what the assistant said last, which task ran last, since when a product is spoken of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rasa
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

SECRET_FIELD = "kefu_secret"  # kefu/components/signing.py puts it into calls that this client does not make
TURNS = 6  # one more than a product stays in focus (actions/focus.py), and the last of which is whole
PARSED = ("text", "intent", "entities", "language", "sentiment")
_USER, _SLOT = "user", "slot"
_READ = (_USER, "bot", "active_loop")  # and slots, as long as they hold something
_OF_LOOP = ("name", "is_interrupted", "rejected")
_KEPT = "_kefu_told"
_UNREAD = ("metadata", "policy", "confidence", "action_text", "hide_rule_turn")


def call_of(action: str, tracker: DialogueStateTracker) -> dict[str, Any]:
    """The call of ``action``: the tracker's state with what actions read of its last TURNS messages.

    Rasa's own writes out every event that it knows, three times in a turn of a form, and for a form once more
    what was understood of the latest message.
    """
    return {
        "next_action": action,
        "sender_id": tracker.sender_id,
        "tracker": _state_of(tracker),
        "version": rasa.__version__,
    }


def _state_of(tracker: DialogueStateTracker) -> dict[str, Any]:
    """``DialogueStateTracker.current_state``, which copies all that a form's message was understood as."""
    loop = tracker.active_loop
    return {
        "sender_id": tracker.sender_id,
        "slots": tracker.current_slot_values(),
        "latest_message": tracker._latest_message_data(),
        "latest_event_time": tracker.events[-1].timestamp if tracker.events else None,
        "followup_action": tracker.followup_action,
        "paused": tracker.is_paused(),
        "events": [_light(event) for event in _recent(tracker.events)],
        "latest_input_channel": tracker.get_latest_input_channel(),
        "active_loop": {name: getattr(loop, name) for name in _OF_LOOP} if loop else {},
        "latest_action": tracker.latest_action,
        "latest_action_name": tracker.latest_action_name,
    }


def candidates(call: Mapping[str, Any]) -> list[str]:
    """The slots that a validation is asked about: those set by the very last events."""
    names: list[str] = []
    for event in reversed((call.get("tracker") or {}).get("events") or []):
        if event.get("event") != _SLOT:
            break
        names.append(str(event["name"]))
    return list(dict.fromkeys(reversed(names)))


def _recent(events: Sequence[Event]) -> Sequence[Event]:
    """All since the latest message, and what is read of the messages before it."""
    kept: list[Event] = []
    messages = 0
    for event in reversed(events):
        kind = event.type_name  # Rasa's classes of events are abstract, of which isinstance takes its time
        if not messages or kind in _READ or (kind == _SLOT and getattr(event, "value", None) is not None):
            kept.append(event)
        messages += kind == _USER
        if messages == TURNS:
            break
    return kept[::-1]


def _light(event: Event) -> dict[str, Any]:
    """What is told of an event; kept with it, since some thirty are told three times a turn of a form."""
    kept = vars(event)
    if _KEPT not in kept:
        kept[_KEPT] = _of(event.as_dict())
    light: dict[str, Any] = kept[_KEPT]
    return light


def _of(event: Mapping[str, Any]) -> dict[str, Any]:
    light = {name: value for name, value in event.items() if name not in _UNREAD}
    if event.get("event") == _USER:
        parsed = event.get("parse_data") or {}
        light["parse_data"] = {name: parsed[name] for name in PARSED if name in parsed}
    return light
