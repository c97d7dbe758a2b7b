"""How products stand to each other: instead of one, beside one, before and after a course; with the facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from actions.attributes import priced, product_buttons, stock_words
from actions.base import KefuAction
from actions.compare import CHEAPER, say_cheapest
from actions.facts import facts_note, facts_of, facts_words, products_of
from actions.focus import focus_of, focused
from actions.handoff import OFFER
from actions.products import one, shown
from actions.turn import Event, Turn, names_nothing
from actions.words import listed
from kefu.shop import catalogue
from kefu.shop.purchases import purchases_of
from kefu.shop.records import Product, Transaction
from kefu.shop.related import (
    Fit,
    Needs,
    Related,
    accessories,
    alternatives,
    course_path,
    fits,
    needs,
)

BEFORE = re.compile(
    r"before|prerequisite|require|need.{0,12}(first|for)|先学|前置|基础|之前|需要先|前", re.IGNORECASE
)
NEEDED = re.compile(r"\bneed|requir|necessary|需要|还要|还得|还缺|必须|要准备", re.IGNORECASE)


def _noted(related: Sequence[Related]) -> Mapping[str, Any]:
    """What a channel may know of a list: the facts behind it, and the products for "the second one"."""
    return {**facts_note(facts_of(related)), "listed": [each.product.product_id for each in related]}


def _next_focus(product: Product, related: Sequence[Related]) -> list[Event]:
    """Where one other product was named, the next "it" is that one."""
    return focused(related[0].product if len(related) == 1 else product)


class ActionAlternative(KefuAction):
    """Something similar that is in stock."""

    def name(self) -> str:
        return "action_alternative"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        cheaper = CHEAPER.search(turn.plain)
        listed_ones = catalogue.by_ids(tx, shown(turn)) if cheaper and names_nothing(turn.mention()) else []
        if len(listed_ones) > 1:  # "anything cheaper?" behind a list
            return say_cheapest(turn, listed_ones)
        product = one(turn, tx)
        if product is None:
            return []
        others = _instead(turn, tx, product)
        if not others:
            turn.say("alternatives_none", custom=OFFER)
            return focused(product)
        found = products_of(others)
        turn.say(
            "alternatives" if others[0].facts else "alternatives_near",
            custom=_noted(others),
            product=product,
            list=priced(found, turn),
            facts=facts_words(facts_of(others), turn, tx),
            buttons=product_buttons(found, turn),
        )
        return _next_focus(product, others)


def _instead(turn: Turn, tx: Transaction, product: Product) -> list[Related]:
    """What the catalogue itself names instead, else what is near it; cheaper ones where that is asked."""
    others = alternatives(tx, product)
    if CHEAPER.search(turn.plain):
        others = [other for other in others if other.product.price < product.price]
    return [other for other in others if other.facts] or others


class ActionCompatible(KefuAction):
    """Whether two products go together, what goes with one, or what else it needs."""

    def name(self) -> str:
        return "action_compatible"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        firsts = _two(turn, tx)
        if len(firsts) > 1:
            return _say_pair(turn, tx, firsts[0], firsts[1])
        product = one(turn, tx)
        if product is None:
            return []
        if NEEDED.search(turn.plain):
            said = say_needs(turn, tx, product)
            if said is not None:
                return said
        found = accessories(tx, product)
        if not found:
            turn.say("accessories_none", product=product, custom=OFFER)
            return focused(product)
        say_accessories(turn, tx, product, found)
        return _next_focus(product, found)


def _two(turn: Turn, tx: Transaction) -> list[Product]:
    """The products named; where it is one, it may be asked about together with that in focus."""
    firsts = catalogue.by_ids(tx, [str(entity["value"]) for entity in turn.entities("product")])
    focus = catalogue.by_ids(tx, [focus_of(turn) or ""])
    other = focus and firsts and focus[0].product_id != firsts[0].product_id
    return [*focus, *firsts] if other and len(firsts) == 1 and _pairwise(turn.plain) else firsts


def _pairwise(text: str) -> bool:
    """Whether a question with one name is about that and the thing just spoken of ("does it fit …")."""
    english = r"\b(it|this|that|them|these|also|too)\b|^and |what about"
    return bool(re.search(rf"{english}|它|这|那|也|呢", text, re.IGNORECASE))


def say_accessories(turn: Turn, tx: Transaction, product: Product, found: Sequence[Related]) -> None:
    """What goes with a product, by the facts that say so."""
    turn.say(
        "accessories",
        custom=_noted(found),
        product=product,
        list=priced(products_of(found), turn),
        facts=facts_words(facts_of(found), turn, tx),
        buttons=product_buttons(products_of(found), turn),
    )


def say_needs(turn: Turn, tx: Transaction, product: Product) -> list[Event] | None:
    """What a product requires, through as many products as it takes; None where it requires nothing."""
    found = needs(tx, product, owned=purchases_of(tx, turn.identity).owned)
    if not found.missing and not found.owned:
        return None
    _say_required(turn, tx, product, found)
    if found.extras:
        say_accessories(turn, tx, product, found.extras)
    return _next_focus(product, found.missing)


def _say_required(turn: Turn, tx: Transaction, product: Product, found: Needs) -> None:
    """What is missing with its reason; what the customer has is said and not proposed again."""
    facts = facts_words(facts_of([*found.missing, *found.owned]), turn, tx)
    have = listed([p.name(turn.language) for p in products_of(found.owned)], language=turn.language)
    if not found.missing:
        turn.say("needs_owned", custom=_noted(found.owned), product=product, list=have, facts=facts)
        return
    missing = products_of(found.missing)
    turn.say(
        "needs",
        custom=_noted(found.missing),
        product=product,
        list=priced(missing, turn),
        facts=facts,
        buttons=product_buttons(missing, turn),
    )
    if have:
        turn.say("already_have", custom=_noted(found.missing), list=have)


def _say_pair(turn: Turn, tx: Transaction, first: Product, second: Product) -> list[Event]:
    fit = fits(tx, first, second)
    if fit.status == "yes":
        turn.say(
            "fits_yes",
            custom=facts_note(fit.facts),
            facts=facts_words(fit.facts, turn, tx),
            stock=_stock_of_pair(turn, first, second),
        )
    else:
        turn.say("fits_unknown", custom=OFFER, first=first, second=second, known=_listed_fits(fit, turn))
    return focused(first)


def _stock_of_pair(turn: Turn, first: Product, second: Product) -> str:
    """The stock of the first; of the second where that is what cannot be had."""
    if catalogue.in_stock(second) or not catalogue.in_stock(first):
        return stock_words(first, turn)
    colon = "：" if turn.language == "zh" else ": "
    return f"{second.name(turn.language)}{colon}{stock_words(second, turn)}"


def _listed_fits(fit: Fit, turn: Turn) -> str:
    if not fit.listed:
        return "可以请人工核实。" if turn.language == "zh" else "A person can find out; just say yes."
    names = listed([p.name(turn.language) for p in products_of(fit.listed)], language=turn.language)
    return f"资料列出的搭配是：{names}。" if turn.language == "zh" else f"What it lists is: {names}."


class ActionCoursePath(KefuAction):
    """What comes after a course, or before it."""

    def name(self) -> str:
        return "action_course_path"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        product = one(turn, tx)
        if product is None:
            return []
        way, text = course_path(tx, product), turn.plain
        if way.before and (BEFORE.search(text) or NEEDED.search(text) or not way.after):
            return say_needs(turn, tx, product) or _say_way(turn, tx, "before_course", product, way.before)
        if way.after:
            return _say_way(turn, tx, "next_course", product, way.after)
        turn.say("course_path_none", product=product)
        return focused(product)


def _say_way(
    turn: Turn, tx: Transaction, code: str, product: Product, found: Sequence[Related]
) -> list[Event]:
    """The courses on one side of a course; which of them the customer has is said."""
    owned = purchases_of(tx, turn.identity).owned
    have = [each.product.name(turn.language) for each in found if each.product.product_id in owned]
    facts = facts_words(facts_of(found), turn, tx)
    turn.say(code, custom=_noted(found), product=product, list=priced(products_of(found), turn), facts=facts)
    if have:
        turn.say("already_have", custom=_noted(found), list=listed(have, language=turn.language))
    return _next_focus(product, found)
