"""One product or two: which is meant, and what the catalogue says; where it is silent, that is said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rasa_sdk.events import SlotSet

from actions.attributes import (
    GENERAL,
    asked_keys,
    priced,
    product_buttons,
    say_attribute,
    say_card,
    say_variant,
    spoken_rest,
)
from actions.base import KefuAction
from actions.facts import facts_note, facts_of, facts_words, products_of
from actions.faq import ActionFaq
from actions.focus import focus_of, focused
from actions.meanwhile import asked_meanwhile
from actions.paid import PAID, say_paid
from actions.turn import Event, Turn
from actions.wiring import knowledge_base
from kefu.shop import catalogue
from kefu.shop.records import Product, Transaction
from kefu.shop.related import alternatives, clauses_of

AND = re.compile(r"\b(and|vs\.?|versus|or)\b|和|跟|与|还是|或", re.IGNORECASE)
BARE_PRICE = re.compile(r"\W*(?:and |so )?(?:how much(?: is (?:it|that))?|多少钱?|几块钱?)\W*", re.IGNORECASE)
MANY = 20  # products that are looked at where only a kind is named


def named(turn: Turn, tx: Transaction) -> list[Product]:
    """The products that the message names or picks from what was shown; else the one in focus."""
    mention, focus = turn.mention(), catalogue.by_ids(tx, [focus_of(turn) or ""])
    found = catalogue.by_ids(tx, mention.product_ids) or _picked(turn, tx)
    if found or not mention.kinds:
        return found or focus
    if focus and focus[0].kind in mention.kinds and not _plural(turn.plain):
        return focus  # "the course" is the one just spoken of
    return catalogue.search(tx, catalogue.Wish(kinds=mention.kinds, in_stock=False), limit=MANY)


def _plural(text: str) -> bool:
    return bool(re.search(r"\b(two|both|all|which|any)\b|两|哪|所有|全部", text, re.IGNORECASE))


def shown(turn: Turn) -> list[str]:
    """The ids of the products that the assistant's last words held side by side or listed."""
    last = turn.last_words()
    return [str(product_id) for product_id in last.get("compared") or last.get("listed") or []]


def _picked(turn: Turn, tx: Transaction) -> list[Product]:
    """ "The second one", "the last": a place in what was just shown."""
    ordinal, ids = turn.mention().ordinal, shown(turn)
    meant = knowledge_base(turn.language).mentioned(ordinal, ids) if ordinal and ids else None
    return catalogue.by_ids(tx, [meant]) if meant else []


def one(turn: Turn, tx: Transaction) -> Product | None:
    """The one product meant; where a name fits several, or "it" any of those shown, that is asked."""
    found = named(turn, tx) or catalogue.by_ids(tx, shown(turn))
    focus = focus_of(turn)
    if len(found) > 1:
        found = [product for product in found if product.product_id == focus] or found
    if len(found) == 1:
        return found[0]
    if not found:
        turn.say("which_product")
        return None
    names = [product.name(turn.language) for product in found]
    # what was asked is answered when the name is given: "is it in stock?" "which?" "the compact one"
    wanted = {"wanted": asked_keys(turn, found[0]), "variant": turn.value("variant")}
    turn.say("which_of_products", custom=wanted, list=_or(names, turn), buttons=product_buttons(found, turn))
    return None


def _or(names: Sequence[str], turn: Turn) -> str:
    return ("、" if turn.language == "zh" else ", ").join(names[:6])


class ActionProduct(KefuAction):
    """Price, stock, one attribute, or all that the catalogue says."""

    def name(self) -> str:
        return "action_product"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        other = self._no_product(turn, tx)
        if other is not None:
            return other
        product = one(turn, tx)
        if product is None:
            return []
        keys, variant = _asked(turn, product)
        if variant is not None:
            say_variant(turn, product, variant)
        elif not keys:
            say_card(turn, product, question=not GENERAL.search(spoken_rest(turn)))
        for key in keys:
            say_attribute(turn, product, key)
        if variant is not None or not keys or "stock" in keys:
            offer_instead(turn, tx, product, variant)
        return [*focused(product), *_covering(turn, tx, product, keys)]

    def _no_product(self, turn: Turn, tx: Transaction) -> list[Event] | None:
        """What sounds like a product's price: a refund's amount, what was paid, the fee just spoken of."""
        meanwhile = asked_meanwhile(turn, tx)
        if meanwhile is not None:
            return meanwhile
        paid = say_paid(turn, tx) if PAID.search(turn.plain) else None
        if paid is not None:
            return paid
        behind = turn.last_words().get("passage") and BARE_PRICE.fullmatch(turn.plain)
        return ActionFaq().act(turn, tx) if behind else None


def _asked(turn: Turn, product: Product) -> tuple[list[str], str | None]:
    """The keys and the variant asked for: in this message, else in the one that a name was asked for."""
    variant = turn.value("variant")
    keys = asked_keys(turn, product) if variant is None else []
    before = turn.last_words()
    if variant is None and not keys and "wanted" in before:
        return list(before["wanted"]), before.get("variant")
    return keys, variant


def offer_instead(turn: Turn, tx: Transaction, product: Product, variant: str | None) -> None:
    """Where it cannot be bought now: what the catalogue names instead, with the fact that says so."""
    if catalogue.stock_of(product, variant).available or catalogue.in_stock(product):
        return
    others = [other for other in alternatives(tx, product) if other.facts]
    if others:
        facts = facts_of(others)
        turn.say(
            "instead",
            custom={**facts_note(facts), "listed": [other.product.product_id for other in others]},
            list=priced(products_of(others), turn),
            facts=facts_words(facts, turn, tx),
        )


def _covering(turn: Turn, tx: Transaction, product: Product, keys: Sequence[str]) -> list[Event]:
    """The clause behind a fact ("why?" is about it): one that covers the product and names the key."""
    clauses = tx.policy.in_force(turn.now) if keys else {}
    covering = [clauses[number] for number in clauses_of(tx, product) if number in clauses]
    found = [clause.clause for clause in covering if set(clause.params.values()) & set(keys)]
    return [SlotSet("last_clause", found[0])] if found else []
