"""How well messages that belong to no intent are kept out, and the others let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kefu.evaluation.examples import NONE


@dataclass(frozen=True)
class OutsideReport:
    """Shares (0..1) at the model's own threshold; None where no row could tell.

    ``accuracy`` is over all rows, with NONE as one more label; ``in_scope_accuracy`` counts an
    in-scope row that was kept out as wrong, ``in_scope_accuracy_ungated`` takes the best intent
    whatever the threshold says; ``recall`` and ``precision`` are those of keeping out. ``auroc``
    does without the threshold: how often an out-of-scope row is stranger than an in-scope one.
    """

    in_scope: int
    out_of_scope: int
    accuracy: float
    in_scope_accuracy: float | None
    in_scope_accuracy_ungated: float | None
    recall: float | None
    precision: float | None
    auroc: float | None

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The report for people."""
        lines = (
            f"in scope {self.in_scope}, out of scope {self.out_of_scope}: "
            f"accuracy over all rows {self.accuracy:.4f}",
            f"in-scope accuracy {_shown(self.in_scope_accuracy)} "
            f"({_shown(self.in_scope_accuracy_ungated)} without the threshold)",
            f"out-of-scope recall {_shown(self.recall)}, precision {_shown(self.precision)}, "
            f"AUROC {_shown(self.auroc)}",
        )
        return "\n".join(lines)


def measure_outside(
    *,
    outside: Sequence[bool],
    found: Sequence[str],
    right: Sequence[bool],
    best_right: Sequence[bool],
    strangeness: Sequence[float | None],
) -> OutsideReport:
    """Measure keeping out: ``outside`` says which rows are out of scope.

    ``found`` is what was answered (NONE: kept out), ``right`` whether that was right, ``best_right``
    whether the best intent was, ``strangeness`` the score. All of one length, at least one row.
    """
    places = range(len(outside))
    within = [place for place in places if not outside[place]]
    without = [place for place in places if outside[place]]
    kept_out = [place for place in places if found[place] == NONE]
    return OutsideReport(
        in_scope=len(within),
        out_of_scope=len(without),
        accuracy=sum(right) / len(right),
        in_scope_accuracy=_share(right, within),
        in_scope_accuracy_ungated=_share(best_right, within),
        recall=_share([name == NONE for name in found], without),
        precision=_share(outside, kept_out),
        auroc=auroc(strangeness, outside),
    )


def auroc(scores: Sequence[float | None], positive: Sequence[bool]) -> float | None:
    """How often a positive row scores above a negative one (ties: half); None without both or a score."""
    from sklearn.metrics import roc_auc_score

    if len(set(positive)) < 2 or any(score is None for score in scores):
        return None
    return float(roc_auc_score([bool(one) for one in positive], scores))


def _share(hits: Sequence[bool], places: Sequence[int]) -> float | None:
    return sum(hits[place] for place in places) / len(places) if places else None


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
