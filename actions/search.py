"""Looking for products: by kind, name, price and what the catalogue says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.attributes import asked_keys, product_buttons, rows, say_attribute
from actions.base import KefuAction
from actions.focus import focus_of, focused, unfocused
from actions.handoff import OFFER
from actions.products import ActionProduct
from actions.rescue import rescue
from actions.turn import Event, Turn
from actions.wish import wish_of
from kefu.shop import catalogue
from kefu.shop.records import Product, Transaction

SHOWN = 8  # products of a list; a button stands under the first of them
CHEAPEST = re.compile(r"cheapest|lowest price|最便宜|最低价", re.IGNORECASE)


class ActionSearch(KefuAction):
    """What the shop has, by kind, name, price and attribute; nothing that is out of stock."""

    def name(self) -> str:
        return "action_search"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        pool = set(turn.mention().product_ids) & set(catalogue.shelf(tx).products)
        wish = wish_of(turn, tx, named=bool(pool))
        unlimited = wish.max_price is None and wish.min_price is None
        if len(pool) == 1 and unlimited:
            return ActionProduct().act(turn, tx)
        if not pool and wish == catalogue.Wish():
            events = None if CHEAPEST.search(turn.plain) else rescue(turn, tx)
            return _overview(turn, tx) if events is None else events
        if not pool and not wish.kinds and unlimited:
            _of_focus(turn, tx)
        cheapest = CHEAPEST.search(turn.plain)
        return _say(turn, tx, catalogue.search(tx, wish, among=pool, limit=1 if cheapest else SHOWN), pool)


def _say(turn: Turn, tx: Transaction, found: Sequence[Product], pool: set[str]) -> list[Event]:
    if found:
        _list(turn, "search_results", found)
        return focused(found[0]) if len(found) == 1 else unfocused()
    near = catalogue.by_ids(tx, sorted(pool))
    if not near:
        turn.say("search_none", custom=OFFER)
        return []
    _list(turn, "search_nearest", near)
    return unfocused() if len(near) > 1 else focused(near[0])


def _list(turn: Turn, code: str, found: Sequence[Product]) -> None:
    """Say a list, and note it for "the second one"."""
    noted = {"listed": [product.product_id for product in found]}
    turn.say(code, custom=noted, list=rows(found, turn), buttons=product_buttons(found, turn))


def _of_focus(turn: Turn, tx: Transaction) -> None:
    """ "Is there a certificate?" may be about the product just spoken of: its answer comes first."""
    for focus in catalogue.by_ids(tx, [focus_of(turn) or ""]):
        for key in asked_keys(turn, focus):
            if catalogue.attribute(focus, key).known:
                say_attribute(turn, focus, key)


def _overview(turn: Turn, tx: Transaction) -> list[Event]:
    """Nothing that the catalogue knows was named: something of every category."""
    if CHEAPEST.search(turn.plain):
        return _say(turn, tx, catalogue.search(tx, catalogue.Wish(), limit=1), set())
    first = catalogue.one_of_each(tx, limit=SHOWN)
    _list(turn, "search_all", first)
    return unfocused()
