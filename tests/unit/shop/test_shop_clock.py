"""The shop's days: a window ends at 24:00 shop time, business days are Monday to Friday."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.shop.clock import (
    add_business_days,
    add_months,
    business_days_between,
    day_end,
    is_business_day,
    within_days,
)

SHOP = ZoneInfo("Asia/Shanghai")
days = st.dates(date(2020, 1, 1), date(2035, 1, 1))


@given(days, st.integers(1, 60))
def test_adding_and_counting_business_days_agree(day: date, count: int) -> None:
    end = add_business_days(day, count)
    assert is_business_day(end)
    assert business_days_between(day, end) == count
    assert business_days_between(day, end - timedelta(days=1)) == count - 1


@pytest.mark.parametrize(
    ("day", "count", "end"),
    [
        (date(2026, 11, 18), 3, date(2026, 11, 23)),  # Wednesday: Thursday, Friday, Monday
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # a Saturday counts from Monday
        (date(2026, 11, 20), 5, date(2026, 11, 27)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
    ],
)
def test_business_days_by_hand(day: date, count: int, end: date) -> None:
    assert add_business_days(day, count) == end


def test_nothing_lies_between_a_day_and_one_before_it() -> None:
    assert business_days_between(date(2026, 11, 20), date(2026, 11, 18)) == 0


def test_a_window_ends_at_midnight_of_the_shop_not_of_the_customer() -> None:
    delivered = datetime(2026, 10, 1, 17, 0, tzinfo=timezone.utc)  # 2 October, 01:00 in the shop
    end = datetime(2026, 11, 1, 16, 0, tzinfo=timezone.utc)  # 24:00 of 1 November in the shop
    assert within_days(delivered, 30, now=end - timedelta(seconds=1), zone=SHOP)
    assert not within_days(delivered, 30, now=end, zone=SHOP)
    assert day_end(date(2026, 11, 1), SHOP) == end


def test_months_end_on_the_last_day_of_a_shorter_month() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 12, 15), 12) == date(2027, 12, 15)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
