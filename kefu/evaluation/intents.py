"""How well intents are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class IntentRow:
    """One intent: precision, recall and F1 (0..1) and its number of examples."""

    intent: str
    precision: float
    recall: float
    f1: float
    examples: int


@dataclass(frozen=True)
class IntentReport:
    """The figures of one file; ``macro_f1`` is the mean over the intents that the file names."""

    examples: int
    accuracy: float
    macro_f1: float
    intents: tuple[IntentRow, ...]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The report for people: the worst intents first, the figures of the whole last."""
        width = max([len(row.intent) for row in self.intents] + [len("intent")])
        lines = [f"{'intent':<{width}}  precision  recall     F1  examples"]
        for row in sorted(self.intents, key=lambda row: (row.f1, row.intent)):
            figures = f"{row.precision:9.3f}  {row.recall:6.3f}  {row.f1:5.3f}  {row.examples:8d}"
            lines.append(f"{row.intent:<{width}}  {figures}")
        lines.append(f"accuracy {self.accuracy:.4f}, macro-F1 {self.macro_f1:.4f}, {self.examples} examples")
        return "\n".join(lines)


def measure_intents(*, wanted: Sequence[str], found: Sequence[str]) -> IntentReport:
    """Compare the intents ``wanted`` and ``found``, two sequences of one length."""
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    names = sorted(set(wanted))
    columns = precision_recall_fscore_support(wanted, found, labels=names, zero_division=0)
    rows = tuple(
        IntentRow(name, float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(names, *columns, strict=True)
    )
    return IntentReport(
        examples=len(wanted),
        accuracy=float(accuracy_score(wanted, found)),
        macro_f1=sum(row.f1 for row in rows) / len(rows),
        intents=rows,
    )
