"""Several products held against each other: side by side, or by what they cost."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.attributes import priced, said
from actions.base import KefuAction
from actions.focus import focus_of, focused, unfocused
from actions.products import AND, named, shown
from actions.turn import Event, Turn
from actions.words import listed, word
from kefu.shop import catalogue
from kefu.shop.money import Money
from kefu.shop.records import Product, Transaction

CHEAPER = re.compile(r"cheap(er|est)|less expensive|costs? less|lower price|便宜", re.IGNORECASE)
MOST = 6  # products that an answer names beside the cheapest


class ActionCompare(KefuAction):
    """Two products side by side; of any number which costs the least."""

    def name(self) -> str:
        return "action_compare"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        found = _compared(turn, tx)
        if len(found) < 2:
            turn.say("compare_which")
            return focused(found[0]) if found else []
        if CHEAPER.search(turn.plain):
            return say_cheapest(turn, _named_ones(turn, found))
        left, right = _pair(turn, found)
        turn.say(
            "compare",
            custom={"compared": [left.product_id, right.product_id]},
            first=left,
            second=right,
            table=_table(turn, left, right),
        )
        return unfocused()  # "it" could be either


def _compared(turn: Turn, tx: Transaction) -> list[Product]:
    """The products to compare: those named, the one in focus with one named, or the last pair again."""
    found, focus = named(turn, tx), focus_of(turn)
    here = catalogue.by_ids(tx, turn.mention().product_ids)
    if len(here) == 1 and focus and focus != here[0].product_id and not AND.search(turn.plain):
        return [*catalogue.by_ids(tx, [focus]), *here]
    if len(found) < 2 and not here:
        return catalogue.by_ids(tx, shown(turn)) or found
    return found


def _named_ones(turn: Turn, found: Sequence[Product]) -> Sequence[Product]:
    """One product for each name where the message has names, else all that was found."""
    return _pair(turn, found) if turn.mention().product_ids else found


def say_cheapest(turn: Turn, products: Sequence[Product]) -> list[Event]:
    """Which of several products costs the least, where all are in one currency; the next "it" is that one."""
    if len({product.currency for product in products}) > 1:
        ids = [product.product_id for product in products]
        turn.say("compare_currencies", custom={"compared": ids}, list=priced(products[:MOST], turn))
        return unfocused()
    first, *others = sorted(products, key=lambda product: product.price)
    price, compared = Money(first.price, first.currency), {"compared": [p.product_id for p in products]}
    if all(other.price == first.price for other in others):
        names = listed([product.name(turn.language) for product in products], language=turn.language)
        turn.say("compare_same_price", custom=compared, price=price, others=names)
        return unfocused()
    others_priced = priced(others[:MOST], turn)
    turn.say("compare_cheapest", custom=compared, product=first, price=price, others=others_priced)
    return focused(first)


def _pair(turn: Turn, found: Sequence[Product]) -> tuple[Product, Product]:
    """One product for each name in the message, the first two of one shared name otherwise."""
    firsts = list(dict.fromkeys(str(entity["value"]) for entity in turn.entities("product")))
    chosen = [product for product in found if product.product_id in firsts]
    return (chosen[0], chosen[1]) if len(chosen) > 1 else (found[0], found[1])


def _table(turn: Turn, left: Product, right: Product) -> str:
    zh = turn.language == "zh"
    unknown, colon = ("未说明", "：") if zh else ("not stated", ": ")
    rows = []
    for row in catalogue.compare(left, right):
        first, second = (unknown if value is None else said(value, turn) for value in (row.left, row.right))
        rows.append(f"- {word(row.key, language=turn.language)}{colon}{first} | {second}")
    return "\n".join(rows)
