"""Of two tasks in one message one is begun; the other is kept, and offered when the first is through."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rasa_sdk.events import SlotSet

from actions.clauses import Clause, two_tasks
from actions.guesses import TITLES
from actions.tasks import TASKS
from actions.turn import Event, Turn
from actions.words import listed, word

SLOT = "later"
# the intent as which the words of a clause are read, by its form
INTENTS: Mapping[str, str] = MappingProxyType(
    {
        "cancel_form": "cancel_order",
        "address_form": "change_address",
        "return_form": "return_item",
        "exchange_form": "exchange_item",
        "warranty_form": "warranty_claim",
        "renewal_form": "stop_renewal",
        "invoice_form": "invoice_request",
    }
)
NAMED = ("order_number", "product")  # entities that say what a task is about


def say_both(turn: Turn, form: str | None) -> list[Event]:
    """Say which of two tasks comes first, that of ``form``, and keep the other; nothing where there is one.

    From here on the turn's message is what was said of the first.
    """
    clauses = two_tasks(turn.plain)
    if clauses is None or form not in [clause.form for clause in clauses]:
        kept = turn.slot(SLOT) or {}
        return [SlotSet(SLOT, None)] if kept.get("form") == form else []
    first, second = clauses if clauses[0].form == form else reversed(clauses)
    kept = {"form": second.form, "message": _part(turn, second), "what": _what(turn, second)}
    turn.say(
        "two_tasks", first=_what(turn, first), second=kept["what"], buttons=[_button(turn, kept)], custom={}
    )
    narrow(turn, first.form)
    return [SlotSet(SLOT, kept)]


def narrow(turn: Turn, form: str) -> bool:
    """Have the turn read only what a message of two tasks says of ``form``'s; whether it is such a one."""
    own = [clause for clause in two_tasks(turn.plain) or () if clause.form == form]
    if own:
        turn.tracker.latest_message = _part(turn, own[0])
    return bool(own)


def offer_later(turn: Turn) -> list[Event]:
    """Ask whether to go on with the task that was kept; a plain "yes" to it takes it up."""
    kept = turn.slot(SLOT)
    if not kept:
        return []
    said = turn.dispatcher.messages[-1].get("custom") or {} if turn.dispatcher.messages else {}
    offer = {"offer": {"kind": "later", "form": kept["form"], "message": kept["message"]}}
    turn.say("go_on", second=kept["what"], buttons=[_button(turn, kept)], custom={**said, **offer})
    return [SlotSet(SLOT, None)]


def _part(turn: Turn, clause: Clause) -> dict[str, Any]:
    """The message as if only this clause of it had been said."""
    inside = [
        {**entity, "start": entity["start"] - clause.start, "end": entity["end"] - clause.start}
        for entity in turn.message.get("entities") or []
        if clause.start <= entity.get("start", -1) and entity.get("end", 0) <= clause.end
    ]
    text = turn.text[clause.start : clause.end]
    return {"text": text, "intent": {"name": INTENTS[clause.form]}, "entities": inside}


def _what(turn: Turn, clause: Clause) -> str:
    """What a task is called, with the orders that the clause names, else its words for the goods."""
    part = _part(turn, clause)
    kind = word(str(TASKS[clause.form].kind), language=turn.language)
    numbers = [str(e["value"]) for e in part["entities"] if e["entity"] == NAMED[0]]
    goods = [part["text"][e["start"] : e["end"]] for e in part["entities"] if e["entity"] == NAMED[1]]
    about = listed(list(dict.fromkeys(numbers or goods)), language=turn.language)
    if not about:
        return kind
    return f"{kind}（{about}）" if turn.language == "zh" else f"{kind} ({about})"


def _button(turn: Turn, kept: Mapping[str, Any]) -> tuple[str, str]:
    """The other task's button sends the customer's own words for it."""
    return TITLES[INTENTS[kept["form"]]][turn.language == "zh"], str(kept["message"]["text"])
