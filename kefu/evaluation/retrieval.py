"""How well passages are found, and withheld where none answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class RetrievalReport:
    """Shares (0..1): the wanted passage first, among the first three, its mean reciprocal rank;
    of the questions without a passage, how many got none. None where the file has no such question."""

    examples: int
    first: float | None
    among_three: float | None
    mean_reciprocal_rank: float | None
    withheld: float | None

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The report for people, one figure a line."""
        figures = {name.replace("_", " "): value for name, value in self.as_dict().items()}
        return "\n".join(f"{name:<21} {_shown(value)}" for name, value in figures.items())


def measure_retrieval(*, wanted: Sequence[str | None], found: Sequence[Sequence[str]]) -> RetrievalReport:
    """Compare each question's ``wanted`` passage (None: there is none) with the ids ``found``, best first."""
    pairs = list(zip(wanted, found, strict=True))
    ranks = [_rank(want, ids) for want, ids in pairs if want is not None]
    return RetrievalReport(
        examples=len(pairs),
        first=_mean([float(rank == 1) for rank in ranks]),
        among_three=_mean([float(rank is not None and rank <= 3) for rank in ranks]),
        mean_reciprocal_rank=_mean([1.0 / rank if rank else 0.0 for rank in ranks]),
        withheld=_mean([float(not ids) for want, ids in pairs if want is None]),
    )


def _rank(wanted: str, ids: Sequence[str]) -> int | None:
    return list(ids).index(wanted) + 1 if wanted in ids else None


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
