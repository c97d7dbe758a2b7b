"""Prices as people say them: limits on either side, words of money, and numbers that count something else."""

from __future__ import annotations

import pytest

from actions.price import price_range

OPEN = (None, None)
DOLLAR, EURO, POUND, YUAN = "USD", "EUR", "GBP", "CNY"


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("wireless keyboard under 120", (None, 12000)),
        ("120以下的无线键盘", (None, 12000)),
        ("something for 30 dollars or less", (None, 3000)),
        ("no more than 80", (None, 8000)),
        ("不超过80的台灯", (None, 8000)),
        ("my budget is 60.50", (None, 6050)),
        ("预算300，想买耳机", (None, 30000)),
        ("I have 40 dollars to spend", (None, 4000)),
        ("50块能买啥", (None, 5000)),
        ("over 100 dollars", (10000, None)),
        ("not less than 20", (2000, None)),
        ("不低于80", (8000, None)),
        ("100以上的", (10000, None)),
        ("between 50 and 100, which headphones", (5000, 10000)),
        ("from 100 to 50 dollars", (5000, 10000)),
        ("50-100 bucks", (5000, 10000)),
        ("30到60的课程", (3000, 6000)),
        ("在50和100之间", (5000, 10000)),
        ("more than 50 but under 100", (5000, 10000)),
        ("50以上100以下", (5000, 10000)),
        ("around $40", (3000, 5000)),
        ("40左右", (3000, 5000)),
        ("under about 40", (None, 4000)),
    ],
)
def test_limits(text: str, limits: tuple[int | None, int | None]) -> None:
    found = price_range(text)
    assert (found.least, found.most) == limits
    assert not found.open


@pytest.mark.parametrize(
    "text",
    [
        "", "a course under 30 hours", "27寸显示器", "monitors under 4K", "between 5 and 10 hours",
        "tell me about 2 courses",
        "shoes size 40 to 42", "more than 2 people", "£120", "40到42码的鞋", "20% or more off",
        "less than 3 months",
    ],
)  # fmt: skip
def test_a_number_of_something_else_is_no_price(text: str) -> None:
    assert price_range(text).open


@pytest.mark.parametrize(
    ("text", "may_be", "is_not"),
    [
        ("under $50", DOLLAR, EURO),
        ("under 50 euros", EURO, DOLLAR),
        ("under €50", EURO, DOLLAR),
        ("less than 50 pounds", POUND, DOLLAR),
        ("50美元以内", DOLLAR, YUAN),
        ("人民币50以内", YUAN, DOLLAR),
        ("under us$50", DOLLAR, "HKD"),
        ("under hk$50", "HKD", DOLLAR),
    ],
)
def test_words_of_money(text: str, may_be: str, is_not: str) -> None:
    found = price_range(text)
    assert found.most == 5000
    assert may_be in found.currencies and is_not not in found.currencies


@pytest.mark.parametrize("text", ["under 50", "50块以内", "50元以下"])
def test_a_limit_may_be_in_any_money(text: str) -> None:
    assert price_range(text).currencies == frozenset()
