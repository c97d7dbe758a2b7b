"""What an answer states that another could contradict: quantities, days, and yes or no."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

_UNITS: Mapping[str, tuple[str, ...]] = {
    "day": ("day", "days", "天", "日"),
    "business day": ("business day", "business days", "working day", "working days", "个工作日", "工作日"),
    "hour": ("hour", "hours", "hr", "hrs", "小时", "个小时"),
    "minute": ("minute", "minutes", "min", "mins", "分钟"),
    "week": ("week", "weeks", "周", "星期", "个星期"),
    "month": ("month", "months", "个月", "月"),
    "year": ("year", "years", "年"),
    "percent": ("%", "percent", "per cent", "％"),
    "money": ("dollars", "usd", "美元", "元", "yuan", "cny", "rmb"),
    "time": ("times", "次"),
}  # fmt: skip
_UNIT = {word: unit for unit, all_words in _UNITS.items() for word in all_words}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = "|".join(re.escape(word) for word in sorted(_UNIT, key=len, reverse=True))
_MEASURE = re.compile(rf"(?<![\d.])({_NUMBER})[\s-]*({_WORDS})(?![a-z])", re.IGNORECASE)
_RANGE = re.compile(rf"({_NUMBER})\s*(?:to|-|–|至|到|~)\s*(?={_NUMBER}[\s-]*({_WORDS}))", re.IGNORECASE)
_PRICE = re.compile(rf"(?:USD|US\$|\$|¥|￥|CNY|RMB|€|£)\s*({_NUMBER})", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_NO = re.compile(
    r"(?:no\b|not\b|never\b|sorry\b|unfortunately\b|we (?:do not|don't|cannot|can't)\b|you (?:cannot|can't)\b"
    r"|不|没有|无法|抱歉|很遗憾)",
    re.IGNORECASE,
)
_YES = re.compile(
    r"(?:yes\b|of course\b|sure\b|certainly\b|you can\b|we do\b|可以|是的|能|有的|当然|支持)", re.IGNORECASE
)


def quantities(text: str) -> dict[str, frozenset[str]]:
    """Numbers by what they count, days as ``date``.

    >>> {unit: sorted(found) for unit, found in quantities("30 days; 2 to 7 business days, $5.00").items()}
    {'money': ['5'], 'day': ['30'], 'business day': ['2', '7']}
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for year, month, day in _DATE.findall(text):
        found["date"].add(f"{int(year)}-{int(month):02}-{int(day):02}")
    rest = _DATE.sub(" ", text)
    for number in _PRICE.findall(rest):
        found["money"].add(plain_number(number))
    for number, word in [*_MEASURE.findall(_PRICE.sub(" ", rest)), *_RANGE.findall(rest)]:
        found[_UNIT[word.lower()]].add(plain_number(number))
    return {unit: frozenset(numbers) for unit, numbers in found.items()}


def plain_number(text: str) -> str:
    """A number without marks that change nothing.

    >>> plain_number("1,500.00"), plain_number("0.50")
    ('1500', '0.5')
    """
    whole, _, part = text.replace(",", "").partition(".")
    part = part.rstrip("0")
    return f"{int(whole)}.{part}" if part else str(int(whole))


def verdict(text: str) -> bool | None:
    """Whether an answer begins with yes or no; None where with neither."""
    start = text.lstrip(" \"“'‘（(")
    if _NO.match(start):
        return False
    return True if _YES.match(start) else None


def differing(one: str, other: str) -> list[str]:
    """In words, what two answers state differently; empty where neither gainsays the other."""
    told = []
    ours, theirs = quantities(one), quantities(other)
    for unit in sorted(ours.keys() & theirs.keys()):
        # an answer that says more than the other contradicts nothing
        if not (ours[unit] <= theirs[unit] or theirs[unit] <= ours[unit]):
            told.append(f"{unit}: {_listed(ours[unit])} against {_listed(theirs[unit])}")
    if None not in (verdict(one), verdict(other)) and verdict(one) != verdict(other):
        told.append("one says yes, the other no")
    return told


def _listed(numbers: frozenset[str]) -> str:
    return ", ".join(sorted(numbers))
