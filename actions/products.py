"""Questions about products, answered from the catalogue; what it does not say is said to be unknown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rasa_sdk.events import SlotSet

from actions.base import KefuAction
from actions.handoff import OFFER
from actions.turn import Event, Turn
from actions.words import bullets, listed, money, word
from kefu.shop import catalogue
from kefu.shop.money import Money
from kefu.shop.records import Product, Transaction

MOST = re.compile(
    r"(?:under|below|less than|up to|cheaper than|max(?:imum)?|不超过|低于|少于)\s*\$?\s*(\d+(?:\.\d+)?)"
    r"|\$?(\d+(?:\.\d+)?)\s*(?:块|元|美元|美金|刀)?\s*(?:以下|以内|之内|or less)",
    re.IGNORECASE,
)
BEFORE = re.compile(
    r"before|prerequisite|require|need.{0,12}(first|for)|先学|前置|基础|之前|需要先|前", re.IGNORECASE
)


def named(turn: Turn, tx: Transaction) -> list[Product]:
    """The products that the message names, each candidate of a shared name; else the one in focus."""
    found = catalogue.by_ids(tx, turn.mention().product_ids)
    focus = turn.slot("focus_product")
    return found or catalogue.by_ids(tx, [focus] if focus else [])


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


def product_buttons(products: Sequence[Product], turn: Turn) -> Sequence[tuple[str, str]]:
    """A button for each product, repeating the question about it."""
    intent = turn.intent if turn.intent.startswith(("ask_", "compare")) else "ask_product"
    return [(p.name(turn.language), f'/{intent}{{"product": "{p.product_id}"}}') for p in products[:6]]


def focused(product: Product) -> list[Event]:
    """Keep the product for the next "it"."""
    return [SlotSet("focus_product", product.product_id)]


def said(value: object, turn: Turn) -> str:
    """A catalogue value in words."""
    if isinstance(value, tuple):
        return listed([word(str(each), language=turn.language) for each in value], language=turn.language)
    if isinstance(value, Money):
        return money(value)
    return word(str(value), language=turn.language)


def stock_words(product: Product, turn: Turn, *, variant: str | None = None) -> str:
    """Whether it can be bought now, by variant where there are several, with the restock date's distance."""
    zh, stock = turn.language == "zh", catalogue.stock_of(product, variant)
    if stock.pieces is None:
        return "随时可用。" if zh else "It is available at once."
    kind = f"（{word(stock.variant, language='zh')}）" if zh and stock.variant else ""
    if not zh and stock.variant:
        kind = f" in {word(stock.variant, language='en')}"
    if stock.pieces == 0:
        later = _restock(stock.restock_days, zh=zh)
        return f"目前{kind}缺货。{later}" if zh else f"Out of stock{kind} at the moment.{later}"
    parts = _by_variant(stock, turn)
    return f"有货{kind}，{stock.pieces} 件{parts}。" if zh else f"In stock{kind}: {stock.pieces}{parts}."


def _restock(days: int | None, *, zh: bool) -> str:
    if days is None:
        return ""
    return f"预计 {days} 天后补货。" if zh else f" It is expected back in {days} days."


def _by_variant(stock: catalogue.Stock, turn: Turn) -> str:
    if stock.variant or len(stock.variants) < 2:
        return ""
    pieces = [f"{word(name, language=turn.language)} {count}" for name, count in stock.variants.items()]
    return f"（{'，'.join(pieces)}）" if turn.language == "zh" else f" ({', '.join(pieces)})"


class ActionProduct(KefuAction):
    """Price, stock, one attribute, or all that the catalogue says."""

    def name(self) -> str:
        return "action_product"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        product = one(turn, tx)
        if product is None:
            return []
        keys = list(dict.fromkeys(str(entity["value"]) for entity in turn.entities("attribute")))
        variant = turn.value("variant")
        if variant is not None:
            turn.say("product_stock", product=product, stock=stock_words(product, turn, variant=variant))
        elif not keys:
            say_card(turn, product)
        for key in keys if variant is None else []:
            say_attribute(turn, product, key)
        return focused(product)


def say_attribute(turn: Turn, product: Product, key: str) -> None:
    """One attribute, or that the catalogue does not say."""
    found = catalogue.attribute(product, key)
    if key == "stock":
        turn.say("product_stock", product=product, stock=stock_words(product, turn))
    elif not found.known:
        turn.say("product_unknown", custom=OFFER, product=product)
    elif key == "price":
        turn.say("product_price", product=product, price=found.value)
    else:
        attribute = word(key, language=turn.language)
        turn.say("product_attribute", product=product, attribute=attribute, value=said(found.value, turn))


def say_card(turn: Turn, product: Product) -> None:
    """Everything that the catalogue says about a product."""
    turn.say(
        "product_card",
        custom={"card": {"product_id": product.product_id}},
        product=product,
        price=Money(product.price, product.currency),
        stock=stock_words(product, turn),
        details=details(product, turn),
    )


