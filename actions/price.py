"""What a message says of prices: a limit below, above, both, or about so much, and in which currency."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from actions.turn import Turn
from actions.wiring import simplified
from kefu.shop.money import MINOR_UNITS

_SIGN = r"(?:(?:us|hk)?\$|[€£¥￥]|usd\s?|rmb\s?)?\s?"
_UNIT = (
    r"\s?(?:us dollars?|dollars?|bucks|usd|euros?|eur|pounds?|quid|gbp|rmb|cny|yuan|hkd"
    r"|块钱?|元|美元|美金|刀|欧元?|英镑|港币|人民币)"
)
# a number that counts something else ("under 30 hours", 27寸, 4K) is no price
_OTHER = (
    r"[a-z]|\s?-?(?:%|percent|hours?|pages?|inch|\"|ml|litres?|months?|years?|days?|weeks?|watts?|people"
    r"|个?小时|课时|页|寸|英寸|毫升|升|个?月|年|天|岁|瓦|折|码|号|人)"
)
_N = rf"{_SIGN}(\d+(?:\.\d+)?)(?![\d.]*\d)(?:{_UNIT}|(?!{_OTHER}))"

BETWEEN = re.compile(
    rf"(?:between|from|in the range of)\s+{_N}\s?(?:and|to|-|–|till|until)\s?{_N}"
    rf"|(?<![\d.]){_N}\s?(?:to|[-–~～]|到|至|和|跟)\s?{_N}",
    re.IGNORECASE,
)
# "40 to 42" by itself may be sizes
_BARE = re.compile(r"\d+(?:\.\d+)?\s?(?:to|[-–~～])\s?\d+(?:\.\d+)?", re.IGNORECASE)
LEAST = re.compile(
    r"(?:(?<!not )(?<!no )\b(?:over|above|more than|upwards of|starting (?:at|from))|at least|no less than"
    r"|not less than|not under|min(?:imum)?(?: of)?|(?<!不)(?:高于|超过|大于)|不低于|不少于|至少|最少)\s?"
    rf"{_N}|{_N}\s?(?:以上|往上|起步|(?:or|and) (?:more|up|over|above))",
    re.IGNORECASE,
)
MOST = re.compile(
    r"(?:(?<!not )\b(?:under|below|(?<!no )less than)|up to|at most|no more than|not more than|not over"
    r"|within|cheaper than|max(?:imum)?(?: of)?|budget(?: is| of)?"
    r"|不超过|不到|不高于|(?<!不)(?:低于|少于|小于)|最多"
    rf"|预算|只有)\s?(?:about |around )?{_N}"
    rf"|{_N}\s?(?:以下|以内|之内|以里|内的|能买|to spend|or (?:less|under|cheaper|below)|(?:at )?max)",
    re.IGNORECASE,
)
ABOUT = re.compile(
    r"(?:around|(?<!me )(?<!know )(?<!more )(?<!info )about|roughly|approximately|~|大约|大概|差不多)\s?"
    rf"{_N}|{_N}\s?(?:左右|上下|or so|-?ish)",
    re.IGNORECASE,
)
SPREAD = 0.25  # "about 50" takes what is up to a quarter away from it
# a sign or word of money, and the currencies that it may mean; 块 and 元 are said of any
CURRENCIES: Mapping[str, frozenset[str]] = {
    r"\bus\$|\busd\b|us dollar|美元|美金": frozenset({"USD"}),
    r"(?<!us)(?<!hk)\$|(?<!us )dollars?|\bbucks\b|刀": frozenset({"USD", "HKD", "CAD", "AUD", "SGD", "NZD"}),
    r"€|\beuros?\b|\beur\b|欧元": frozenset({"EUR"}),
    r"£|\bpounds?\b|\bquid\b|\bgbp\b|英镑": frozenset({"GBP"}),
    r"\brmb\b|\bcny\b|\byuan\b|人民币": frozenset({"CNY"}),
    r"[¥￥]": frozenset({"CNY", "JPY"}),
    r"hk\$|\bhkd\b|港币|港元": frozenset({"HKD"}),
}


@dataclass(frozen=True)
class PriceRange:
    """Limits in minor units, both included; ``currencies`` that the words may mean, empty for any."""

    least: int | None = None
    most: int | None = None
    currencies: frozenset[str] = frozenset()

    @property
    def open(self) -> bool:
        """Whether it sets no limit."""
        return self.least is None and self.most is None


def price_range(text: str) -> PriceRange:
    """The limits that a text sets.

    >>> price_range("between $50 and 100 dollars").least, price_range("120以下的无线键盘").most
    (5000, 12000)
    """
    between = [] if _ambiguous(text) else _numbers(BETWEEN, text)
    if len(between) == 2:
        least, most = sorted(between)
        return PriceRange(least, most, _currencies(text))
    least_said, most_said, about = (_first(pattern, text) for pattern in (LEAST, MOST, ABOUT))
    if least_said is None and most_said is None and about is not None:
        least_said, most_said = round(about * (1 - SPREAD)), round(about * (1 + SPREAD))
    found = PriceRange(least_said, most_said)
    return found if found.open else replace(found, currencies=_currencies(text))


def _ambiguous(text: str) -> bool:
    """Whether the range in a text says nothing of money."""
    found = BETWEEN.search(text)
    return found is not None and _BARE.fullmatch(found.group().strip()) is not None and not _currencies(text)


def said_price(turn: Turn) -> PriceRange:
    """The limits that the message sets; sums in words are read as their figures."""
    text = turn.text
    for entity in sorted(turn.entities("amount"), key=lambda found: -int(found.get("start") or 0)):
        start, end, value = entity.get("start"), entity.get("end"), str(entity.get("value"))
        spelt = isinstance(start, int) and isinstance(end, int) and not re.search(r"\d", text[start:end])
        if spelt and re.fullmatch(r"\d+(?:\.\d+)?", value):
            unit = re.search(r"[^\d\s]*$", text[start:end])
            text = f"{text[:start]} {value}{_unit(unit.group() if unit else '')}{text[end:]}"
    return price_range(simplified(text))


def _unit(last: str) -> str:
    """The word of money at the end of a sum in words, if it is one."""
    found = re.search(rf"{_UNIT}$", last, re.IGNORECASE)
    return f" {found.group().strip()}" if found and found.group().strip() else ""


def _numbers(pattern: re.Pattern[str], text: str) -> list[int]:
    found = pattern.search(text)
    return [round(float(group) * MINOR_UNITS) for group in found.groups() if group] if found else []


def _first(pattern: re.Pattern[str], text: str) -> int | None:
    return next(iter(_numbers(pattern, text)), None)


def _currencies(text: str) -> frozenset[str]:
    named = [codes for words, codes in CURRENCIES.items() if re.search(words, text, re.IGNORECASE)]
    return frozenset().union(*named)
