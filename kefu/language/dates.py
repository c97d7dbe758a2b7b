"""Calendar dates in a text, English and Chinese; those that a clock must tell are in relative.py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from kefu.language.numbers import Found, overlaps
from kefu.language.relative import relative_dates
from kefu.language.spelt import ORDINAL, ordinal_value
from kefu.language.text import fold

_MONTHS = {
    name: month
    for month, names in enumerate((
        "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
        "september sept sep", "october oct", "november nov", "december dec",
    ), start=1)
    for name in names.split()
}  # fmt: skip
_HAN_DIGITS = "〇零一二三四五六七八九"
_HAN_PLAIN = str.maketrans(_HAN_DIGITS, "00123456789")
_HAN_NUMBERS = {
    tens + unit: number
    for number, (tens, unit) in enumerate(
        (tens, unit) for tens in ("", "十", "二十", "三十") for unit in ("", *"一二三四五六七八九")
    )
}
_LEAP_YEAR = 2000  # a date without a year may be the 29th of February

_FREE_BEFORE = r"(?<![0-9A-Za-z_./+$€£¥–-])"
_FREE_AFTER = r"(?![0-9A-Za-z_%@]|[-/.:–][0-9])"
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_DAY = r"(?P<day>[0-9]{1,2})(?P<nth>st|nd|rd|th)?"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})(?![A-Za-z])"
_GAP = r"[ \t]{1,3}"
_THEN_YEAR = rf"(?:(?:[.,]?{_GAP}|,|[-/]){_YEAR}(?![0-9]))?"
_SPELT = rf"(?P<day>{ORDINAL})(?![- ](?:hand|time|one|order|item)|[A-Za-z])"
_FIRST_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_TO = r"(?P<to>[ ]?[-–~][ ]?|[ ](?:to|until|till|through)[ ])"
_NO_HOUR = r"(?![ ]?(?:am|pm|a\.m|p\.m|o'clock)\b)"
_HAN_NUMBER = r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})"

_YEAR_FIRST = re.compile(
    rf"{_FREE_BEFORE}{_YEAR}(?P<gap>[-/])(?P<month>[0-9]{{1,2}})(?P=gap)(?P<day>[0-9]{{1,2}})"
    rf"(?:(?=T[0-9])|{_FREE_AFTER})"
)
_YEAR_LAST = re.compile(
    rf"{_FREE_BEFORE}(?P<day>[0-9]{{1,2}})(?P<gap>[-/.])(?P<month>[0-9]{{1,2}})(?P=gap){_YEAR}{_FREE_AFTER}"
)
_YEAR_SHORT = re.compile(
    rf"{_FREE_BEFORE}(?P<day>[0-9]{{1,2}})/(?P<month>[0-9]{{1,2}})/(?P<year>[1-4][0-9]){_FREE_AFTER}"
)
_HAN = re.compile(
    rf"(?<![0-9.{_HAN_DIGITS}十])(?:(?P<year>[0-9]{{4}}|[{_HAN_DIGITS}]{{4}})[ ]?年[ ]?)?"
    rf"(?P<month>{_HAN_NUMBER})[ ]?月[ ]?(?P<day>{_HAN_NUMBER})[ ]?[日号]"
)
_DAY_MONTH = re.compile(
    rf"{_FREE_BEFORE}{_DAY}(?:{_GAP}(?P<of>of{_GAP})?|[-/]){_MONTH}{_THEN_YEAR}{_FREE_AFTER}", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"{_FREE_BEFORE}{_MONTH}\.?{_GAP}(?P<of>the{_GAP})?{_DAY}{_THEN_YEAR}{_FREE_AFTER}", re.IGNORECASE
)
_SPELT_MONTH = re.compile(
    rf"{_FREE_BEFORE}{_SPELT}{_GAP}(?P<of>of{_GAP}){_MONTH}{_THEN_YEAR}{_FREE_AFTER}", re.IGNORECASE
)
_MONTH_SPELT = re.compile(
    rf"{_FREE_BEFORE}{_MONTH}{_GAP}(?P<of>the{_GAP})?{_SPELT}{_THEN_YEAR}{_FREE_AFTER}", re.IGNORECASE
)
#: Both ends of a range in one month: "3-5 May", "May 3 to 5", 5月3日到5日.
_DAYS_MONTH = re.compile(
    rf"{_FREE_BEFORE}(?P<first>{_FIRST_DAY}){_TO}{_DAY}{_GAP}(?P<of>of{_GAP})?{_MONTH}{_THEN_YEAR}{_FREE_AFTER}",
    re.IGNORECASE,
)
_MONTH_DAYS = re.compile(
    rf"{_FREE_BEFORE}{_MONTH}\.?{_GAP}(?P<of>the{_GAP})?(?P<first>{_FIRST_DAY}){_TO}{_DAY}{_THEN_YEAR}"
    rf"{_FREE_AFTER}{_NO_HOUR}",
    re.IGNORECASE,
)
_HAN_DAYS = re.compile(
    rf"(?<![0-9.{_HAN_DIGITS}十])(?:(?P<year>[0-9]{{4}}|[{_HAN_DIGITS}]{{4}})[ ]?年[ ]?)?"
    rf"(?P<month>{_HAN_NUMBER})[ ]?月[ ]?(?P<first>{_HAN_NUMBER})[ ]?[日号]?"
    rf"(?P<to>[ ]?[到至~–-][ ]?)(?P<day>{_HAN_NUMBER})[ ]?[日号]"
)
_RANGES = (_HAN_DAYS, _DAYS_MONTH, _MONTH_DAYS)
_NUMERIC = (_YEAR_FIRST, _YEAR_LAST, _YEAR_SHORT)
_NAMED = (_DAYS_MONTH, _MONTH_DAYS, _SPELT_MONTH, _DAY_MONTH, _MONTH_DAY, _MONTH_SPELT)
_DIGIT, _NAME = re.compile("[0-9]"), re.compile("|".join(_MONTHS), re.IGNORECASE)
#: Words before a date; without one "may" is a verb more often than a month.
_LEADS_TO_DATE = re.compile(
    rf"\b(?:on|by|since|until|till|before|after|from|to|dated){_GAP}(?:the{_GAP})?$", re.IGNORECASE
)


def find_dates(text: str, *, today: date | None = None) -> list[Found]:
    """The calendar dates of ``text`` in order, as entities ``date`` with an ISO 8601 value.

    Without a year the value is "--11-22". Of 3/5/2026 the day is the 3rd, unless it cannot be. A date that
    no calendar holds is none. Given ``today``, what is said relative to it ("tomorrow", 下周三) is one too.

    >>> [(found.value, found.start) for found in find_dates("Nov 22nd, or 2026年5月3日")]
    [('--11-22', 0), ('2026-05-03', 13)]
    """
    folded = fold(text)
    found: list[Found] = []
    for pattern in _patterns(folded):
        found += [new for new in _matched(pattern, folded) if not any(overlaps(new, old) for old in found)]
    said = [] if today is None else relative_dates(folded, today=today)
    relative = [Found("date", *one) for one in said]
    found += [new for new in relative if not any(overlaps(new, old) for old in found)]
    return sorted(found, key=lambda one: one.start)


def with_dates(numbers: Sequence[Found], dates: Sequence[Found]) -> list[Found]:
    """Both without overlaps: a date gives way to a number that starts before it, else the number does.

    "+44 2026-11-22" is a phone, and in "about 22/11/2026" no amount of 22.
    """
    kept = [d for d in dates if not any(overlaps(d, n) and n.start < d.start for n in numbers)]
    return [*(n for n in numbers if not any(overlaps(n, d) for d in kept)), *kept]


def _patterns(text: str) -> Iterator[re.Pattern[str]]:
    """Those that may match, the longer before its parts; most messages name no day or month."""
    if "月" in text:
        yield from (_HAN_DAYS, _HAN)
    if _DIGIT.search(text):
        yield from _NUMERIC
    if _NAME.search(text):
        yield from _NAMED


def _matched(pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    for m in pattern.finditer(text):
        day, month = _number(m["day"]), _MONTHS.get(m["month"].lower()) or _number(m["month"])
        year = _year(m["year"])
        value = _iso(year, month, day)
        if value is None and pattern in (_YEAR_LAST, _YEAR_SHORT):
            value = _iso(year, day, month)
        if value is None or (m["month"].lower() == "may" and not _is_month(m, text)):
            continue
        if pattern not in _RANGES:
            yield Found("date", m.start(), m.end(), value)
        elif 0 < _number(m["first"]) < day:
            yield Found("date", m.start(), m.start("to"), _iso(year, month, _number(m["first"])) or value)
            yield Found("date", m.end("to"), m.end(), value)


def _year(written: str | None) -> int | None:
    """A year in digits or in Chinese; one of two digits is of this century."""
    if written is None:
        return None
    year = int(written.translate(_HAN_PLAIN))
    return year if year > 99 else 2000 + year


def _iso(year: int | None, month: int, day: int) -> str | None:
    """The date as ISO 8601 writes it; None where no calendar holds it."""
    try:
        known = date(_LEAP_YEAR if year is None else year, month, day)
    except ValueError:
        return None
    return known.isoformat() if year is not None else known.strftime("--%m-%d")


def _number(written: str) -> int:
    """A number up to 31, in digits or in words; 0, which is no day or month, for what is none."""
    digits = re.match("[0-9]+", written)
    if digits is not None:
        return int(digits.group())
    return ordinal_value(written) if written.isascii() else _HAN_NUMBERS.get(written, 0)


def _is_month(m: re.Match[str], text: str) -> bool:
    """Whether "may" is the month: "the 3rd of may", "may 3rd", "on 3 may", "3 May"; not "2 may be enough"."""
    day_first = m.start("day") < m.start("month")
    nth = m.groupdict().get("nth")
    if m["year"] or m["of"] or (nth and not day_first) or (m["month"] == "May" and day_first):
        return True
    return m.group() == text.strip(" .,!?") or _LEADS_TO_DATE.search(text[: m.start()]) is not None
