"""What a message costs: CPU time, one message at a time, as in serving."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
_WARM_UP = 3


@dataclass(frozen=True)
class LatencyReport:
    """Milliseconds of CPU time a message (of all threads together): mean, median, 95 of 100."""

    messages: int
    mean_ms: float
    p50_ms: float
    p95_ms: float

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The report for people, one line."""
        return (
            f"CPU time a message: mean {self.mean_ms:.2f} ms, median {self.p50_ms:.2f} ms, "
            f"95 of 100 below {self.p95_ms:.2f} ms ({self.messages} messages, one at a time)"
        )


def measure_latency(read: Callable[[str], T], texts: Sequence[str]) -> tuple[list[T], LatencyReport]:
    """Read every text by itself; what was read, in order, and what it cost.

    The first messages are read once before, unmeasured: a first call also loads and allocates.
    """
    for text in texts[:_WARM_UP]:
        read(text)
    results, spent = [], []
    for text in texts:
        began = time.process_time()
        results.append(read(text))
        spent.append((time.process_time() - began) * 1000)
    return results, latency_of(spent)


def latency_of(milliseconds: Sequence[float]) -> LatencyReport:
    """The report over the cost of each message; at least one."""
    middle, late = np.percentile(milliseconds, (50, 95))
    return LatencyReport(len(milliseconds), float(np.mean(milliseconds)), float(middle), float(late))
