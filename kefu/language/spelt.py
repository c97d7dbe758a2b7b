"""Numbers written in words, English and Chinese.

No library of the lock file reads both; text2num and cn2an would be two more for sixty lines.
"""

from __future__ import annotations

import re

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {
    **{word: number for number, word in enumerate(_UNITS)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
    "fourty": 40, "a": 1, "an": 1,
}  # fmt: skip
_LARGE = {"hundred": 100, "thousand": 1_000}
_FIRST = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14,
    "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19,
    "twentieth": 20, "thirtieth": 30,
}  # fmt: skip

_ONE = "|".join(sorted({*_SMALL, *_LARGE} - {"a", "an"}, key=len, reverse=True))
#: A number in English words, at most twelve of them: "two hundred and five". Case is the caller's.
ENGLISH = rf"(?:an?[ ])?(?:{_ONE})(?:(?:[ ]and[ ]|[ -])(?:{_ONE})){{0,11}}"
#: A day of a month in English words: "twenty-second".
ORDINAL = rf"(?:(?:twenty|thirty)[ -])?(?:{'|'.join(_FIRST)})"

_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_PLAIN = str.maketrans("〇壹贰叁肆伍陆柒捌玖拾佰仟萬", "零一二三四五六七八九十百千万")
_DIGIT = "[一二三四五六七八九两]"
_BELOW_TEN_THOUSAND = re.compile(
    rf"(?:(?P<k>{_DIGIT})千)?零?(?:(?P<h>{_DIGIT})百)?零?(?:(?P<t>{_DIGIT})?(?P<ten>十))?零?(?P<u>{_DIGIT})?"
)
#: Characters of a Chinese number.
HAN_NUMERALS = "零〇一二三四五六七八九两十百千万壹贰叁肆伍陆柒捌玖拾佰仟萬"
_ENGLISH_NUMBER = re.compile(rf"(?<![A-Za-z]){ENGLISH}(?![A-Za-z])", re.IGNORECASE)
_HAN_NUMBER = re.compile(rf"(?!十分|万一|千万|百货|一一)[{HAN_NUMERALS}]+")


def english_value(words: str) -> int | None:
    """The number that English words say; None where they say none.

    >>> english_value("two hundred and five"), english_value("twenty-one"), english_value("five six")
    (205, 21, None)
    """
    total, below = 0, 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in _LARGE:
            if not below or (word == "thousand" and total):
                return None
            below *= _LARGE[word]
            if word == "thousand":
                total, below = below, 0
        elif word != "and":
            if not _fits(below, _SMALL[word]):
                return None
            below += _SMALL[word]
    return total + below


def _fits(below: int, number: int) -> bool:
    """Whether ``number`` may follow: a unit a ten, either a hundred."""
    last = below % 100
    return last == 0 or (last >= 20 and last % 10 == 0 and 0 < number < 10)


def ordinal_value(words: str) -> int:
    """The day that an ordinal in English words says; 0 where it is none.

    >>> ordinal_value("the twenty-second"), ordinal_value("First"), ordinal_value("twenty-tenth")
    (22, 1, 0)
    """
    *tens, last = re.findall(r"[a-z]+", words.lower())
    tens = [word for word in tens if word != "the"]
    ten, one = sum(_SMALL.get(word, 0) for word in tens), _FIRST.get(last, 0)
    return 0 if tens and not 0 < one < 10 else ten + one


def han_value(said: str) -> int | None:
    """The number that Chinese numerals say, None where they say none; of 三千五 the 五 is hundreds.

    >>> [han_value(said) for said in ("两百零五", "三千五", "十五", "一二八", "叁佰", "一万二")]
    [205, 3500, 15, None, 300, 12000]
    """
    high, ten_thousand, low = said.translate(_PLAIN).partition("万")
    if not ten_thousand:
        return _below_ten_thousand(high)
    thousands = _HAN_DIGITS.get(low, 0)  # 一万二 is 12,000
    first, rest = _below_ten_thousand(high), 1_000 * thousands or (_below_ten_thousand(low) if low else 0)
    return None if not first or rest is None else 10_000 * first + rest


def _below_ten_thousand(said: str) -> int | None:
    m = _BELOW_TEN_THOUSAND.fullmatch(said)
    if m is None or not said:
        return None
    thousands, hundreds, tens, ones = (_HAN_DIGITS.get(m[name] or "零", 0) for name in "khtu")
    if m["ten"]:
        tens = tens or 1
    elif (hundreds or thousands) and said[-2] != "零":
        ones *= 10 if hundreds else 100  # 一百二 is 120, 三千五 is 3,500
    return 1_000 * thousands + 100 * hundreds + 10 * tens + ones


def numbers_in_words(text: str) -> list[tuple[int, int, int]]:
    """Every number that is written out in a text: its place [start, end) and its value.

    Chinese digits that are said one by one are one number. Words such as 十分 and 万一 are none.

    >>> numbers_in_words("thirty days, 七天"), numbers_in_words("万一坏了")
    ([(0, 6, 30), (13, 14, 7)], [])
    """
    found = [(m.start(), m.end(), english_value(m.group())) for m in _ENGLISH_NUMBER.finditer(text)]
    found += [(m.start(), m.end(), _han_number(m.group())) for m in _HAN_NUMBER.finditer(text)]
    return sorted((start, end, value) for start, end, value in found if value is not None)


def _han_number(said: str) -> int | None:
    value = han_value(said)
    if value is None and all(char in _HAN_DIGITS for char in said.translate(_PLAIN)):
        value = int("".join(str(_HAN_DIGITS[char]) for char in said.translate(_PLAIN)))
    return value
