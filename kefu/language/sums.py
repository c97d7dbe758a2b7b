"""Sums of money in words: "two hundred and five euros fifty", 一百二十八元五, 三千五. Only beside a currency,
but for what is said of nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kefu.language.spelt import ENGLISH, HAN_NUMERALS, english_value, han_value
from kefu.language.words import LIMIT_WORDS

Sum = tuple[int, int, str]  # [start, end) and the value as digits

_CURRENCY = "us dollars?|dollars?|bucks?|euros?|pounds?|yuan|rmb|quid"
_MONEY = re.compile("dollar|buck|euro|pound|yuan|rmb|quid|cent", re.IGNORECASE)
_NUMERALS = frozenset(HAN_NUMERALS)
_CENTS = "cents?|pence|pennies"
#: What may follow a sum that ends in a bare number: "two euros fifty." but not "two euros fifty times".
_ENDS = r"(?=[ ]?(?:$|[.,;:!?)\n]))"
_IN_ENGLISH = re.compile(
    rf"\b(?P<whole>{ENGLISH})[ -](?:{_CURRENCY})\b"
    rf"(?:(?:[ ]and)?[ ](?P<part>{ENGLISH}|\d{{1,2}})(?:[ ](?:{_CENTS})\b|{_ENDS}))?",
    re.IGNORECASE,
)
_ONLY_CENTS = re.compile(rf"\b(?P<part>{ENGLISH}|\d{{1,2}})[ ]cents\b", re.IGNORECASE)

_N = f"[{HAN_NUMERALS}]"
_FREE = rf"(?<![第几数{HAN_NUMERALS}0-9])"
_UNIT = "美元|美金|欧元|英镑|港币|人民币|元|块|圆"
#: What may follow a Chinese sum that ends in a number: not what would make it count things.
_STOP = r"(?=\s?(?:$|[^\w\s]|\n|[的以左上下吗吧呢啊了太贵够能可行就才都不，。]))"
_IN_CHINESE = re.compile(
    rf"{_FREE}(?P<whole>{_N}{{1,10}})(?:点(?P<point>{_N}{{1,2}}))?(?P<unit>{_UNIT})"
    rf"(?:(?P<tenth>[一二两三四五六七八九])(?:[毛角](?P<cent>[一二两三四五六七八九])?分?|{_STOP}))?钱?"
)
#: 三千五 is money wherever it counts nothing; 两百 is where it is said to be a limit.
_BARE = re.compile(rf"{_FREE}(?P<whole>[一二两三四五六七八九][千万][一二三四五六七八九]){_STOP}")
_LIMITED = re.compile(
    rf"(?:{'|'.join(word for word in LIMIT_WORDS if not word.isascii())})\s?(?P<after>{_N}{{2,10}}){_STOP}"
    rf"|{_FREE}(?P<before>{_N}{{2,10}})(?=以内|以下|以上|左右|上下)"
)
#: Numbers below this beside a bare 块 count pieces (两块) or say "together" (一块).
_PIECES = 10


def find_sums(text: str) -> Iterator[Sum]:
    """The sums in words of a folded ``text``, with their values as digits.

    >>> list(find_sums("twenty dollars and 两百块"))
    [(0, 14, '20'), (19, 22, '200')]
    """
    if _MONEY.search(text):
        yield from _english(text)
    if not _NUMERALS.isdisjoint(text):
        yield from _chinese(text)


def _english(text: str) -> Iterator[Sum]:
    for m in _IN_ENGLISH.finditer(text):
        whole = english_value(m["whole"])
        if whole is None:
            continue
        cents = _cents(m["part"]) if m["part"] else None
        if cents is None:  # "two dollars a hundred": the number behind it is no part of it
            yield m.start(), m.end() if not m["part"] else _end_of_unit(m), str(whole)
        else:
            yield m.start(), m.end(), f"{whole}.{cents:02d}"
    for m in _ONLY_CENTS.finditer(text):
        cents = _cents(m["part"])
        if cents:
            yield m.start(), m.end(), f"0.{cents:02d}"


def _end_of_unit(m: re.Match[str]) -> int:
    before = m.string[: m.start("part")].rstrip()
    return len(before.removesuffix(" and").rstrip()) if before.lower().endswith(" and") else len(before)


def _cents(said: str) -> int | None:
    cents = int(said) if said.isdecimal() else english_value(said)
    return cents if cents is not None and cents < 100 else None


def _chinese(text: str) -> Iterator[Sum]:
    for m in _IN_CHINESE.finditer(text):
        whole = han_value(m["whole"])
        if whole is not None and not _counts_pieces(m, whole):
            yield m.start(), m.end(), f"{whole}{_fraction(m)}"
    for m in _BARE.finditer(text):
        yield m.start(), m.end(), str(han_value(m["whole"]))
    for m in _LIMITED.finditer(text):
        group = "after" if m["after"] else "before"
        limit = han_value(m[group])
        if limit is not None:
            yield m.start(group), m.end(group), str(limit)


def _counts_pieces(m: re.Match[str], whole: int) -> bool:
    if m["unit"] != "块" or m["tenth"] or m["point"] or m.group().endswith("钱"):
        return False
    return whole < _PIECES and not m.string[m.end() :].startswith(("以内", "以下", "以上", "左右"))


def _fraction(m: re.Match[str]) -> str:
    if m["point"]:
        return "." + "".join(str(han_value(digit)) for digit in m["point"])
    return "." + "".join(str(han_value(d)) for d in (m["tenth"], m["cent"]) if d) if m["tenth"] else ""
