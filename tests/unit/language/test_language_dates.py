"""Calendar dates: found where they stand with what they mean, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.language.dates import find_dates, with_dates
from kefu.language.numbers import Found

ENGLISH = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
HAN = str.maketrans("0123456789", "〇一二三四五六七八九")
UNITS = ("", *"一二三四五六七八九")


def heard(text: str) -> list[tuple[str, str]]:
    """Value, and the words that it stands on."""
    found = find_dates(text)
    assert all(one.entity == "date" for one in found)
    return [(one.value, text[one.start : one.end]) for one in found]


def nth(day: int) -> str:
    return f"{day}" + ("th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th"))


def han(number: int) -> str:
    return ("", "十", "二十", "三十")[number // 10] + UNITS[number % 10]


Style = Callable[[date], str]
WITH_YEAR: tuple[Style, ...] = (
    lambda d: d.isoformat(),
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.day}/{d.month}/{d.year}",
    lambda d: f"{d:%d-%m-%Y}",
    lambda d: f"{d.day} {ENGLISH[d.month - 1]} {d.year}",
    lambda d: f"{nth(d.day)} of {ENGLISH[d.month - 1].lower()}, {d.year}",
    lambda d: f"{ENGLISH[d.month - 1]} {nth(d.day)}, {d.year}",
    lambda d: f"{ENGLISH[d.month - 1][:3].upper()} {d.day} {d.year}",
    lambda d: f"{d.day}-{ENGLISH[d.month - 1][:3]}-{d.year}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d.year} 年 {d.month} 月 {d.day} 號",
    lambda d: f"{d.year}年".translate(HAN) + f"{han(d.month)}月{han(d.day)}日",
)
WITHOUT_YEAR: tuple[Style, ...] = (
    lambda d: f"{d.day} {ENGLISH[d.month - 1]}",
    lambda d: f"{nth(d.day)} of {ENGLISH[d.month - 1][:3]}",
    lambda d: f"{ENGLISH[d.month - 1][:3]} {nth(d.day)}",
    lambda d: f"{ENGLISH[d.month - 1].lower()} the {nth(d.day)}",
    lambda d: f"{d.month}月{d.day}号",
    lambda d: f"{han(d.month)}月{han(d.day)}日",
)
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
FRAMES = st.sampled_from([
    "{}", "on {}.", "since the {} nothing came", "KF10000002 {} 10:30", "我{}买的，没到", "（{}）", "{}, ok?",
    "👍 {} 👍", "{}\nthanks",
])  # fmt: skip


@given(DAYS, st.sampled_from(WITH_YEAR), FRAMES)
def test_any_date_with_its_year(day: date, style: Style, frame: str) -> None:
    written = style(day)
    assert heard(frame.format(written)) == [(day.isoformat(), written)]


@given(DAYS, st.sampled_from(WITHOUT_YEAR), FRAMES)
def test_any_date_without_its_year(day: date, style: Style, frame: str) -> None:
    written = style(day)
    assert heard(frame.format(written)) == [(f"--{day:%m-%d}", written)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("11/22/2026", [("2026-11-22", "11/22/2026")]),
        ("3/5/2026", [("2026-05-03", "3/5/2026")]),
        ("２０２６年１１月２２日", [("2026-11-22", "２０２６年１１月２２日")]),
        ("去年11月22號買的", [("--11-22", "11月22號")]),
        ("2026-11-22T10:00Z", [("2026-11-22", "2026-11-22")]),
        ("the 3rd of March", [("--03-03", "3rd of March")]),
        ("Sunday, 22 Nov", [("--11-22", "22 Nov")]),
        ("Sept. 5", [("--09-05", "Sept. 5")]),
        ("29 Feb", [("--02-29", "29 Feb")]),
        ("29 Feb 2024", [("2024-02-29", "29 Feb 2024")]),
        ("between 3 May and May 9th", [("--05-03", "3 May"), ("--05-09", "May 9th")]),
        ("it came on may 3", [("--05-03", "may 3")]),
        ("3 may", [("--05-03", "3 may")]),
        ("11月22日到2027年1月3日", [("--11-22", "11月22日"), ("2027-01-03", "2027年1月3日")]),
        ("22/11/26", [("2026-11-22", "22/11/26")]),
        ("11/22/26", [("2026-11-22", "11/22/26")]),
        ("22.11.2026", [("2026-11-22", "22.11.2026")]),
        ("the first of May", [("--05-01", "first of May")]),
        ("Twenty-second of november, 2026", [("2026-11-22", "Twenty-second of november, 2026")]),
        ("May the twenty first", [("--05-21", "May the twenty first")]),
        ("it came November third", [("--11-03", "November third")]),
        ("3-5 May", [("--05-03", "3"), ("--05-05", "5 May")]),
        ("from the 3rd to 5th of May 2026", [("2026-05-03", "3rd"), ("2026-05-05", "5th of May 2026")]),
        ("May 3–5", [("--05-03", "May 3"), ("--05-05", "5")]),
        ("5月3日到5日", [("--05-03", "5月3日"), ("--05-05", "5日")]),
        ("2026年5月3-5号", [("2026-05-03", "2026年5月3"), ("2026-05-05", "5号")]),
    ],
)
def test_dates_as_people_write_them(text: str, found: list[tuple[str, str]]) -> None:
    assert heard(text) == found


@pytest.mark.parametrize(
    "text",
    [
        # what no calendar holds
        "31 Feb", "31/02/2026", "30 February 2026", "29 Feb 2026", "2026-13-01", "2026-00-10", "0 May",
        "13月3日", "2月30号", "二月三十日", "五月三十二号", "32nd of March",
        # fractions, ranges, sums, versions, times, numbers
        "11/22", "3-5", "3-5 days", "1/2 Oct", "3-5月", "v2026-11-22", "version 1.2.3",
        "2026.11.22", "1.5 Oct", "$5 Oct", "10-11-2026-12", "12026-11-22", "2026-11-2234", "2026-11/22",
        "+2026-11-22", "KF2026-11-22", "KF10000002", "20261122", "138 0000 0003",
        "22/11/1", "5-3 May", "32/11/26", "1.11.2026.5", "2026-11-22@example.com",
        # a month or a year alone, or no month
        "May", "Nov 2026", "in March", "2026年11月", "11月", "5个月3天", "号", "3 marches", "7 decent lamps",
        "22nd", "the 3rd one", "Nov 22%", "order 3\nMay I ask", "一二月三号",
        # "may" is a verb
        "2 may be enough", "you may 2 or 3", "May 3 people use it", "the 3rd may be late",
        "orders 2 and 3 may come", "orders 2-3 may come", "you may first pay", "the first may be late",
        "may second thoughts come", "May 3 to 5 pm", "the second one", "a second march",
        "twenty-tenth of May",
        # what needs a clock
        "tomorrow", "昨天", "last Tuesday", "下周三",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert heard(text) == []


SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "day", "words"),
    [
        ("today", "2026-11-22", "today"),
        ("I need it by Tomorrow!", "2026-11-23", "Tomorrow"),
        ("the day after tomorrow", "2026-11-24", "the day after tomorrow"),
        ("day before yesterday", "2026-11-20", "day before yesterday"),
        ("last Friday", "2026-11-20", "last Friday"),
        ("last Sunday", "2026-11-15", "last Sunday"),
        ("next Tuesday", "2026-11-24", "next Tuesday"),
        ("next sunday", "2026-11-29", "next sunday"),
        ("this Sunday", "2026-11-22", "this Sunday"),
        ("in three days", "2026-11-25", "in three days"),
        ("in 30 days?", "2026-12-22", "in 30 days"),
        ("two weeks ago", "2026-11-08", "two weeks ago"),
        ("a week ago", "2026-11-15", "a week ago"),
        ("five days from now", "2026-11-27", "five days from now"),
        ("今天", "2026-11-22", "今天"),
        ("昨日下單", "2026-11-21", "昨日"),
        ("前天买的", "2026-11-20", "前天"),
        ("大前天", "2026-11-19", "大前天"),
        ("后天能到吗", "2026-11-24", "后天"),
        ("大後天", "2026-11-25", "大後天"),
        ("上周五", "2026-11-13", "上周五"),
        ("下個星期三", "2026-11-25", "下個星期三"),
        ("下下礼拜天", "2026-12-06", "下下礼拜天"),
        ("这周日", "2026-11-22", "这周日"),
        ("三天前", "2026-11-19", "三天前"),
        ("我10天之前买的", "2026-11-12", "10天之前"),
        ("两周前", "2026-11-08", "两周前"),
        ("一个星期前", "2026-11-15", "一个星期前"),
    ],
)
def test_days_that_a_clock_must_tell(text: str, day: str, words: str) -> None:
    (found,) = find_dates(text, today=SUNDAY)
    assert (found.value, text[found.start : found.end]) == (day, words)


@pytest.mark.parametrize(
    "text",
    [
        "within 3 days", "for three days", "next week", "last month", "Friday", "on Tuesday", "days ago",
        "a day", "in days", "the last one", "next please", "in a second", "todayish", "five six days ago",
        "以前天天", "最后天黑了", "付款前三天", "三天", "第三天前", "几天前", "下周", "月底", "周三",
        "三点", "三天前天", "本周", "in three days or more", "9999 days ago", "today@example.com",
    ],
)  # fmt: skip
def test_what_is_no_day_of_a_clock(text: str) -> None:
    assert find_dates(text, today=SUNDAY) == []


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(range(7)))
def test_weekdays_lie_on_their_side_of_any_day(today: date, weekday: int) -> None:
    name = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[weekday]
    (last,), (following,) = (find_dates(f"{word} {name}", today=today) for word in ("last", "next"))
    (before,), (after,) = (find_dates(f"{word}周{'一二三四五六日'[weekday]}", today=today) for word in "上下")
    days = [date.fromisoformat(one.value) for one in (last, following, before, after)]
    assert all(day.weekday() == weekday for day in days)
    assert 1 <= (today - days[0]).days <= 7
    assert 1 <= (days[1] - today).days <= 7
    assert [day.isocalendar()[:2] for day in days[2:]] == [
        (today + timedelta(days=away)).isocalendar()[:2] for away in (-7, 7)
    ]


@given(st.text(alphabet="0123年月日号十三二〇 /-.,NovmaytheofstT\u3000\ud800ｍ", max_size=40))
def test_dates_of_any_text_stay_inside_it_and_apart(text: str) -> None:
    found = find_dates(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))


def test_long_texts_are_no_trouble() -> None:
    for text in ("1 " * 20_000, "may " * 20_000, "1-" * 20_000, "十" * 20_000, " " * 40_000):
        assert heard(text) == []


def test_a_number_around_a_date_stays_and_one_within_goes() -> None:
    day = Found("date", 4, 14, "2026-11-22")
    phone, amount = Found("phone", 0, 14, "+44…"), Found("amount", 4, 6, "22")
    apart = Found("code", 20, 26, "123456")
    assert with_dates([phone, apart], [day]) == [phone, apart]
    assert with_dates([amount, apart], [day]) == [apart, day]
