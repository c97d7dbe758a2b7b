"""Whether confidences mean what they say: of the answers given with 0.8, four of five are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

BINS = 15


@dataclass(frozen=True)
class CalibrationBin:
    """Answers with a confidence in (low, high]; mean confidence and accuracy are None where empty."""

    low: float
    high: float
    examples: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class CalibrationReport:
    """``ece``: the mean distance of accuracy and confidence over the bins, weighted by examples."""

    examples: int
    ece: float
    confidence: float
    accuracy: float
    bins: tuple[CalibrationBin, ...]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The report for people: the bins that hold something, the expected error last."""
        lines = ["confidence     examples  mean confidence  accuracy"]
        lines += [
            f"{one.low:.3f}-{one.high:.3f}    {one.examples:8d}  {one.confidence:15.3f}  {one.accuracy:8.3f}"
            for one in self.bins
            if one.confidence is not None
        ]
        lines.append(
            f"expected calibration error {self.ece:.4f} ({BINS} bins): mean confidence "
            f"{self.confidence:.4f}, accuracy {self.accuracy:.4f}, {self.examples} examples"
        )
        return "\n".join(lines)


def measure_calibration(*, confidences: Sequence[float], right: Sequence[bool]) -> CalibrationReport:
    """Compare each answer's confidence (0..1) with whether it was ``right``; at least one answer.

    Fifteen bins of equal width; raises ValueError where the lengths differ or a confidence is none.
    """
    sure, hit = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    if sure.shape != hit.shape or sure.size == 0 or not ((sure >= 0) & (sure <= 1 + 1e-6)).all():
        raise ValueError(f"{sure.size} confidences between 0 and 1 wanted for {hit.size} answers")
    # (low, high]; zero belongs to the first bin
    places = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    bins = tuple(_bin(number, sure[places == number], hit[places == number]) for number in range(BINS))
    gaps = [
        abs(b.accuracy - b.confidence) * b.examples
        for b in bins
        if b.accuracy is not None and b.confidence is not None
    ]
    return CalibrationReport(
        examples=int(sure.size),
        ece=sum(gaps) / int(sure.size),
        confidence=float(sure.mean()),
        accuracy=float(hit.mean()),
        bins=bins,
    )


def _bin(number: int, sure: np.ndarray, hit: np.ndarray) -> CalibrationBin:
    low, high = number / BINS, (number + 1) / BINS
    if not sure.size:
        return CalibrationBin(low, high, 0, None, None)
    return CalibrationBin(low, high, int(sure.size), float(sure.mean()), float(hit.mean()))
