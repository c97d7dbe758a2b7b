"""Calendar dates in a text, English and Chinese. Only explicit ones: no clock is asked what "tomorrow" is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from kefu.language.numbers import Found, overlaps
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
_HAN_NUMBER = r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})"

_YEAR_FIRST = re.compile(
    rf"{_FREE_BEFORE}{_YEAR}(?P<gap>[-/])(?P<month>[0-9]{{1,2}})(?P=gap)(?P<day>[0-9]{{1,2}})"
    rf"(?:(?=T[0-9])|{_FREE_AFTER})"
)
_YEAR_LAST = re.compile(
    rf"{_FREE_BEFORE}(?P<day>[0-9]{{1,2}})(?P<gap>[-/])(?P<month>[0-9]{{1,2}})(?P=gap){_YEAR}{_FREE_AFTER}"
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
#: Words before a date; without one "may" is a verb more often than a month.
_LEADS_TO_DATE = re.compile(
    rf"\b(?:on|by|since|until|till|before|after|from|to|dated){_GAP}(?:the{_GAP})?$", re.IGNORECASE
)


def find_dates(text: str) -> list[Found]:
    """The calendar dates of ``text`` in order, as entities ``date`` with an ISO 8601 value.

    Without a year the value is "--11-22". Of 3/5/2026 the day is the 3rd, unless it cannot be. A date that
    no calendar holds is none.

    >>> [(found.value, found.start) for found in find_dates("Nov 22nd, or 2026年5月3日")]
    [('--11-22', 0), ('2026-05-03', 13)]
    """
    folded = fold(text)
    found: list[Found] = []
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _HAN, _DAY_MONTH, _MONTH_DAY):
        found += [new for new in _matched(pattern, folded) if not any(overlaps(new, old) for old in found)]
    return sorted(found, key=lambda one: one.start)


def with_dates(numbers: Sequence[Found], dates: Sequence[Found]) -> list[Found]:
    """Both without overlaps: a date gives way to a number that starts before it, else the number does.

    "+44 2026-11-22" is a phone, and in "about 22/11/2026" no amount of 22.
    """
    kept = [d for d in dates if not any(overlaps(d, n) and n.start < d.start for n in numbers)]
    return [*(n for n in numbers if not any(overlaps(n, d) for d in kept)), *kept]


def _matched(pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    for m in pattern.finditer(text):
        day, month = _number(m["day"]), _MONTHS.get(m["month"].lower()) or _number(m["month"])
        year = int(m["year"].translate(_HAN_PLAIN)) if m["year"] else None
        value = _iso(year, month, day)
        if value is None and pattern is _YEAR_LAST:
            value = _iso(year, day, month)
        if value is not None and (m["month"].lower() != "may" or _is_month(m, text)):
            yield Found("date", m.start(), m.end(), value)


def _iso(year: int | None, month: int, day: int) -> str | None:
    """The date as ISO 8601 writes it; None where no calendar holds it."""
    try:
        known = date(_LEAP_YEAR if year is None else year, month, day)
    except ValueError:
        return None
    return known.isoformat() if year is not None else known.strftime("--%m-%d")


def _number(written: str) -> int:
    """A number up to 31, in digits or in Chinese; 0, which is no day or month, for what is none."""
    return int(written) if written.isascii() else _HAN_NUMBERS.get(written, 0)


def _is_month(m: re.Match[str], text: str) -> bool:
    """Whether "may" is the month: "the 3rd of may", "may 3rd", "on 3 may", "3 May"; not "2 may be enough"."""
    day_first = m.start("day") < m.start("month")
    if m["year"] or m["of"] or (m["nth"] and not day_first) or (m["month"] == "May" and day_first):
        return True
    return m.group() == text.strip(" .,!?") or _LEADS_TO_DATE.search(text[: m.start()]) is not None
