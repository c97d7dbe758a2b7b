"""Buttons: payloads that Rasa would obey never leave the server; a nonce stands for each of them."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from kefu.channels.records import Message, Press

PREFIX = "btn:"
_PAYLOAD = re.compile(r"/(?P<intent>[^{@\s]+)(?:@[\d.]+)?\s*(?P<entities>\{.*\})?\s*\Z", re.DOTALL)


def is_press(text: str) -> bool:
    """Whether a customer's message is a pressed button."""
    return text.startswith(PREFIX)


def nonce_of(text: str) -> str:
    """The nonce in a pressed button's payload."""
    return text[len(PREFIX) :].strip()


def exchange(messages: Sequence[Message]) -> tuple[list[Message], list[Press]]:
    """Replace the payload of every button by ``btn:<nonce>``; return the messages and what to keep."""
    presses: list[Press] = []
    exchanged = []
    for message in messages:
        buttons = []
        for button in message.get("buttons") or []:
            press = press_of(str(button.get("title", "")), str(button.get("payload", "")))
            presses.append(press)
            buttons.append({"title": str(button.get("title", "")), "payload": PREFIX + press.nonce})
        exchanged.append({**message, "buttons": buttons} if buttons else message)
    return exchanged, presses


def press_of(title: str, payload: str) -> Press:
    """What a button stands for: an intent with entities, or a text (the payload, else the title)."""
    nonce = secrets.token_urlsafe(12)
    match = _PAYLOAD.match(payload)
    if match is None:
        return Press(nonce, title=payload.lstrip("/") or title, intent="", entities={})
    entities = _entities(match["entities"])
    return Press(nonce, title=title, intent=match["intent"], entities=entities)


def _entities(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        entities = json.loads(text)
    except ValueError:
        return {}
    return entities if isinstance(entities, dict) else {}


def parse_data(press: Press) -> dict[str, Any]:
    """The press as Rasa's NLU would have understood it, with certainty."""
    intent = {"name": press.intent, "confidence": 1.0}
    return {
        "text": press.title,
        "intent": intent,
        "entities": _as_entities(press.entities, end=len(press.title)),
        "intent_ranking": [intent],
        # The title's language says nothing of the customer's: whoever follows it keeps the last.
        "language": None,
        "knowledge": [],
    }


def _as_entities(entities: Mapping[str, Any], *, end: int) -> list[dict[str, Any]]:
    rows = []
    for name, given in entities.items():
        for value in given if isinstance(given, list) else [given]:
            row = {"entity": name, "value": value, "start": 0, "end": end, "extractor": "button"}
            rows.append({**row, "confidence_entity": 1.0})
    return rows
