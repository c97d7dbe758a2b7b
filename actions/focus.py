"""The product in focus: what "it" means, and for how long.

The slot ``focus_product`` ends when another task begins, with the session, and after FOCUS_TURNS messages in
which nobody spoke of the product; a comparison and a list of several leave no focus, so "it" is asked about.
"""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.turn import Event, Turn
from kefu.shop.records import Order, Product

SLOT = "focus_product"
FOCUS_TURNS = 5  # further messages after which a product that nobody spoke of again is no longer "it"


def focus_of(turn: Turn) -> str | None:
    """The id of the product in focus; None where there is none, or it was spoken of too long ago.

    Each action that speaks of a product sets the slot anew, so the messages behind that are its age.
    """
    product_id, age = turn.slot(SLOT), 0
    for event in reversed(list(turn.tracker.events)):
        if event.get("event") == "slot" and event.get("name") == SLOT:
            break
        age += event.get("event") == "user"
    return str(product_id) if product_id and age <= FOCUS_TURNS else None


def line_in_focus(turn: Turn, order: Order | None) -> int | None:
    """The one line of an order that holds the product in focus."""
    product_id = focus_of(turn)
    lines = [line.line for line in order.lines if line.product.product_id == product_id] if order else []
    return lines[0] if len(lines) == 1 else None


def focused(product: Product) -> list[Event]:
    """Keep the product for the next "it"."""
    return [SlotSet(SLOT, product.product_id)]


def unfocused() -> list[Event]:
    """There is no "it" any more."""
    return [SlotSet(SLOT, None)]
