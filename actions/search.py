"""Looking for products: by kind, name, price and what the catalogue says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rasa_sdk.events import SlotSet

from actions.attributes import asked_keys, product_buttons, rows, say_attribute, spoken_rest
from actions.base import KefuAction
from actions.handoff import OFFER
from actions.products import ActionProduct, focused
from actions.rescue import rescue
from actions.turn import Event, Turn
from actions.words import simplified, word
from kefu.shop import catalogue
from kefu.shop.records import Product, Transaction

_UNIT = r"(?:dollars?|bucks|usd|块钱?|元|美元|美金|刀)?"
MOST = re.compile(
    r"(?:under|below|less than|up to|at most|no more than|within|cheaper than|max(?:imum)?(?: of)?"
    rf"|budget(?: is| of)?|不超过|不到|低于|少于|最多|预算)\s*\$?\s*(\d+(?:\.\d+)?)"
    rf"|\$?(\d+(?:\.\d+)?)\s*{_UNIT}\s*(?:以下|以内|之内|以里|or (?:less|under|cheaper)|(?:at )?max)",
    re.IGNORECASE,
)
CHEAPEST = re.compile(r"cheapest|lowest price|最便宜|最低价", re.IGNORECASE)
# attributes that a wish can only mean as "with it"
YES_NO = ("wireless", "noise_cancelling", "dimmable", "certificate")


class ActionSearch(KefuAction):
    """What the shop has, by kind, name, price and attribute; nothing that is out of stock."""

    def name(self) -> str:
        return "action_search"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        pool = {product.product_id for product in catalogue.by_ids(tx, turn.mention().product_ids)}
        wish = wish_of(turn, tx, named=bool(pool))
        if len(pool) == 1 and wish.max_price is None:
            return ActionProduct().act(turn, tx)
        if not pool and wish == catalogue.Wish():
            events = None if CHEAPEST.search(simplified(turn.text)) else rescue(turn, tx)
            return _overview(turn, tx) if events is None else events
        _of_focus(turn, tx, wish, pool)
        found = [p for p in catalogue.search(tx, wish) if not pool or p.product_id in pool]
        return _say(turn, tx, found[:1] if CHEAPEST.search(simplified(turn.text)) else found, pool)


def _say(turn: Turn, tx: Transaction, found: Sequence[Product], pool: set[str]) -> list[Event]:
    if found:
        turn.say("search_results", list=rows(found, turn), buttons=product_buttons(found, turn))
        return focused(found[0]) if len(found) == 1 else [SlotSet("focus_product", None)]
    near = catalogue.by_ids(tx, sorted(pool))
    if near:
        turn.say("search_nearest", list=rows(near, turn), buttons=product_buttons(near, turn))
    else:
        turn.say("search_none", custom=OFFER)
    return []


def _of_focus(turn: Turn, tx: Transaction, wish: catalogue.Wish, pool: set[str]) -> None:
    """ "Is there a certificate?" may be about the product just spoken of: its answer comes first."""
    focus = catalogue.by_ids(tx, [turn.slot("focus_product") or ""])
    if not focus or pool or wish.kinds or wish.max_price is not None:
        return
    keys = [key for key in asked_keys(turn, focus[0]) if catalogue.attribute(focus[0], key).known]
    for key in keys:
        say_attribute(turn, focus[0], key)


def _overview(turn: Turn, tx: Transaction) -> list[Event]:
    """Nothing that the catalogue knows was named: something of every category."""
    found = catalogue.search(tx, catalogue.Wish())
    if CHEAPEST.search(simplified(turn.text)):
        return _say(turn, tx, found[:1], set())
    first = list({product.category: product for product in reversed(found)}.values())
    turn.say("search_all", list=rows(first, turn), buttons=product_buttons(first, turn))
    return []


def wish_of(turn: Turn, tx: Transaction, *, named: bool) -> catalogue.Wish:
    """What the message looks for; kinds count only where no product is ``named``."""
    price = MOST.search(simplified(turn.text))
    amount = next((group for group in price.groups() if group), None) if price else None
    with_it = {str(e["value"]): "yes" for e in turn.entities("attribute") if e["value"] in YES_NO}
    return catalogue.Wish(
        kinds=() if named else turn.mention().kinds,
        max_price=round(float(amount) * 100) if amount else None,
        attributes={**_values(turn, tx), **with_it},
    )


def _values(turn: Turn, tx: Transaction) -> dict[str, str]:
    """Attribute values of the catalogue that the message says ("for beginners", "as a PDF")."""
    text, found = spoken_rest(turn).casefold(), {}
    for product in tx.products.all():
        for key in catalogue.keys_of(product):
            value = product.attributes[key]
            for each in (value,) if isinstance(value, str) else value:
                if not each.isdecimal() and each not in ("yes", "no") and _says(text, each):
                    found[key] = each
    return found


def _says(text: str, value: str) -> bool:
    english = rf"(?<![a-z0-9]){re.escape(value.casefold())}s?(?![a-z0-9])"
    chinese = word(value, language="zh").casefold()
    return bool(re.search(english, text)) or (not chinese.isascii() and len(chinese) > 1 and chinese in text)
