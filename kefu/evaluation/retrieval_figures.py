"""What retrieval did with every query of a file, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kefu.evaluation.outside import auroc

COVERAGE = 0.9


@dataclass(frozen=True)
class Answer:
    """What was found for a query.

    ``wanted`` are the ids that answer it (none: nothing does), ``found`` all ids of the bank, best first;
    ``probability`` that the first one answers it, ``threshold`` from which it is given.
    """

    text: str
    wanted: tuple[str, ...]
    found: tuple[str, ...]
    probability: float
    threshold: float
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the first one answers the query."""
        return bool(self.found) and self.found[0] in self.wanted

    @property
    def given(self) -> bool:
        """Whether the first one is given as the answer."""
        return bool(self.found) and self.probability >= self.threshold

    @property
    def handled(self) -> bool:
        """Whether a right answer was given, or none where none is right."""
        return self.right if self.given else not self.wanted

    @property
    def rank(self) -> int | None:
        """The place of the first id that answers it, from 1."""
        return next((place for place, name in enumerate(self.found, start=1) if name in self.wanted), None)


@dataclass(frozen=True)
class RetrievalFigures:
    """Shares (0..1); None where the file has no query to tell it by. Times on the CPU of this process.

    Over answerable queries: ``recall_1``, ``recall_3``, ``mean_reciprocal_rank``, ``coverage`` (how many
    were given an answer), ``wrong_at_90`` (wrong among the 90 % of highest probability). Over all:
    ``handled``, and ``wrong`` of the answers that were given. ``auroc``: how often an answerable query has
    a higher probability than one that is not.
    """

    answerable: int
    unanswerable: int
    recall_1: float | None
    recall_3: float | None
    mean_reciprocal_rank: float | None
    auroc: float | None
    handled: float
    coverage: float | None
    wrong: float | None
    withheld: float | None
    wrong_at_90: float | None
    median_ms: float
    p95_ms: float
    fit_seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The figures for people, one a line."""
        return "\n".join(f"{_NAMES[name]:<44} {_shown(value)}" for name, value in self.as_dict().items())


_NAMES = {
    "answerable": "answerable queries",
    "unanswerable": "unanswerable queries (NONE)",
    "recall_1": "recall@1",
    "recall_3": "recall@3",
    "mean_reciprocal_rank": "mean reciprocal rank",
    "auroc": "AUROC of abstention",
    "handled": "handled rightly, of all",
    "coverage": "given an answer, of the answerable",
    "wrong": "wrong, of the answers given",
    "withheld": "given none, of the unanswerable",
    "wrong_at_90": "wrong at 90 % coverage of the answerable",
    "median_ms": "a query, CPU ms, median",
    "p95_ms": "a query, CPU ms, 95 of 100",
    "fit_seconds": "fitting, CPU s",
}


def retrieval_figures(answers: Sequence[Answer], *, fit_seconds: float) -> RetrievalFigures:
    """Count ``answers``, at least one."""
    known = [one for one in answers if one.wanted]
    unknown = [one for one in answers if not one.wanted]
    times = np.array([one.seconds for one in answers]) * 1_000
    return RetrievalFigures(
        answerable=len(known),
        unanswerable=len(unknown),
        recall_1=_share([one.rank == 1 for one in known]),
        recall_3=_share([(one.rank or 4) <= 3 for one in known]),
        mean_reciprocal_rank=_share([1 / one.rank if one.rank else 0.0 for one in known]),
        auroc=auroc([one.probability for one in answers], [bool(one.wanted) for one in answers]),
        handled=float(np.mean([one.handled for one in answers])),
        coverage=_share([one.given for one in known]),
        wrong=_share([not one.right for one in answers if one.given]),
        withheld=_share([not one.given for one in unknown]),
        wrong_at_90=_share([not one.right for one in _surest(known, COVERAGE)]),
        median_ms=float(np.median(times)),
        p95_ms=float(np.quantile(times, 0.95)),
        fit_seconds=fit_seconds,
    )


def wrong_by_coverage(answers: Sequence[Answer]) -> tuple[np.ndarray, np.ndarray]:
    """Coverage of the answerable and the wrong share of all answers given, at every threshold from 1 down.

    Both (n,); answers to unanswerable queries are wrong and count to no coverage.
    """
    order = sorted(answers, key=lambda one: -one.probability)
    known = np.cumsum([bool(one.wanted) for one in order])
    wrong = np.cumsum([not one.right for one in order])
    return known / max(known[-1], 1), wrong / np.arange(1, len(order) + 1)


def _surest(answers: Sequence[Answer], share: float) -> list[Answer]:
    order = sorted(answers, key=lambda one: -one.probability)
    return order[: max(1, round(share * len(order)))]


def _share(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
