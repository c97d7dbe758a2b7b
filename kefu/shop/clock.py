"""Days of the shop: when a window ends, and how many business days lie between two dates.

A day's end is 24:00 shop time; business days are Monday to Friday.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta, timezone, tzinfo

SATURDAY = 5


def shop_day(moment: datetime, zone: tzinfo) -> date:
    """The date in shop time of an aware instant."""
    return moment.astimezone(zone).date()


def day_end(day: date, zone: tzinfo) -> datetime:
    """24:00 of ``day`` in shop time, as a UTC instant: the first moment that is too late."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(timezone.utc)


def last_day(since: datetime, days: int, zone: tzinfo) -> date:
    """The last date on which something is within ``days`` days of ``since``."""
    return shop_day(since, zone) + timedelta(days=days)


def within_days(since: datetime, days: int, *, now: datetime, zone: tzinfo) -> bool:
    """Whether ``now`` is before the end of the ``days``-th day after ``since``."""
    return now < day_end(last_day(since, days, zone), zone)


def is_business_day(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < SATURDAY


def add_business_days(day: date, count: int) -> date:
    """The ``count``-th business day after ``day``.

    >>> add_business_days(date(2024, 5, 3), 1)  # a Friday
    datetime.date(2024, 5, 6)
    """
    while count > 0:
        day += timedelta(days=1)
        count -= is_business_day(day)
    return day


def business_days_between(start: date, end: date) -> int:
    """How many business days lie after ``start`` up to and including ``end``; 0 if ``end`` is not later.

    >>> business_days_between(date(2024, 5, 3), date(2024, 5, 7))
    2
    """
    days = max((end - start).days, 0)
    return sum(is_business_day(start + timedelta(days=step)) for step in range(1, days + 1))


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or the month's last day where it has no such day.

    >>> add_months(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
