"""Times of a block into figures: medians, percentiles, ratios."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` of the values do not exceed (nearest rank).

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    if not values:
        raise ValueError("no values: wanted at least one to take a percentile of")
    place = math.ceil(share * len(values)) - 1
    return sorted(values)[max(0, place)]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds, and of how many."""
    named = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
    found = {name: round(1000 * percentile(seconds, share), 2) for name, share in named.items()}
    return {**found, "of": len(seconds)}


def ratio(more: float, less: float) -> float | None:
    """How often ``less`` fits into ``more``; None where there is nothing to divide by."""
    return round(more / less, 2) if less else None


def ratios(
    stock: Mapping[str, Any], ours: Mapping[str, Any], names: Iterable[str]
) -> dict[str, float | None]:
    """Stock's figures over ours, by name: above 1 ours is quicker or smaller."""
    return {name: ratio(stock[name], ours[name]) for name in names}


def middle(values: Sequence[float], digits: int = 2) -> float:
    """The median, rounded."""
    return round(median(values), digits)
