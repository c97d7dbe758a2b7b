"""What an action is told of a conversation: the last messages, not the whole of it.

Actions read slots, the latest message in full, and of what was before the last three messages (how often
in a row nothing was understood, what the assistant said last); ``TURNS`` leaves one more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SECRET_FIELD = "kefu_secret"  # kefu/components/signing.py puts it into calls that this client does not make
TURNS = 4
PARSED = ("text", "intent", "entities", "language", "sentiment")
_USER, _SLOT = "user", "slot"
_UNREAD = ("metadata", "policy", "confidence", "action_text", "hide_rule_turn")


def slimmed(call: Mapping[str, Any]) -> dict[str, Any]:
    """An action call with the tracker's last TURNS messages, and of these what actions read."""
    tracker = dict(call.get("tracker") or {})
    tracker["events"] = [_light(event) for event in _recent(tracker.get("events") or [])]
    return {**call, "tracker": tracker}


def candidates(call: Mapping[str, Any]) -> list[str]:
    """The slots that a validation is asked about: those set by the very last events."""
    names: list[str] = []
    for event in reversed((call.get("tracker") or {}).get("events") or []):
        if event.get("event") != _SLOT:
            break
        names.append(str(event["name"]))
    return list(dict.fromkeys(reversed(names)))


def _recent(events: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    messages = [place for place, event in enumerate(events) if event.get("event") == _USER]
    return events[messages[-TURNS] :] if len(messages) >= TURNS else events


def _light(event: Mapping[str, Any]) -> dict[str, Any]:
    light = {name: value for name, value in event.items() if name not in _UNREAD}
    if event.get("event") == _USER:
        parsed = event.get("parse_data") or {}
        light["parse_data"] = {name: parsed[name] for name in PARSED if name in parsed}
    return light
