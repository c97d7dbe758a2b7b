"""What understanding left in a message, as actions weigh it and as it may be written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SURE = 0.8  # of feeling and urgency each: a wrong guess of either must not change how anybody is treated


def urgent(message: Mapping[str, Any]) -> bool:
    """Whether a message was surely heard as negative, and surely as one that cannot wait.

    False for a message in which nobody heard anything, such as a pressed button.
    """
    heard = message.get("sentiment") or {}
    if (heard.get("label"), heard.get("urgency")) != ("negative", "high"):
        return False
    return bool(min(heard.get("confidence", 0.0), heard.get("urgency_confidence", 0.0)) >= SURE)


def decision(message: Mapping[str, Any]) -> dict[str, Any]:
    """Why the assistant took a message as it did: names and numbers, never what was written.

    ``runner_up`` is the next best intent (behind a fallback: what was too unsure), ``strangeness`` the
    score of OutOfScope, ``entities`` the kinds that were found; None where nothing was said about it.
    ``nearest``: the training examples that are most alike; ``carried``: the places of the words that decided
    (BertIntentEntityClassifier's ``explain``).
    """
    why = message.get("explanation") or {}
    intent = message.get("intent") or {}
    others = (row for row in message.get("intent_ranking") or [] if row["name"] != intent.get("name"))
    return {
        "intent": intent.get("name"),
        "confidence": intent.get("confidence"),
        "runner_up": next(({name: row[name] for name in ("name", "confidence")} for row in others), None),
        "strangeness": (message.get("out_of_scope") or {}).get("score"),
        "sentiment": message.get("sentiment"),
        "entities": sorted({found["entity"] for found in message.get("entities") or []}),
        "nearest": why.get("nearest"),
        "carried": why.get("carried"),
    }
