"""Numbers and codes in a text: orders, parcels, e-mails, phones, amounts, one-time codes, coupons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kefu.language.catalogue import Catalogue, Shape
from kefu.language.spoken import spoken_emails
from kefu.language.sums import find_sums
from kefu.language.text import HAN, fold
from kefu.language.words import CODE_WORDS, COUPON_WORDS, LIMIT_WORDS, PHONE_WORDS, TRACKING_WORDS

#: What stands for a digit when a number was read aloud, scanned or typed in a hurry.
_HAN_DIGITS = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_LOOKS_LIKE = str.maketrans(f"OoQIilL|SsBZz{_HAN_DIGITS}", "0001111155822001234567891123456789")
_DIGIT = rf"[0-9OoQIilL|SsBZz{_HAN_DIGITS}]"
#: Digits as English says them one by one: "k f one double zero …".
_SAID = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
_SOME_DIGIT = re.compile(rf"[\d{_HAN_DIGITS}]")  # what stands for one counts beside one alone
_SAID_DIGIT = rf"(?:(?:{'|'.join(_TIMES)})[\s-])?(?:{'|'.join(_SAID)}|\d)"
_GAP = r"[\s\-_.·]{0,2}"
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"

_EMAIL = re.compile(r"[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(
    r"(?<![\dA-Za-z])(?:(?:\+|00)\d{1,3}[\d\s().-]{6,16}\d|1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
    rf"|\(?\d{{3}}\)?[-.\s]\d{{3}}[-.\s]\d{{4}}|[一幺壹][{_HAN_DIGITS}]{{10}}(?![{_HAN_DIGITS}]))(?!\d)"
)
_PHONE_NAMED = re.compile(r"(?<![\dA-Za-z.])\d[\d\s-]{5,13}\d(?!\d)")
_SIX = re.compile(r"(?<![\d.,$A-Za-z+-])\d{3}[ -]?\d{3}(?![\d.,]*\d|[A-Za-z%])")
_ANY_ORDER = re.compile(rf"{_NO_LETTER_BEFORE}[A-Za-z]{{2}}-?\d{{8}}{_NO_LETTER_AFTER}")
_ANY_PARCEL = re.compile(rf"{_NO_LETTER_BEFORE}[A-Za-z]{{2}}\d{{9,13}}(?:[A-Za-z]{{2}})?{_NO_LETTER_AFTER}")
_LONG_NUMBER = re.compile(r"(?<![\dA-Za-z+])\d{10,20}(?![\dA-Za-z])")
_ANY_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]*[A-Za-z])(?=[A-Za-z0-9]*\d)[A-Za-z][A-Za-z0-9]{3,15}"
    r"(?![A-Za-z0-9])|(?<![A-Za-z0-9])[A-Z]{5,16}(?![A-Za-z0-9])"
)
_PLAIN = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?"
_UNITS = (
    "usd|us dollars?|dollars?|bucks|euros?|eur|pounds?|gbp|rmb|cny|yuan|hkd"
    "|元|块钱|块|美元|美金|欧元|英镑|港币"
)
_AMOUNT = re.compile(
    rf"(?:us\$|hk\$|[$€£¥]|usd|rmb)\s?(?P<a>{_PLAIN})(?![\d,]*\d)"
    rf"|(?<![\dA-Za-z.])(?P<b>{_PLAIN})\s?(?:{_UNITS})(?![a-z])"
    rf"|(?:{'|'.join(LIMIT_WORDS)})\s?(?P<c>{_PLAIN})(?![\d.]*\d|\s?(?:%|[-a-z]|[天日周月年小个件块点次折本分]))"
    rf"|(?<![\dA-Za-z.])(?P<d>{_PLAIN})(?=以内|以下|以上|左右|上下)",
    re.IGNORECASE,
)
#: How many characters before a number may say that it is a phone's.
_NEAR = 24


@dataclass(frozen=True)
class Found:
    """An entity in a text: ``[start, end)`` of the original, its value and what else is known."""

    entity: str
    start: int
    end: int
    value: str
    confidence: float = 1.0
    extra: Mapping[str, Any] = field(default_factory=dict)


_Step = Callable[[str], Iterator[Found]]


class NumberMatcher:
    """Finds numbers and codes; how orders, parcels and coupons look is read from the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._orders = [(s, _shape_pattern(s)) for s in catalogue.orders if s.letters]
        self._parcels = [(s, _shape_pattern(s)) for s in catalogue.tracking]
        self._spoken = [(s, _spoken_pattern(s)) for s in catalogue.orders if s.letters]
        self._bare = [(s, _bare_pattern(s)) for s in catalogue.orders[:1]]
        self._coupons = [(code, _coupon_pattern(code)) for code in catalogue.coupons]

    def find(self, text: str) -> list[Found]:
        """Every number and code of ``text``; where two overlap, the surer one (in the order below)."""
        folded = fold(text)
        found: list[Found] = []
        for step in self._steps() if _SOME_DIGIT.search(folded) else self._steps_of_words():
            found.extend(new for new in step(folded) if not any(overlaps(new, old) for old in found))
        return sorted(found, key=lambda f: f.start)

    def _steps(self) -> Sequence[_Step]:
        return (
            self._emails,
            self._known_orders,
            self._spoken_orders,
            self._known_parcels,
            self._known_coupons,
            self._phones,
            self._amounts,
            self._sums,
            self._codes,
            self._bare_orders,
            self._other_numbers,
            self._other_coupons,
        )

    def _steps_of_words(self) -> Sequence[_Step]:
        """Those that may find something in a text without a digit; most messages have none."""
        return (self._emails, self._spoken_orders, self._known_coupons, self._sums, self._other_coupons)

    def _emails(self, text: str) -> Iterator[Found]:
        for m in _EMAIL.finditer(text):
            yield Found("email", m.start(), m.end(), m.group().lower())
        for start, end, address in spoken_emails(text):
            yield Found("email", start, end, address)

    def _known_orders(self, text: str) -> Iterator[Found]:
        for shape, pattern in self._orders:
            yield from _shaped("order_number", shape, pattern, text)

    def _spoken_orders(self, text: str) -> Iterator[Found]:
        for shape, pattern in self._spoken:
            for m in pattern.finditer(text):
                digits = _said_digits(m.group("digits"))
                if len(digits) == shape.digits:
                    yield Found("order_number", m.start(), m.end(), shape.letters + digits)

    def _known_parcels(self, text: str) -> Iterator[Found]:
        for shape, pattern in self._parcels:
            yield from _shaped("tracking_number", shape, pattern, text)

    def _known_coupons(self, text: str) -> Iterator[Found]:
        named = _says(text, COUPON_WORDS)
        for code, pattern in self._coupons:
            for m in pattern.finditer(text):
                if named or m.group().upper() == code.upper():
                    yield Found("coupon", m.start(), m.end(), code)

    def _phones(self, text: str) -> Iterator[Found]:
        named = [
            m
            for m in _PHONE_NAMED.finditer(text)
            if _says(text[max(0, m.start() - _NEAR) : m.start()], PHONE_WORDS)
        ]
        for m in [*_PHONE.finditer(text), *named]:
            digits = re.sub(r"\D", "", m.group().translate(_LOOKS_LIKE))
            if 7 <= len(digits) <= 15:
                yield Found("phone", m.start(), m.end(), ("+" if m.group().startswith("+") else "") + digits)

    def _amounts(self, text: str) -> Iterator[Found]:
        for m in _AMOUNT.finditer(text):
            group = next(g for g in "abcd" if m.group(g))
            start, end = m.span() if group in "ab" else m.span(group)
            yield Found("amount", start, end, m.group(group).replace(",", ""))

    def _sums(self, text: str) -> Iterator[Found]:
        for start, end, value in find_sums(text):
            yield Found("amount", start, end, value)

    def _codes(self, text: str) -> Iterator[Found]:
        for m in _SIX.finditer(text):
            rest = text[: m.start()] + text[m.end() :]
            if _says(rest, CODE_WORDS) or len(re.sub(r"[^\w]", "", rest)) <= 4:
                yield Found("code", m.start(), m.end(), re.sub(r"\D", "", m.group()))

    def _bare_orders(self, text: str) -> Iterator[Found]:
        for shape, pattern in self._bare:
            for m in pattern.finditer(text):
                digits = re.sub(r"\D", "", m.group().translate(_LOOKS_LIKE))
                yield Found("order_number", m.start(), m.end(), shape.letters + digits)

    def _other_numbers(self, text: str) -> Iterator[Found]:
        for m in _ANY_ORDER.finditer(text):
            yield Found("order_number", m.start(), m.end(), m.group().replace("-", "").upper(), 0.8)
        for m in _ANY_PARCEL.finditer(text):
            yield Found("tracking_number", m.start(), m.end(), m.group().upper(), 0.8)
        if _says(text, TRACKING_WORDS):
            for m in _LONG_NUMBER.finditer(text):
                yield Found("tracking_number", m.start(), m.end(), m.group(), 0.8)

    def _other_coupons(self, text: str) -> Iterator[Found]:
        if _says(text, COUPON_WORDS):
            for m in _ANY_CODE.finditer(text):
                yield Found("coupon", m.start(), m.end(), m.group().upper(), 0.8)