def details(product: Product, turn: Turn) -> str:
    """The attributes of a product in a row."""
    zh = turn.language == "zh"
    keys = [key for key in catalogue.keys_of(product) if key != "restock_days"]
    parts = [
        f"{word(k, language=turn.language)}{'：' if zh else ': '}{said(product.attributes[k], turn)}"
        for k in keys
    ]
    return ("；".join(parts) + "。" if zh else "; ".join(parts) + ".") if parts else ""


class ActionCompare(KefuAction):
    """Two products side by side."""

    def name(self) -> str:
        return "action_compare"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        found = named(turn, tx)
        focus = turn.slot("focus_product")
        if len(found) == 1 and focus and focus != found[0].product_id:
            found = [*catalogue.by_ids(tx, [focus]), *found]
        if len(found) < 2:
            turn.say("compare_which")
            return focused(found[0]) if found else []
        left, right = _pair(turn, found)
        turn.say("compare", first=left, second=right, table=_table(turn, left, right))
        return focused(left)


def _pair(turn: Turn, found: Sequence[Product]) -> tuple[Product, Product]:
    """One product for each name in the message, the first two of one shared name otherwise."""
    firsts = list(dict.fromkeys(str(entity["value"]) for entity in turn.entities("product")))
    chosen = [product for product in found if product.product_id in firsts]
    return (chosen[0], chosen[1]) if len(chosen) > 1 else (found[0], found[1])


def _table(turn: Turn, left: Product, right: Product) -> str:
    unknown = "未说明" if turn.language == "zh" else "not stated"
    rows = []
    for row in catalogue.compare(left, right):
        first, second = (unknown if value is None else said(value, turn) for value in (row.left, row.right))
        rows.append(f"- {word(row.key, language=turn.language)}: {first} | {second}")
    return "\n".join(rows)


class ActionAlternative(KefuAction):
    """Something similar that is in stock."""

    def name(self) -> str:
        return "action_alternative"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        product = one(turn, tx)
        if product is None:
            return []
        others = catalogue.alternatives(tx, product)
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


def priced(products: Sequence[Product], turn: Turn) -> str:
    """Products with their prices in a sentence."""
    return listed(
        [f"{p.name(turn.language)} ({money(Money(p.price, p.currency))})" for p in products],
        language=turn.language,
    )


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
            and _pairwise(turn.text)
        ):
            firsts = [*firsts, *focus]
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
            turn.say("fits_yes", first=first, second=second, stock=stock_words(first, turn))
        else:
            turn.say("fits_unknown", custom=OFFER, first=first, second=second, known=_listed_fits(fit, turn))
        return focused(first)


def _pairwise(text: str) -> bool:
    """Whether a question with one name is about that and the thing just spoken of ("does it fit …")."""
    return bool(re.search(r"\b(it|this|that|them|these)\b|它|这个|那个", text, re.IGNORECASE))


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
        asked_before = BEFORE.search(turn.text) and path.before
        if asked_before or (path.before and not path.after):
            turn.say("requires_course", product=product, list=priced(path.before, turn))
        elif path.after:
            turn.say("next_course", product=product, list=priced(path.after, turn))
        else:
            turn.say("course_path_none", product=product)
        return focused(product)


class ActionSearch(KefuAction):
    """What the shop has, by kind, name, price and attribute; nothing that is out of stock."""

    def name(self) -> str:
        return "action_search"

    def act(self, turn: Turn, tx: Transaction) -> list[Event]:
        wish = _wish(turn)
        mention = turn.mention()
        pool = set(mention.product_ids)
        found = [p for p in catalogue.search(tx, wish) if not pool or p.product_id in pool]
        if found:
            turn.say("search_results", list=rows(found, turn), buttons=product_buttons(found, turn))
            return focused(found[0]) if len(found) == 1 else []
        near = catalogue.by_ids(tx, pool)
        if near:
            turn.say("search_nearest", list=rows(near, turn), buttons=product_buttons(near, turn))
        else:
            turn.say("search_none", custom=OFFER)
        return []


def _wish(turn: Turn) -> catalogue.Wish:
    price = MOST.search(turn.text)
    amount = next((group for group in price.groups() if group), None) if price else None
    attributes = {str(e["value"]): "yes" for e in turn.entities("attribute") if e["value"] in YES_NO}
    return catalogue.Wish(
        kinds=turn.mention().kinds if not turn.mention().product_ids else (),
        max_price=round(float(amount) * 100) if amount else None,
        attributes=attributes,
    )


# attributes that a wish can only mean as "with it"
YES_NO = ("wireless", "noise_cancelling", "dimmable", "certificate")


def rows(products: Sequence[Product], turn: Turn) -> str:
    """Products as a numbered list with price and stock."""
    return bullets(
        [
            f"{p.name(turn.language)} — {money(Money(p.price, p.currency))}. {stock_words(p, turn)}"
            for p in products[:8]
        ]
    )
