"""Days and moments as people write them into files, and back.

A day alone is a whole day: ``valid_from`` begins at its first moment, ``valid_to`` ends after its last.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def first_moment(text: str, zone: tzinfo = timezone.utc) -> datetime:
    """The beginning of the day ``2026-11-22``, or the moment ``2026-11-22T09:00:00+08:00``, in UTC.

    Raises:
        ValueError: neither, or no such day.

    >>> first_moment("2026-11-22").isoformat()
    '2026-11-22T00:00:00+00:00'
    """
    if _DAY.fullmatch(text):
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone).astimezone(timezone.utc)
    moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    return moment.replace(tzinfo=moment.tzinfo or zone).astimezone(timezone.utc)


def end_moment(text: str, zone: tzinfo = timezone.utc) -> datetime:
    """The same, but a day alone gives the moment after its end.

    >>> end_moment("2026-11-22").isoformat()
    '2026-11-23T00:00:00+00:00'
    """
    if not _DAY.fullmatch(text):
        return first_moment(text, zone)
    next_day = datetime.strptime(text, "%Y-%m-%d") + timedelta(days=1)
    return next_day.replace(tzinfo=zone).astimezone(timezone.utc)


def as_first(moment: datetime, zone: tzinfo = timezone.utc) -> str:
    """What ``first_moment`` reads as this moment: the day alone where it is the day's first."""
    local = moment.astimezone(zone)
    written = local.date().isoformat()
    return written if first_moment(written, zone) == moment else moment.astimezone(timezone.utc).isoformat()


def as_end(moment: datetime, zone: tzinfo = timezone.utc) -> str:
    """What ``end_moment`` reads as this moment: the day before alone where it is a day's first."""
    before = (moment.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)).date().isoformat()
    return before if end_moment(before, zone) == moment else moment.astimezone(timezone.utc).isoformat()
