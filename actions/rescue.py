"""Words that the classifier did not place, answered all the same where the answer is certain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.attributes import asked_keys, say_attribute
from actions.faq import ActionFaq
from actions.focus import focus_of, focused
from actions.meanwhile import asked_meanwhile
from actions.paid import PAID, say_paid
from actions.passages import CERTAIN, hits_of, parts_of, sure
from actions.turn import Event, Turn
from kefu.shop import catalogue
from kefu.shop.records import Transaction


def rescue(turn: Turn, tx: Transaction) -> list[Event] | None:
    """Say the passage or the product's fact that the words ask for; None where neither is certain."""
    meanwhile = asked_meanwhile(turn, tx)
    if meanwhile is not None:
        return meanwhile
    paid = say_paid(turn, tx) if PAID.search(turn.plain) else None
    said = say_if_certain(turn, tx) if paid is None else paid
    return said if said is not None else _of_product(turn, tx)


def say_if_certain(turn: Turn, tx: Transaction) -> list[Event] | None:
    """Say the passage that certainly answers the words; None where there is none."""
    whole = sure(hits_of(turn), CERTAIN)
    if whole is None and not any(part.answer(CERTAIN) for part in parts_of(turn)):
        return None
    return ActionFaq().act(turn, tx)


def _of_product(turn: Turn, tx: Transaction) -> list[Event] | None:
    named = catalogue.by_ids(tx, turn.mention().product_ids)
    found = named or catalogue.by_ids(tx, [focus_of(turn) or ""])
    keys = asked_keys(turn, found[0]) if len(found) == 1 else []
    if not keys:
        return None
    for key in keys:
        say_attribute(turn, found[0], key)
    return focused(found[0])


def answered(event: Mapping[str, Any]) -> bool:
    """Whether a message of the assistant answered a question from the passages or the catalogue."""
    custom = (event.get("data") or {}).get("custom") or {}
    return "passage" in custom or "product" in custom
