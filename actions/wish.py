"""What a message looks for, as a wish to the catalogue: kind, price, what it has and what it lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from actions.attributes import spoken_rest
from actions.price import PriceRange, said_price
from actions.turn import Turn
from actions.words import listed, word
from kefu.shop import catalogue
from kefu.shop.records import Transaction

# Attributes that a wish can only mean as "with it", beside those that are yes or no throughout the catalogue.
# Narrower than what asks about a product (CUES): "cables" and "something for rain" are looked for themselves.
WITH_IT: Mapping[str, str] = {
    "wireless": r"wireless|cordless|无线|\bwired\b|有线|\bcable\b",
    "noise_cancelling": r"noise[ -]?cancell?(?:ing|ation)|\banc\b|降噪",
    "dimmable": r"dimmable|调光",
    "certificate": r"certificate|证书|结业证",
    "waterproof": r"water[ -]?(?:proof|resistant)|防水",
    "bluetooth": r"bluetooth|蓝牙",
}
# words that name the opposite of their attribute, and what stands before a thing that is not wanted
OPPOSITE: Mapping[str, re.Pattern[str]] = {"wireless": re.compile(r"wired|cable|有线", re.IGNORECASE)}
DENIED = re.compile(
    r"(?:\b(?:no|not|without|non)\W+(?:a |any |the )?|(?:不要|不带|不用|不能|(?<!有)没有|非))$", re.IGNORECASE
)


def wish_of(turn: Turn, tx: Transaction, *, named: bool) -> catalogue.Wish:
    """What the message looks for; kinds count only where no product is ``named``."""
    price = _in_our_money(turn, tx, said_price(turn))
    have, lack = _with_and_without(turn, tx)
    return catalogue.Wish(
        kinds=() if named else turn.mention().kinds,
        max_price=price.most,
        min_price=price.least,
        having=have,
        attributes={**_values(turn, tx), **dict.fromkeys(lack, "no")},
    )


def _with_and_without(turn: Turn, tx: Transaction) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The attributes that the message wants, and those that it does not want."""
    rest = spoken_rest(turn)
    learnt = [str(entity["value"]) for entity in turn.entities("attribute")]
    wanted = {key: _wants(key, rest, learnt=key in learnt) for key in _with_it(tx)}
    have = tuple(key for key, wants in wanted.items() if wants)
    return have, tuple(key for key, wants in wanted.items() if wants is False)


def _with_it(tx: Transaction) -> list[str]:
    values: dict[str, set[str]] = {}
    for key, value in catalogue.shelf(tx).values:
        values.setdefault(key, set()).add(value)
    return [key for key, found in values.items() if key in WITH_IT or found <= {"yes", "no"}]


def _wants(key: str, text: str, *, learnt: bool) -> bool | None:
    """Whether a text wants an attribute (True) or its absence (False); None where it does not speak of it."""
    names = "|".join(map(re.escape, (key.replace("_", " "), word(key, language="zh"))))
    found = re.search(WITH_IT.get(key, names), text, re.IGNORECASE)
    if found is None:
        return True if learnt else None
    opposite = key in OPPOSITE and OPPOSITE[key].search(found.group()) is not None
    denied = DENIED.search(text[: found.start()]) is not None
    return opposite == denied


def _in_our_money(turn: Turn, tx: Transaction, price: PriceRange) -> PriceRange:
    """A limit in a currency in which the shop names no price is not converted: that is said."""
    ours = sorted({product.currency for product in catalogue.shelf(tx).products.values()})
    if not price.currencies or price.currencies & set(ours):
        return price
    turn.say("search_currency", currency=listed(ours, language=turn.language))
    return PriceRange()


def _values(turn: Turn, tx: Transaction) -> dict[str, str]:
    """Attribute values of the catalogue that the message says ("for beginners", "as a PDF")."""
    text = spoken_rest(turn).casefold()
    told = catalogue.shelf(tx).values
    plain = ((key, value) for key, value in told if not value.isdecimal() and value not in ("yes", "no"))
    return {key: value for key, value in plain if _says(text, value)}


def _says(text: str, value: str) -> bool:
    english = rf"(?<![a-z0-9]){re.escape(value.casefold())}s?(?![a-z0-9])"
    chinese = word(value, language="zh").casefold()
    return bool(re.search(english, text)) or (not chinese.isascii() and len(chinese) > 1 and chinese in text)
