"""Questions about products, answered from the catalogue; what it does not say is said to be unknown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rasa_sdk.events import SlotSet

from actions.attributes import (
    GENERAL,
    asked_keys,
    priced,
    product_buttons,
    said,
    say_attribute,
    say_card,
    say_variant,
    spoken_rest,
    stock_words,
)
from actions.base import KefuAction
from actions.handoff import OFFER
from actions.turn import Event, Turn
from actions.words import listed, simplified, word
from kefu.shop import catalogue
from kefu.shop.records import Product, Transaction

AND = re.compile(r"\b(and|vs\.?|versus|or)\b|和|跟|与|还是|或", re.IGNORECASE)
CHEAPER = re.compile(r"cheaper|less expensive|costs? less|便宜", re.IGNORECASE)
BEFORE = re.compile(
    r"before|prerequisite|require|need.{0,12}(first|for)|先学|前置|基础|之前|需要先|前", re.IGNORECASE
)


def named(turn: Turn, tx: Transaction) -> list[Product]:
    """The products that the message names, each candidate of a shared name or kind; else the one in focus."""
    mention, focus = turn.mention(), catalogue.by_ids(tx, [turn.slot("focus_product") or ""])
    found = catalogue.by_ids(tx, mention.product_ids)
    if found or not mention.kinds:
        return found or focus
    if focus and focus[0].kind in mention.kinds and not _plural(simplified(turn.text)):
        return focus  # "the course" is the one just spoken of
    return catalogue.search(tx, catalogue.Wish(kinds=mention.kinds, in_stock=False))


def _plural(text: str) -> bool:
    return bool(re.search(r"\b(two|both|all|which|any)\b|两|哪|所有|全部", text, re.IGNORECASE))


def one(turn: Turn, tx: Transaction) -> Product | None:
    """The one product meant; where a name fits several, or none is named, that is asked."""
    found = named(turn, tx)
    focus = turn.slot("focus_product")
    if len(found) > 1:
        found = [product for product in found if product.product_id == focus] or found
    if len(found) == 1:
        return found[0]
    if not found:
        turn.say("which_product")
        return None
    names = [product.name(turn.language) for product in found]
    turn.say("which_of_products", list=_or(names, turn), buttons=product_buttons(found, turn))
    return None


def _or(names: Sequence[str], turn: Turn) -> str:
    return ("、" if turn.language == "zh" else ", ").join(names[:6])


def focused(product: Product) -> list[Event]:
    """Keep the product for the next "it"."""
    return [SlotSet("focus_product", product.product_id)]


class ActionProduct(KefuAction):
    """Price, stock, one attribute, or all that the catalogue says."""

    def name(self) -> str:
        return "action_product"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        product = one(turn, tx)
        if product is None:
            return []
        variant = turn.value("variant")
        keys = asked_keys(turn, product) if variant is None else []
        if variant is not None:
            say_variant(turn, product, variant)
        elif not keys:
            say_card(turn, product, question=not GENERAL.search(spoken_rest(turn)))
        for key in keys:
            say_attribute(turn, product, key)
        return focused(product)


class ActionCompare(KefuAction):
    """Two products side by side."""

    def name(self) -> str:
        return "action_compare"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        found = _compared(turn, tx)
        if len(found) < 2:
            turn.say("compare_which")
            return focused(found[0]) if found else []
        left, right = _pair(turn, found)
        turn.say(
            "compare",
            custom={"compared": [left.product_id, right.product_id]},
            first=left,
            second=right,
            table=_table(turn, left, right),
        )
        return focused(left)


def _compared(turn: Turn, tx: Transaction) -> list[Product]:
    """The products to compare: those named, the one in focus with one named, or the last pair again."""
    found, focus = named(turn, tx), turn.slot("focus_product")
    here = catalogue.by_ids(tx, turn.mention().product_ids)
    if len(here) == 1 and focus and focus != here[0].product_id and not AND.search(simplified(turn.text)):
        return [*catalogue.by_ids(tx, [focus]), *here]
    if len(found) < 2 and not here:
        return catalogue.by_ids(tx, turn.last_words().get("compared") or []) or found
    return found


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


class ActionAlternative(KefuAction):
    """Something similar that is in stock."""

    def name(self) -> str:
        return "action_alternative"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        product = one(turn, tx)
        if product is None:
            return []
        others = _instead(turn, tx, product)
        if not others:
            turn.say("alternatives_none", custom=OFFER)
        else:
            turn.say(
                "alternatives",
                product=product,
                list=priced(others, turn),
                buttons=product_buttons(others, turn),
            )
        return focused(product)


def _instead(turn: Turn, tx: Transaction, product: Product) -> list[Product]:
    """What the catalogue itself names instead, else what is near it; cheaper ones where that is asked."""
    others = catalogue.alternatives(tx, product)
    if CHEAPER.search(simplified(turn.text)):
        others = [other for other in others if other.price < product.price]
    link = product.attributes.get("alternative", ())
    listed_there = (link,) if isinstance(link, str) else link
    return [other for other in others if other.product_id in listed_there] or others


class ActionCompatible(KefuAction):
    """Whether two products go together, or what goes with one."""

    def name(self) -> str:
        return "action_compatible"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        firsts = catalogue.by_ids(tx, [str(entity["value"]) for entity in turn.entities("product")])
        focus = catalogue.by_ids(tx, [turn.slot("focus_product") or ""])
        if (
            len(firsts) == 1
            and focus
            and focus[0].product_id != firsts[0].product_id
            and _pairwise(simplified(turn.text))
        ):
            firsts = [*focus, *firsts]
        if len(firsts) > 1:
            return self._pair(turn, tx, firsts[0], firsts[1])
        product = one(turn, tx)
        if product is None:
            return []
        found = catalogue.accessories(tx, product)
        if found:
            turn.say(
                "accessories", product=product, list=priced(found, turn), buttons=product_buttons(found, turn)
            )
        else:
            turn.say("accessories_none", product=product, custom=OFFER)
        return focused(product)

    def _pair(self, turn: Turn, tx: Transaction, first: Product, second: Product) -> list[Event]:
        fit = catalogue.fits(tx, first, second)
        if fit.status == "yes":
            turn.say("fits_yes", first=first, second=second, stock=_stock_of_pair(turn, first, second))
        else:
            turn.say("fits_unknown", custom=OFFER, first=first, second=second, known=_listed_fits(fit, turn))
        return focused(first)


def _stock_of_pair(turn: Turn, first: Product, second: Product) -> str:
    """The stock of the first; of the second where that is what cannot be had."""
    if catalogue.in_stock(second) or not catalogue.in_stock(first):
        return stock_words(first, turn)
    colon = "：" if turn.language == "zh" else ": "
    return f"{second.name(turn.language)}{colon}{stock_words(second, turn)}"


def _pairwise(text: str) -> bool:
    """Whether a question with one name is about that and the thing just spoken of ("does it fit …")."""
    english = r"\b(it|this|that|them|these|also|too)\b|^and |what about"
    return bool(re.search(rf"{english}|它|这|那|也|呢", text, re.IGNORECASE))


def _listed_fits(fit: catalogue.Fit, turn: Turn) -> str:
    if not fit.listed:
        return "可以请人工核实。" if turn.language == "zh" else "A person can find out; just say yes."
    names = listed([product.name(turn.language) for product in fit.listed], language=turn.language)
    return f"资料列出的搭配是：{names}。" if turn.language == "zh" else f"What it lists is: {names}."


class ActionCoursePath(KefuAction):
    """What comes after a course, or before it."""

    def name(self) -> str:
        return "action_course_path"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        product = one(turn, tx)
        if product is None:
            return []
        path = catalogue.course_path(tx, product)
        asked_before = BEFORE.search(simplified(turn.text)) and path.before
        if asked_before or (path.before and not path.after):
            turn.say("requires_course", product=product, list=priced(path.before, turn))
        elif path.after:
            turn.say("next_course", product=product, list=priced(path.after, turn))
        else:
            turn.say("course_path_none", product=product)
        return focused(product)
