"""A fact that no task asked for, and what it wishes for: a reason, one more thing, an address."""

from __future__ import annotations

import re

from actions.answers import POSTCODE, looks_like_address, said_reason
from actions.focus import focus_of
from actions.tasks import TASKS, latest_form, named_form
from actions.turn import Turn, names_nothing
from kefu.shop.identity import visible_orders
from kefu.shop.operations import suitable
from kefu.shop.records import Transaction

# "that one too": the task just done, with another thing
TOO = re.compile(r"\b(?:too|also|as well|and)\b|也|还有|還有|一起|同样|同樣", re.IGNORECASE)
# "no, number 98" is a part of an address
PARTIAL = re.compile(r"\W*(?:wait|no\b|not\b|sorry|actually|oops|i mean|不|错|應該|应该|是)", re.IGNORECASE)
# an address that was written without a word beside it
STREET = re.compile(
    r"\b\d+\w? .*\b(?:st|street|ave|avenue|rd|road|lane|ln|drive|dr|blvd|square|sq|way|court|ct)\b"
    r"|[路街道巷村].{0,6}\d+[号號]",
    re.IGNORECASE,
)


def is_partial(address: str) -> bool:
    """Whether a correction names a part of an address only."""
    whole = STREET.search(address) or POSTCODE.search(address)
    return bool(PARTIAL.match(address)) and not whole


def wished_by(turn: Turn, tx: Transaction) -> str | None:
    """The form of the task that a fact alone wishes for: a reason to return, one more thing, an address."""
    mention, latest = turn.mention(), latest_form(list(turn.tracker.events))
    things = mention.names_thing or turn.slot("focus_order") or focus_of(turn)
    if said_reason(turn) and things and not turn.last_words().get("done"):
        return "return_form"
    if TOO.search(turn.plain) and mention.names_thing and latest and TASKS[latest].kind is not None:
        return latest
    begins = turn.text.strip()[:1].isdigit() or turn.language == "zh"
    alone = begins and STREET.search(turn.text) and looks_like_address(turn.text) and names_nothing(mention)
    if alone and latest != "address_form" and _may_change(turn, tx):  # not behind "never mind"
        return "address_form"
    return named_form(turn.plain) if turn.intent == "correct" else None  # "I said cancel"


def _may_change(turn: Turn, tx: Transaction) -> bool:
    """Whether an order of theirs can still be sent elsewhere."""
    suits = suitable(tx, turn.identity, "change_address", now=turn.now)
    return any(suits(order, line) for order in visible_orders(tx, turn.identity) for line in order.lines)
