"""Dates that a clock must tell: today, the day after tomorrow, last Friday, two weeks ago, 后天, 下周三.

Only what means one day: neither "next week" nor 月底, nor a bare weekday, which may lie before or ahead.
python-dateutil counts days as ``timedelta`` does and reads no words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from kefu.language.spelt import ENGLISH, HAN_NUMERALS, english_value, han_value

#: What every one of them holds: most messages are done with after this.
_SIGN = re.compile(r"day|morrow|night|week", re.IGNORECASE)
_HAN_SIGN = re.compile("[天日周晚早]|星期|礼拜")

Dated = tuple[int, int, str]  # [start, end) and the day as ISO 8601

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EDGE, _END = r"(?<![A-Za-z0-9_@.-])", r"(?![A-Za-z0-9_@])"
_NUMBER = rf"(?:\d{{1,3}}|{ENGLISH}|an?)"
_SAID_DAYS = {
    "the day after tomorrow": 2, "day after tomorrow": 2, "the day before yesterday": -2,
    "day before yesterday": -2, "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "last night": -1,
}  # fmt: skip
_HAN_DAYS = {
    "大前天": -3, "大后天": 3, "前天": -2, "后天": 2, "昨天": -1, "昨日": -1, "昨晚": -1, "明天": 1,
    "明日": 1, "明早": 1, "明晚": 1, "今天": 0, "今日": 0, "今早": 0, "今晚": 0,
}  # fmt: skip
_ENGLISH_DAY = re.compile(rf"{_EDGE}(?:{'|'.join(_SAID_DAYS)}){_END}", re.IGNORECASE)
#: 以前天天, 最后天黑: the end of another word before 天. 三天前天 and 之后天 likewise.
_HAN_DAY = re.compile(
    rf"(?:{'|'.join(w for w in _HAN_DAYS if w not in ('前天', '后天'))})"
    r"|(?<![以之最然先往目午随天年月周日])(?:前天|后天)(?!的?以)"
)
_ENGLISH_WEEKDAY = re.compile(
    rf"{_EDGE}(?P<which>last|next|this|this coming)[ ](?P<day>{'|'.join(_WEEKDAYS)}){_END}", re.IGNORECASE
)
_HAN_WEEKDAY = re.compile(
    r"(?P<which>上上|下下|上|下|这|本)(?:个)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])"
)
_AGO = re.compile(rf"{_EDGE}(?P<n>{_NUMBER})[ ](?P<unit>days?|weeks?)[ ]ago{_END}", re.IGNORECASE)
_AHEAD = re.compile(
    rf"{_EDGE}(?:in[ ](?P<n>\d{{1,3}}|{ENGLISH})[ ](?P<unit>days?|weeks?)(?![ ]or\b)"
    rf"|(?P<m>{_NUMBER})[ ](?P<other>days?|weeks?)[ ]from[ ]now){_END}",
    re.IGNORECASE,
)
_HAN_AGO = re.compile(
    rf"(?<![第几数{HAN_NUMERALS}0-9.])(?P<n>\d{{1,3}}|[{HAN_NUMERALS}]{{1,5}})\s?(?P<unit>天|个星期|星期|个礼拜|礼拜|周)"
    r"(?:之前|以前|前)(?!天)"
)


def relative_dates(text: str, *, today: date) -> Iterator[Dated]:
    """The days of a folded ``text`` that are said relative to ``today``, in no order.

    "last Friday" is the nearest one before today, "next Friday" the nearest after it, 上周五 and 下周五 are
    those of the weeks (from Monday) before and after this one.

    >>> list(relative_dates("the day after tomorrow", today=date(2026, 12, 31)))
    [(0, 22, '2027-01-02')]
    """
    english = _ENGLISH if _SIGN.search(text) else ()
    chinese = _CHINESE if _HAN_SIGN.search(text) else ()
    for pattern, away in (*english, *chinese):
        for m in pattern.finditer(text):
            days = away(m, today)
            if days is not None:
                yield m.start(), m.end(), (today + timedelta(days=days)).isoformat()


def _to_weekday(m: re.Match[str], today: date) -> int:
    ahead = (_WEEKDAYS.index(m["day"].lower()) - today.weekday()) % 7
    which = m["which"].lower()
    if which == "last":
        return ahead - 7
    return ahead or (7 if which == "next" else 0)


def _to_han_weekday(m: re.Match[str], today: date) -> int:
    weeks = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}[m["which"]]
    return 7 * weeks + min("一二三四五六日天".index(m["day"]), 6) - today.weekday()


def _days(said: str, unit: str, *, back: bool) -> int | None:
    """So many days or weeks away, less than a thousand of them; None where no number is said."""
    if said.isdecimal():
        count: int | None = int(said)
    elif said.isascii():
        count = 1 if said.lower() in ("a", "an") else english_value(said)
    else:
        count = han_value(said)
    if count is None or count >= 1_000:
        return None
    days = count if unit == "天" or unit.lower().startswith("day") else 7 * count
    return -days if back else days


_Away = Callable[[re.Match[str], date], "int | None"]
_ENGLISH: tuple[tuple[re.Pattern[str], _Away], ...] = (
    (_ENGLISH_DAY, lambda m, _: _SAID_DAYS[m.group().lower()]),
    (_ENGLISH_WEEKDAY, _to_weekday),
    (_AGO, lambda m, _: _days(m["n"], m["unit"], back=True)),
    (_AHEAD, lambda m, _: _days(m["n"] or m["m"], m["unit"] or m["other"], back=False)),
)
_CHINESE: tuple[tuple[re.Pattern[str], _Away], ...] = (
    (_HAN_DAY, lambda m, _: _HAN_DAYS[m.group()]),
    (_HAN_WEEKDAY, _to_han_weekday),
    (_HAN_AGO, lambda m, _: _days(m["n"], m["unit"], back=True)),
)
