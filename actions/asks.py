"""The questions of the forms that need facts: which one, how many, which variant, why."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import KefuAction
from actions.present import options
from actions.turn import Event, Turn
from actions.wiring import settings
from actions.words import listed, word
from kefu.shop.identity import visible_orders
from kefu.shop.records import OrderLine, Transaction
from kefu.shop.selection import Target

# Each question in full and in short, and the slot that it is about: where that changes, it is asked in full.
QUESTIONS = {
    "guest_order": ("say_ask_guest_order", "say_ask_guest_order_again", None),
    "guest_code": ("say_ask_guest_code", "say_ask_guest_code_again", "guest_order"),
    "address": ("say_ask_address", "say_ask_address_again", "item"),
    "reason": ("say_ask_reason", "say_ask_reason_again", "item"),
}
REASONS = ("damaged", "wrong", "missing", "unwanted")


def chosen_line(turn: Turn, tx: Transaction) -> OrderLine | None:
    """The line that the running task is about."""
    number, line = next(iter(turn.slot("item") or []), (None, None))
    for order in visible_orders(tx, turn.identity):
        if order.order_number == number:
            return next((row for row in order.lines if line in (None, row.line)), None)
    return None


def chosen_goods(turn: Turn, tx: Transaction) -> list[OrderLine]:
    """The lines that the running task is about."""
    item = [(order, line) for order, line in turn.slot("item") or []]
    return [
        row
        for order in visible_orders(tx, turn.identity)
        for row in order.lines
        if (order.order_number, row.line) in item or (order.order_number, None) in item
    ]


def ask(turn: Turn, slot: str, **facts: Any) -> None:
    """Ask for a slot; in short where this form asked for it before, about the same thing."""
    full, short, about = QUESTIONS[slot]
    turn.say(short if _asked_before(turn, slot, about) else full, custom={"asked": slot}, **facts)


def _asked_before(turn: Turn, slot: str, about: str | None) -> bool:
    for event in reversed(list(turn.tracker.events)):
        said = (event.get("data") or {}).get("custom") or {} if event.get("event") == "bot" else {}
        if said.get("asked") == slot:
            return True
        begun = event.get("event") == "active_loop" and event.get("name")
        anew = event.get("event") == "slot" and event.get("name") == about and event.get("value")
        if begun or anew:
            return False
    return False


class ActionAskItem(KefuAction):
    """Which purchase: by what the customer would call it, with a button each."""

    def name(self) -> str:
        return "action_ask_item"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        targets = [Target(order, line) for order, line in turn.slot("offered") or []]
        text, buttons = options(turn, tx, targets)
        if not text:
            turn.say("ask_item_open")
            return []
        turn.say("say_ask_item", list=text, buttons=buttons)
        return []


class ActionAskQuantity(KefuAction):
    """How many pieces."""

    def name(self) -> str:
        return "action_ask_quantity"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        line = chosen_line(turn, tx)
        if line is None:
            turn.say("ask_item_open")
            return [SlotSet("item", None)]
        numbers = [(str(n), f'/inform{{"quantity": "{n}"}}') for n in range(1, min(line.quantity, 5) + 1)]
        turn.say("say_ask_quantity", product=line.product, quantity=line.quantity, buttons=numbers)
        return []


class ActionAskReason(KefuAction):
    """Why: asked only where a clause depends on it."""

    def name(self) -> str:
        return "action_ask_reason"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        buttons = [(word(r, language=turn.language), f'/inform{{"reason": "{r}"}}') for r in REASONS]
        ask(turn, "reason", items=chosen_goods(turn, tx), buttons=buttons)
        return []


class ActionAskAddress(KefuAction):
    """Where to instead; the order is named, for the customer may have named none."""

    def name(self) -> str:
        return "action_ask_address"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        number, _ = next(iter(turn.slot("item") or []), (None, None))
        ask(turn, "address", order_number=number, items=chosen_goods(turn, tx))
        return []


class ActionAskVariant(KefuAction):
    """Which variant instead."""

    def name(self) -> str:
        return "action_ask_variant"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        line = chosen_line(turn, tx)
        names = (
            [v.name for v in line.product.variants if v.name != line.variant and v.stock > 0] if line else []
        )
        titles = [word(name, language=turn.language) for name in names]
        buttons = [
            (title, f'/inform{{"variant": "{name}"}}') for title, name in zip(titles, names, strict=True)
        ]
        turn.say("say_ask_variant", variants=listed(titles, language=turn.language), buttons=buttons)
        return []


class ActionAskInvoiceKind(KefuAction):
    """Personal or company."""

    def name(self) -> str:
        return "action_ask_invoice_kind"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        kinds = [
            (word(kind, language=turn.language), word(kind, language=turn.language))
            for kind in ("personal", "company")
        ]
        turn.say("say_ask_invoice_kind", buttons=kinds)
        return []


class ActionAskGuestOrder(KefuAction):
    """The number of the order that a guest is to prove."""

    def name(self) -> str:
        return "action_ask_guest_order"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        ask(turn, "guest_order")
        return []


class ActionAskGuestCode(KefuAction):
    """The one-time code, in the same words whether the order exists or not."""

    def name(self) -> str:
        return "action_ask_guest_code"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        if not turn.words_of_this_turn().get("unsent"):  # else it was just said that none was sent
            ask(turn, "guest_code", minutes=settings().code_minutes)
        return []
