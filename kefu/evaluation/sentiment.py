"""How well it is heard what a customer feels, and how soon they need somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sklearn.metrics import classification_report

LABELS = ("sentiment", "urgency")


@dataclass(frozen=True)
class Head:
    """One kind of label: shares (0..1) over all rows, and precision, recall, F1 and count of each class."""

    accuracy: float
    macro_f1: float
    classes: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class SentimentReport:
    """Each head over all rows; ``languages``: the accuracy of each head by language, where rows name one."""

    examples: int
    heads: Mapping[str, Head]
    languages: Mapping[str, Mapping[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def as_table(self) -> str:
        """The report for people."""
        parts = [_table(name, head) for name, head in self.heads.items()]
        for language, shares in self.languages.items():
            told = ", ".join(f"{name} {share:.4f}" for name, share in shares.items())
            parts.append(f"{language}: accuracy of {told}")
        return "\n".join([*parts, f"{self.examples} examples"])


def measure_sentiment(
    wanted: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]]
) -> SentimentReport:
    """Compare rows, each with sentiment, urgency and perhaps language, with what was ``found``."""
    heads = {name: _head([row[name] for row in wanted], [row[name] for row in found]) for name in LABELS}
    languages = {
        language: {name: _accuracy(wanted, found, name, language) for name in LABELS}
        for language in sorted({row["language"] for row in wanted if row.get("language")})
    }
    return SentimentReport(len(wanted), heads, languages)


def _head(wanted: Sequence[str], found: Sequence[str]) -> Head:
    classes = sorted(set(wanted))
    told = classification_report(wanted, found, labels=classes, output_dict=True, zero_division=0)
    right = sum(want == got for want, got in zip(wanted, found, strict=True))
    kept = {name: {key: float(value) for key, value in told[name].items()} for name in classes}
    return Head(right / len(wanted), float(told["macro avg"]["f1-score"]), kept)


def _accuracy(
    wanted: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]], name: str, language: str
) -> float:
    pairs = [(want[name], got[name]) for want, got in zip(wanted, found, strict=True)
             if want.get("language") == language]  # fmt: skip
    return sum(want == got for want, got in pairs) / len(pairs)


def _table(name: str, head: Head) -> str:
    lines = [f"{name:<10} precision  recall     F1  examples"]
    for label, told in head.classes.items():
        figures = f"{told['precision']:9.3f}  {told['recall']:6.3f}  {told['f1-score']:5.3f}"
        lines.append(f"{label:<10} {figures}  {told['support']:8.0f}")
    return "\n".join([*lines, f"accuracy {head.accuracy:.4f}, macro-F1 {head.macro_f1:.4f}", ""])