def overlaps(one: Found, other: Found) -> bool:
    """Whether two entities share a character."""
    return one.start < other.end and other.start < one.end


def _says(text: str, words: Sequence[str]) -> bool:
    lower = text.lower()
    return any(word in lower for word in words)


def _shape_pattern(shape: Shape) -> re.Pattern[str]:
    """The number however typed; failing that its letters and another count of digits."""
    letters = _GAP.join(map(re.escape, shape.letters))
    lead = rf"{letters}[\s\-_.·:#]{{0,3}}" if shape.letters else ""
    exact = rf"{_DIGIT}(?:{_GAP}{_DIGIT}){{{shape.digits - 1}}}"
    loose = r"|\d{4,14}" if shape.letters else ""
    return re.compile(rf"{_NO_LETTER_BEFORE}{lead}(?:{exact}{loose}){_NO_LETTER_AFTER}", re.IGNORECASE)


def _shaped(entity: str, shape: Shape, pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    for m in pattern.finditer(text):
        body = re.sub(r"[\s\-_.·:#]", "", m.group())[len(shape.letters) :]
        digits = body.translate(_LOOKS_LIKE)
        real = sum(c.isdecimal() or re.match(f"[{HAN}]", c) is not None for c in body)
        if digits.isdecimal() and real >= 2:
            yield Found(entity, m.start(), m.end(), shape.letters + digits)


def _spoken_pattern(shape: Shape) -> re.Pattern[str]:
    """The number read aloud in English; how many digits it has shows when they are written out."""
    letters = _GAP.join(map(re.escape, shape.letters))
    said = rf"{_SAID_DIGIT}(?:[\s,-]{{1,2}}{_SAID_DIGIT}){{1,{shape.digits - 1}}}"
    return re.compile(
        rf"{_NO_LETTER_BEFORE}{letters}[\s\-_.·:#]{{0,3}}(?P<digits>{said}){_NO_LETTER_AFTER}", re.IGNORECASE
    )


def _said_digits(words: str) -> str:
    """Digits that were said one by one.

    >>> _said_digits("one triple zero 5")
    '10005'
    """
    digits, times = "", 1
    for word in re.findall(r"[a-z]+|\d", words.lower()):
        if word in _TIMES:
            times = _TIMES[word]
        else:
            digits, times = digits + times * _SAID.get(word, word), 1
    return digits


def _bare_pattern(shape: Shape) -> re.Pattern[str]:
    half = shape.digits // 2
    grouped = rf"\d{{{half}}}[ -]\d{{{shape.digits - half}}}"
    # eight digits behind a group of digits are the end of something longer, such as a phone number
    alone = r"(?<![\dA-Za-z.,+$-])(?<!\d[ -])"
    han = rf"(?<![{_HAN_DIGITS}])[{_HAN_DIGITS}]{{{shape.digits}}}(?![{_HAN_DIGITS}])"
    return re.compile(rf"{alone}(?:\d{{{shape.digits}}}|{grouped})(?![\dA-Za-z]|[.,-]\d)|{han}")


def _coupon_pattern(code: str) -> re.Pattern[str]:
    parts = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]+", code)
    body = r"[\s-]?".join(map(re.escape, parts))
    return re.compile(rf"{_NO_LETTER_BEFORE}{body}{_NO_LETTER_AFTER}", re.IGNORECASE)
