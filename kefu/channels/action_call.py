"""What an action is told of a conversation: the last messages, not the whole of it.

Actions read slots, the latest message in full, and of what was before the last messages: how often in a row
nothing was understood, what the assistant said last, which task ran last, since when a product is spoken of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rasa
from rasa.shared.core.events import ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

SECRET_FIELD = "kefu_secret"  # kefu/components/signing.py puts it into calls that this client does not make
TURNS = 6  # one more than a product stays in focus (actions/focus.py), and the last of which is whole
PARSED = ("text", "intent", "entities", "language", "sentiment")
_USER, _SLOT = "user", "slot"
_READ = (UserUttered, BotUttered, ActiveLoop)  # and slots, as long as they hold something
_UNREAD = ("metadata", "policy", "confidence", "action_text", "hide_rule_turn")


def call_of(action: str, tracker: DialogueStateTracker) -> dict[str, Any]:
    """The call of ``action``: the tracker's state with what actions read of its last TURNS messages.

    Rasa's own writes out every event that it knows, three times in a turn of a form, and for a form once more
    what was understood of the latest message.
    """
    state = tracker.current_state(EventVerbosity.NONE)
    state["events"] = [_light(event.as_dict()) for event in _recent(tracker.events)]
    state["active_loop"].pop("trigger_message", None)
    return {
        "next_action": action,
        "sender_id": tracker.sender_id,
        "tracker": state,
        "version": rasa.__version__,
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
        if (
            not messages
            or isinstance(event, _READ)
            or (isinstance(event, SlotSet) and event.value is not None)
        ):
            kept.append(event)
        messages += isinstance(event, UserUttered)
        if messages == TURNS:
            break
    return kept[::-1]


def _light(event: Mapping[str, Any]) -> dict[str, Any]:
    light = {name: value for name, value in event.items() if name not in _UNREAD}
    if event.get("event") == _USER:
        parsed = event.get("parse_data") or {}
        light["parse_data"] = {name: parsed[name] for name in PARSED if name in parsed}
    return light
